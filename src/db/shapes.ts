/** What the rows of every table are made of, without a dialect: what copies, backups and checksums go by. */
import { getTableConfig, type PgColumn } from 'drizzle-orm/pg-core';
import { schema } from './schema.postgres.ts';

/** `boolean` stands in a line as 0 or 1, `time` as milliseconds since 1970. */
export const COLUMN_KINDS = ['integer', 'text', 'boolean', 'time'] as const;
export type ColumnKind = (typeof COLUMN_KINDS)[number];

export interface ColumnShape {
  readonly name: string;
  readonly kind: ColumnKind;
}

export interface TableShape {
  readonly name: string;
  readonly columns: readonly ColumnShape[];
  /** The columns of the primary key, in its order. */
  readonly key: readonly string[];
  /** The database gives out its ids, none of them twice. */
  readonly hasSequence: boolean;
}

const KINDS: Readonly<Record<string, ColumnKind>> = {
  PgBigInt53: 'integer',
  PgInteger: 'integer',
  PgText: 'text',
  PgCustomColumn: 'text',
  PgBoolean: 'boolean',
  PgTimestamp: 'time',
};

function kindOf({ name, columnType }: PgColumn): ColumnKind {
  const kind = KINDS[columnType];
  if (kind === undefined) throw new Error(`no kind for ${columnType} of column ${name}`);
  return kind;
}

/** Of a column that only an older schema has: by the type the database says it is of. SQLite calls most things integers. */
export function kindOfType(type: string): ColumnKind {
  const word = type.toLowerCase();
  if (word === 'boolean') return 'boolean';
  if (word.startsWith('timestamp')) return 'time';
  return word.includes('int') ? 'integer' : 'text';
}

function shapeOf(table: Parameters<typeof getTableConfig>[0]): TableShape {
  const { name, columns, primaryKeys } = getTableConfig(table);
  const own = columns.filter((column) => column.primary);
  const key = own.length > 0 ? own : (primaryKeys[0]?.columns ?? []);
  return {
    name,
    columns: columns.map((column) => ({ name: column.name, kind: kindOf(column) })),
    key: key.map((column) => column.name),
    hasSequence: own.some((column) => column.generatedIdentity !== undefined),
  };
}

/**
 * Every table whose rows are data, each after those it refers to. `row_count` and `page_block` are not among them:
 * triggers keep them, in a copy as in the original; nor are `schema_migration` and `schema_compatible`, which belong to the schema.
 */
export function listShapes(): readonly TableShape[] {
  const { rowCount: _, pageBlock: __, contents, ...tables } = schema;
  const { page, pageContent, ...others } = tables;
  return [page, pageContent, ...contents.values(), ...Object.values(others)].map(shapeOf);
}
