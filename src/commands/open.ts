import { existsSync } from 'node:fs';
import type { Config } from '../config.ts';
import type { Database } from '../db/connection.ts';
import { assertNotAhead, readSchemaState } from '../db/migrate.ts';
import { type DatabaseAddress, openDatabase } from '../db/open.ts';
import { AppError } from '../errors.ts';

/** @throws AppError `unavailable` when the database is a file and is not there */
export function assertDatabaseFile(address: DatabaseAddress): void {
  if (address.dialect !== 'sqlite' || existsSync(address.path)) return;
  throw new AppError('unavailable', `there is no database ${address.path}: run contenthub migrate first`);
}

/**
 * Opens the database for `work` and closes it. A file that does not exist is not made: only `migrate` and a hub do that.
 * @throws AppError `unavailable`
 */
export async function withAnyDatabase<T>(
  { database: address }: Config,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  assertDatabaseFile(address);
  const database = openDatabase(address);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/**
 * Runs a command's work on the database, with the schema this program knows, and closes it.
 * @throws AppError when the database is away, or its schema does not fit
 */
export function withDatabase<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  return withAnyDatabase(config, async (database) => {
    const state = await readSchemaState(database);
    assertNotAhead(state);
    if (state.state === 'behind') {
      throw new AppError('unavailable', 'the database has pending migrations: run contenthub migrate first');
    }
    return work(database);
  });
}
