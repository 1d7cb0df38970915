/** Views that were accepted and no counter took (`impressions.ts` sets them aside): what becomes of them. */
import { sql } from 'drizzle-orm';
import { INTEGER_MAX } from '../contents/content.ts';
import { contentTypes } from '../contents/index.ts';
import type { Connection } from '../db/connection.ts';
import { toInteger, toText } from '../db/rows.ts';
import { tableOf } from './contents.ts';

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
export async function applyOrphans(tx: Connection, label: string | undefined): Promise<number> {
  const { orphan } = tx.tables;
  let applied = 0;
  for (const type of contentTypes) {
    if (label !== undefined && label !== type.label) continue;
    const table = tableOf(tx, type);
    const sums = sql`
      select cast(id as bigint) as id, sum(n) as n from ${orphan}
      where label = ${type.label} and length(id) <= ${String(INTEGER_MAX).length} group by id`;
    const updated = await tx.rows(sql`
      update ${table} set counter = ${table.counter} + v.n from (${sums}) v
      where ${table.id} = v.id and ${table.counter} <= ${INTEGER_MAX} - v.n returning ${table.id} as id, v.n as n`);
    for (const row of updated) {
      applied += toInteger(row.n);
      await tx.rows(sql`delete from ${orphan} where label = ${type.label} and id = ${String(toInteger(row.id))}`);
    }
  }
  return applied;
}

/** Removes what is set aside for good. @param label undefined for all @returns the number of views */
export async function discardOrphans(tx: Connection, label: string | undefined): Promise<number> {
  const { orphan } = tx.tables;
  const ofLabel = label === undefined ? sql`` : sql`where label = ${label}`;
  const rows = await tx.rows(sql`delete from ${orphan} ${ofLabel} returning n`);
  return rows.reduce((sum, row) => sum + toInteger(row.n), 0);
}
