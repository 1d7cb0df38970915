/**
 * What a fixture changes, as history: told before the rows are written, by comparing them with those that they overwrite.
 * Pages, which come in parts, are told in `fixture_pages.ts`.
 */
import { type SQL, sql } from 'drizzle-orm';
import type { Connection, Row } from '../db/connection.ts';
import { toInteger, toText } from '../db/rows.ts';
import { isOneOf, lockForEditing } from '../db/sql.ts';
import type { FixtureRow } from './fixtures.ts';
import { type Actor, type Change, differences, type HistoryValues, recordHistory } from './history.ts';

/** How many objects of a model a load made, changed, and found as the file has them. */
export interface Tally {
  created: number;
  changed: number;
  unchanged: number;
}

/** How rows of a table are told. */
export interface ToldTable {
  readonly name: string;
  /** What history calls them. */
  readonly label: string;
  /** The column that names a row. */
  readonly title: string;
  /** The text columns that are history; counters, versions and times are not. */
  readonly columns: readonly string[];
}

/** Old texts that are in memory at a time, in characters: rows of a file may be short and those they overwrite long. */
const OLD_CHARACTERS_MAX = 1024 * 1024;

/** Writes into history what `rows` will change. */
export async function recordOverwriting(
  tx: Connection,
  actor: Actor,
  table: ToldTable,
  rows: readonly FixtureRow[],
): Promise<Tally> {
  const tally: Tally = { created: 0, changed: 0, unchanged: 0 };
  const tell = async (part: readonly FixtureRow[], old: ReadonlyMap<number, Row>) => {
    const changes: Change[] = [];
    for (const row of part) {
      const change = changeOf(table, row, old.get(row.id));
      if (change === undefined) tally.unchanged += 1;
      else changes.push(change);
      if (change?.action === 'create') tally.created += 1;
      if (change?.action === 'update') tally.changed += 1;
    }
    await recordHistory(tx, actor, changes);
  };
  const parts = await findOverwritten(tx, table, rows);
  const existing = new Set(parts.flat());
  await tell(
    rows.filter(({ id }) => !existing.has(id)),
    new Map(),
  );
  for (const ids of parts) {
    const old = await readOld(tx, table, ids);
    await tell(
      rows.filter(({ id }) => old.has(id)),
      old,
    );
  }
  return tally;
}

/** Writes into history that `rows`, none of which exists, will be made. */
export async function recordCreating(
  tx: Connection,
  actor: Actor,
  table: ToldTable,
  rows: readonly FixtureRow[],
): Promise<Tally> {
  await recordHistory(
    tx,
    actor,
    rows.map((row) => creationOf(table, row)),
  );
  return { created: rows.length, changed: 0, unchanged: 0 };
}

function creationOf(table: ToldTable, row: FixtureRow): Change {
  return {
    ...{ action: 'create', label: table.label, id: row.id, title: String(row[table.title]) },
    after: valuesOf(table, row),
  };
}

function changeOf(table: ToldTable, row: FixtureRow, old: Row | undefined): Change | undefined {
  const creation = creationOf(table, row);
  if (old === undefined) return creation;
  const difference = differences(valuesOf(table, old), valuesOf(table, row));
  return difference && { ...creation, action: 'update', ...difference };
}

function valuesOf({ columns }: ToldTable, row: Row): HistoryValues {
  return Object.fromEntries(columns.map((column) => [column, toText(row[column])]));
}

/** The ids of rows that exist, locked until they are overwritten, in parts that can be read at once. */
async function findOverwritten(tx: Connection, table: ToldTable, rows: readonly FixtureRow[]): Promise<number[][]> {
  const ids = rows.map(({ id }) => id);
  const lengths: SQL[] = table.columns.map((column) => sql`length(${sql.identifier(column)})`);
  const found = await tx.rows(sql`
    select id, ${sql.join(lengths, sql` + `)} as characters from ${sql.identifier(table.name)}
    where ${isOneOf(tx.dialect, sql`id`, ids)} order by id ${lockForEditing(tx.dialect)}`);
  const parts: number[][] = [];
  let room = 0;
  for (const row of found) {
    const characters = toInteger(row.characters);
    if (room < characters || parts.length === 0) {
      parts.push([]);
      room = OLD_CHARACTERS_MAX;
    }
    parts.at(-1)?.push(toInteger(row.id));
    room -= characters;
  }
  return parts;
}

async function readOld(tx: Connection, table: ToldTable, ids: readonly number[]): Promise<Map<number, Row>> {
  const columns = ['id', ...table.columns].map((column) => sql.identifier(column));
  const rows = await tx.rows(sql`
    select ${sql.join(columns, sql`, `)} from ${sql.identifier(table.name)} where ${isOneOf(tx.dialect, sql`id`, ids)}`);
  return new Map(rows.map((row) => [toInteger(row.id), row]));
}

/** Writes the entry about a load as a whole. @param files what messages call them */
export async function recordLoad(
  tx: Connection,
  actor: Actor,
  files: string,
  tallies: ReadonlyMap<string, Tally>,
): Promise<void> {
  const counts = [...tallies].flatMap(([label, tally]) =>
    Object.entries(tally).map(([name, count]) => [`${label} ${name}`, count] as const),
  );
  const after = Object.fromEntries(counts.filter(([, count]) => count > 0));
  await recordHistory(tx, actor, [{ action: 'load', label: '', id: undefined, title: files, after }]);
}
