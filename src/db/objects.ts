/** What the migrations of this program make, read from their text: what a restore replaces, and nothing beside it. */
import { type SQL, sql } from 'drizzle-orm';
import { migrations } from '../../drizzle/embedded.ts';
import type { Dialect } from './connection.ts';
import { MIGRATION_TABLES } from './migrate.ts';

const TABLES = /CREATE TABLE [`"]?(\w+)/g;
const FUNCTIONS = /CREATE FUNCTION (\w+)/g;

function namesIn(dialect: Dialect, pattern: RegExp): string[] {
  const found = migrations[dialect].flatMap(({ sql: text }) => [...text.matchAll(pattern)]);
  return [...new Set(found.map(([, name = '']) => name))];
}

/** Every table that a migration ever made, and those that say which were applied. */
export function listOwnTables(dialect: Dialect): readonly string[] {
  return [...namesIn(dialect, TABLES), ...MIGRATION_TABLES];
}

/** Removes the schema with all its rows; what is not there is passed over. To be run without foreign keys. */
export function dropSchema(dialect: Dialect): readonly SQL[] {
  const tables = listOwnTables(dialect).map((name) => sql.identifier(name));
  if (dialect === 'sqlite') return tables.map((table) => sql`drop table if exists ${table}`);
  const functions = namesIn(dialect, FUNCTIONS).map((name) => sql.identifier(name));
  return [
    sql`drop table if exists ${sql.join(tables, sql`, `)}`,
    ...functions.map((name) => sql`drop function if exists ${name}()`),
  ];
}
