/** What a backup says of itself. It stands in the file as one line of JSON. */
import { COLUMN_KINDS, type ColumnShape } from '../../db/shapes.ts';
import { AppError } from '../../errors.ts';
import type { TableContent } from '../../store/inventory.ts';

/** `sqlite`: an SQLite database; `postgres`: an archive of pg_dump; `rows`: lines for either, compressed (`rows.ts`). */
export const BODY_FORMATS = ['sqlite', 'postgres', 'rows'] as const;
export type BodyFormat = (typeof BODY_FORMATS)[number];

export interface Manifest {
  readonly format: BodyFormat;
  /** The version of the program that wrote it. */
  readonly version: string;
  readonly madeAt: Date;
  /** The database it is of, without user and password. */
  readonly database: string;
  /** What had been applied to it, oldest first. */
  readonly migrations: readonly string[];
  readonly tables: readonly TableContent[];
}

export function writeManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest)}\n`;
}

/** @throws AppError `invalid` for what no version ever wrote */
export function parseManifest(text: string): Manifest {
  const values = asRecord(JSON.parse(text));
  return {
    format: oneOf(BODY_FORMATS, values.format),
    version: asText(values.version),
    madeAt: new Date(asText(values.madeAt)),
    database: asText(values.database),
    migrations: asList(values.migrations).map(asText),
    tables: asList(values.tables).map(parseTable),
  };
}

function parseTable(value: unknown): TableContent {
  const table = asRecord(value);
  return {
    name: asText(table.name),
    columns: asList(table.columns).map(parseColumn),
    key: asList(table.key).map(asText),
    hasSequence: table.hasSequence === true,
    rows: asCount(table.rows),
    checksum: asText(table.checksum),
    lastId: asCount(table.lastId),
  };
}

function parseColumn(value: unknown): ColumnShape {
  const column = asRecord(value);
  return { name: asText(column.name), kind: oneOf(COLUMN_KINDS, column.kind) };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw unreadable();
  return Object.fromEntries(Object.entries(value));
}

function asList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw unreadable();
  return value;
}

function asText(value: unknown): string {
  if (typeof value !== 'string') throw unreadable();
  return value;
}

function asCount(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw unreadable();
  return value;
}

function oneOf<T extends string>(words: readonly T[], value: unknown): T {
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw unreadable();
  return word;
}

function unreadable(): AppError {
  return new AppError('invalid', 'the backup describes itself in a way this version does not know');
}
