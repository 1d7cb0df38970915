import type { Query, SQL } from 'drizzle-orm';
import { CasingCache } from 'drizzle-orm/casing';
import type { Dialect } from './connection.ts';

const casing = new CasingCache();

/** The text of a statement and its parameters, as the driver of a dialect takes them. */
export function writeStatement(dialect: Dialect, statement: SQL): Query {
  return statement.toQuery({
    casing,
    escapeName: (name) => `"${name.replaceAll('"', '""')}"`,
    escapeParam: dialect === 'postgres' ? (place) => `$${place + 1}` : () => '?',
    escapeString: (text) => `'${text.replaceAll("'", "''")}'`,
  });
}
