/** Views that were accepted and no counter took (`impressions.ts` sets them aside): what becomes of them. */
import { sql } from 'drizzle-orm';
import { type ContentType, INTEGER_MAX } from '../contents/content.ts';
import { contentTypes } from '../contents/index.ts';
import type { Connection } from '../db/connection.ts';
import { toInteger, toText } from '../db/rows.ts';
import { isOneOf, lockForCounting, valuesTable } from '../db/sql.ts';
import { tableOf } from './contents.ts';
import { type Actor, recordHistory } from './history.ts';

/** Contents dealt with at a time. */
const CHUNK_ROWS = 1000;

/** Orphans of one kind. */
export interface OrphanSum {
  readonly label: string;
  readonly reason: string;
  readonly contents: number;
  readonly views: number;
}

/** Removes what was set aside before a moment: nobody wanted it. @returns how many rows */
export async function removeOldOrphans(tx: Connection, before: Date): Promise<number> {
  const { orphan } = tx.tables;
  const rows = await tx.rows(
    sql`delete from ${orphan} where ${orphan.created_at} < ${sql.param(before, orphan.created_at)} returning 1`,
  );
  return rows.length;
}

/** How many rows are set aside. */
export async function countOrphans(connection: Connection): Promise<number> {
  const [row] = await connection.rows(sql`select count(*) as n from ${connection.tables.orphan}`);
  return toInteger(row?.n);
}

/** What is set aside, by label and reason. */
export async function sumOrphans(connection: Connection): Promise<OrphanSum[]> {
  const { orphan } = connection.tables;
  const rows = await connection.rows(sql`
    select label, reason, count(*) as contents, sum(n) as views from ${orphan} group by label, reason order by label, reason`);
  return rows.map((row) => ({
    label: toText(row.label),
    reason: toText(row.reason),
    contents: toInteger(row.contents),
    views: toInteger(row.views),
  }));
}

/**
 * Adds what is set aside to the counters of contents that exist and have room; the rest stays.
 * @param label undefined for all
 * @returns the number of views added
 */
export async function applyOrphans(tx: Connection, actor: Actor, label: string | undefined): Promise<number> {
  let applied = 0;
  for (const type of contentTypes) {
    if (label !== undefined && label !== type.label) continue;
    for (let after = 0; ; ) {
      const ids = await idsOfOrphans(tx, type, after);
      const last = ids.at(-1);
      if (last === undefined) break;
      applied += await applyOrphansOf(tx, type, ids);
      after = last;
    }
  }
  if (applied > 0) {
    const change = { label: label ?? '', id: undefined, title: '', after: { views: applied } };
    await recordHistory(tx, actor, [{ action: 'apply_orphans', ...change }]);
  }
  return applied;
}

/** Ids of contents that exist and have orphans, the next ones above `after`. */
async function idsOfOrphans(tx: Connection, type: ContentType, after: number): Promise<number[]> {
  const { orphan } = tx.tables;
  const table = tableOf(tx, type);
  const rows = await tx.rows(sql`
    select ${table.id} as id from ${table} where ${table.id} > ${after} and exists (
      select 1 from ${orphan} where ${orphan.label} = ${type.label} and ${orphan.id} = cast(${table.id} as text))
    order by ${table.id} limit ${CHUNK_ROWS} ${lockForCounting(tx.dialect)}`);
  return rows.map((row) => toInteger(row.id));
}

/** Takes what is set aside for these contents, in one statement that says what it took, and adds it where there is room. */
async function applyOrphansOf(tx: Connection, type: ContentType, ids: readonly number[]): Promise<number> {
  const { orphan } = tx.tables;
  const table = tableOf(tx, type);
  const room = sql`select cast(${table.id} as text) from ${table} where ${isOneOf(tx.dialect, table.id, ids)}
    and ${table.counter} <= ${INTEGER_MAX} - (
      select sum(o.n) from ${orphan} o where o.label = ${type.label} and o.id = cast(${table.id} as text))`;
  const taken = await tx.rows(sql`
    delete from ${orphan} where ${orphan.label} = ${type.label} and ${orphan.id} in (${room}) returning id, n`);
  const sums = new Map<number, number>();
  for (const row of taken) {
    const id = toInteger(row.id);
    sums.set(id, (sums.get(id) ?? 0) + toInteger(row.n));
  }
  if (sums.size === 0) return 0;
  // A sum that grew meanwhile and fits no more breaks the counter's range, and with it the whole transaction.
  await tx.rows(sql`
    update ${table} set counter = ${table.counter} + v.n
    from ${valuesTable(tx.dialect, { id: 'bigint', n: 'bigint' }, [...sums])} where ${table.id} = v.id`);
  return [...sums.values()].reduce((sum, n) => sum + n, 0);
}

/** Removes what is set aside for good. @param label undefined for all @returns the number of views */
export async function discardOrphans(tx: Connection, actor: Actor, label: string | undefined): Promise<number> {
  const { orphan } = tx.tables;
  const ofLabel = label === undefined ? sql`` : sql`where label = ${label}`;
  const rows = await tx.rows(sql`delete from ${orphan} ${ofLabel} returning n`);
  const views = rows.reduce((sum, row) => sum + toInteger(row.n), 0);
  if (views > 0) {
    const change = { label: label ?? '', id: undefined, title: '', after: { views } };
    await recordHistory(tx, actor, [{ action: 'discard_orphans', ...change }]);
  }
  return views;
}
