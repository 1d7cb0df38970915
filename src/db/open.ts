import type { Database } from './connection.ts';
import type * as Postgres from './open.postgres.ts';
import { openSqlite } from './open.sqlite.ts';

/** Where the data is: a file, or a Postgres URL (with its password: never print it). */
export type DatabaseAddress =
  | { readonly dialect: 'sqlite'; readonly path: string }
  | { readonly dialect: 'postgres'; readonly url: string };

/** Its tables and driver are loaded when they are asked for: a hub on SQLite starts sooner. */
const loadPostgres = (): typeof Postgres => require('./open.postgres.ts');

/**
 * Opens the database. Postgres is dialled at the first statement, an SQLite file is opened (and made) here.
 * @throws AppError `unavailable` when the file cannot be opened
 */
export function openDatabase(address: DatabaseAddress): Database {
  return address.dialect === 'sqlite' ? openSqlite(address.path) : loadPostgres().openPostgres(address.url);
}

/** The address for people: no user, no password. */
export function describeAddress(address: DatabaseAddress): string {
  if (address.dialect === 'sqlite') return `sqlite:${address.path}`;
  const { hostname, port, pathname } = new URL(address.url);
  return `postgres://${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
}
