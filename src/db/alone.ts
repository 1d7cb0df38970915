import { withPostgresAlone } from './alone.postgres.ts';
import { withSqliteAlone } from './alone.sqlite.ts';
import type { Connection } from './connection.ts';
import { type DatabaseAddress, describeAddress } from './open.ts';

/**
 * Runs `work` in one transaction of a database that nobody else uses, and keeps others out meanwhile: what is moved or
 * replaced must not change under the hands of a hub. All that `work` did is stored, or nothing of it; when the process
 * ends in the middle, the database undoes it by itself. No statement has a time limit. An SQLite file that is missing is
 * made, and removed again when `work` throws.
 * @throws AppError `conflict` when somebody else is there; what `work` throws; `unavailable`
 */
export function withDatabaseAlone<T>(address: DatabaseAddress, work: (tx: Connection) => Promise<T>): Promise<T> {
  const name = describeAddress(address);
  return address.dialect === 'sqlite'
    ? withSqliteAlone(address.path, name, work)
    : withPostgresAlone(address.url, name, work);
}
