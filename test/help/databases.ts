import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database, Dialect } from '../../src/db/connection.ts';
import { migrate } from '../../src/db/migrate.ts';
import { type DatabaseAddress, openDatabase } from '../../src/db/open.ts';
import { createDatabase, startPostgres } from './postgres.ts';

/** Both databases: every contract suite runs over the two. */
export const DIALECTS: readonly Dialect[] = ['sqlite', 'postgres'];
/** And a Postgres that sorts as English people do, not by code point: for suites in which order matters. */
export const ORDERS: readonly (readonly [name: string, dialect: Dialect, icuLocale?: string])[] = [
  ['sqlite', 'sqlite'],
  ['postgres', 'postgres'],
  ['a postgres that sorts as in English', 'postgres', 'en-US'],
];

/** An empty folder that goes away with `remove`. */
export function createFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'contenthub-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface EmptyDatabase {
  readonly address: DatabaseAddress;
  /** The address as `DATABASE_URL`. */
  readonly url: string;
  drop(): Promise<void>;
}

/** A new database without tables. @param icuLocale by whose rules Postgres sorts; by code point unless told */
export async function createEmptyDatabase(dialect: Dialect, icuLocale?: string): Promise<EmptyDatabase> {
  if (dialect === 'sqlite') {
    const folder = createFolder();
    const path = join(folder.path, 'contenthub.db');
    return { address: { dialect, path }, url: `sqlite:${path}`, drop: async () => folder.remove() };
  }
  const server = await startPostgres();
  const { url, drop } = await createDatabase(server.url, { icuLocale });
  return {
    address: { dialect, url },
    url,
    drop: async () => {
      await drop();
      await server.stop();
    },
  };
}

export interface TestDatabase extends EmptyDatabase {
  readonly database: Database;
}

/** A new, migrated database, open; `drop` closes it. @param icuLocale by whose rules Postgres sorts */
export async function createTestDatabase(dialect: Dialect, icuLocale?: string): Promise<TestDatabase> {
  const empty = await createEmptyDatabase(dialect, icuLocale);
  await migrate(empty.address);
  const database = openDatabase(empty.address);
  return {
    ...empty,
    database,
    drop: async () => {
      await database.close();
      await empty.drop();
    },
  };
}
