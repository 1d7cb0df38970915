/**
 * Adds batches of views to counters, each exactly once.
 *
 * The ledger has one row for each (source, label): the last batch applied. A source numbers its batches of a label
 * 1, 2, 3, … and gives each an id; a batch that comes again (a lost COMMIT reply, a second flusher) finds its number
 * taken and changes nothing. Ledger row, counters and orphans are one transaction.
 */
import { type SQL, sql } from 'drizzle-orm';
import { INTEGER_MAX } from '../contents/content.ts';
import { findContentType } from '../contents/index.ts';
import type { Connection, Row } from '../db/connection.ts';
import { toDate, toInteger, toText } from '../db/rows.ts';
import { isOneOf, limitApplying, lockForCounting, moment, valuesTable } from '../db/sql.ts';
import { tableOf } from './contents.ts';

/** Views of one content model: content id → times seen. */
export interface ImpressionBatch {
  /** Who numbers the batches: a Redis history, or one embedded process. */
  readonly source: string;
  readonly label: string;
  readonly seq: number;
  readonly batchId: string;
  readonly views: ReadonlyMap<number, number>;
  /** Ids larger than any content's, which no counter can take. */
  readonly idsBeyond?: ReadonlyMap<string, number>;
}

/** What happened so far in the transaction that applies a batch. */
export type ApplyStep = 'begun' | 'ledger' | 'chunk';

/** `applied_before`: this very batch. `stale`: another batch has this number or a later one; nothing was changed. */
export type ApplyResult = 'applied' | 'applied_before' | 'stale';

/** Ledger rows of embedded processes that ended long ago are summed up under this source. */
export const RETIRED_SOURCE = 'embedded:retired';
const EMBEDDED_SOURCES = 'embedded:%';
const PAIR = { id: 'bigint', n: 'bigint' } as const;
const RETIRE_AFTER_MS = 7 * 24 * 3600 * 1000;

/**
 * Applies one batch inside the caller's transaction. Rows are locked by ascending id, so that flushers cannot
 * deadlock with each other.
 * @param rowsMax rows in one UPDATE (FLUSH_BATCH_ROWS)
 * @param onStep called after each step
 * @throws AppError `unavailable` (also for a lock time-out or deadlock): try the same batch again
 */
export async function applyBatch(
  tx: Connection,
  batch: ImpressionBatch,
  rowsMax: number,
  onStep: (step: ApplyStep) => Promise<void> = async () => {},
): Promise<ApplyResult> {
  const limits = limitApplying(tx.dialect);
  if (limits !== undefined) await tx.rows(limits);
  await onStep('begun');
  if (!(await takeTurn(tx, batch))) return (await isLastApplied(tx, batch)) ? 'applied_before' : 'stale';
  await onStep('ledger');
  const pairs = [...batch.views].sort(([a], [b]) => a - b);
  for (let start = 0; start < pairs.length; start += rowsMax) {
    await addViews(tx, batch, pairs.slice(start, start + rowsMax));
    await onStep('chunk');
  }
  await writeOrphans(tx, batch, orphansOf(batch.idsBeyond ?? new Map(), 'content removed'));
  return 'applied';
}

/**
 * Sets a batch aside, inside the caller's transaction: its number is taken by another batch, so Redis went back in time and
 * its views may be in the counters already. Again and again, it is set aside once.
 * @returns the last number the ledger knows
 */
export async function holdBatch(tx: Connection, batch: ImpressionBatch): Promise<number> {
  const { ledger } = tx.tables;
  const held = [...orphansOf(batch.views, 'rewound'), ...orphansOf(batch.idsBeyond ?? new Map(), 'rewound')];
  const written = await writeOrphans(tx, batch, held);
  const [row] = await tx.rows(sql`
    update ${ledger} set views_total = ${ledger.views_total} + ${written}
    where ${ledger.source} = ${batch.source} and ${ledger.label} = ${batch.label} returning last_seq`);
  return toInteger(row?.last_seq);
}

/** Runs a statement that comes with each batch: SQLite keeps it compiled. */
function runAgain(tx: Connection, statement: SQL): Promise<Row[]> {
  return tx.prepare(() => statement)();
}

/** Writes the ledger row; false when the batch's number was taken before. Concurrent callers wait here for each other. */
async function takeTurn(tx: Connection, batch: ImpressionBatch): Promise<boolean> {
  const { ledger } = tx.tables;
  let total = 0;
  for (const counts of [batch.views, batch.idsBeyond ?? new Map<string, number>()]) {
    for (const n of counts.values()) total += n;
  }
  const statement = sql`
    insert into ${ledger} (source, label, last_seq, last_batch_id, views_total, applied_at)
    values (${batch.source}, ${batch.label}, ${batch.seq}, ${batch.batchId}, ${total}, ${sql.param(new Date(), ledger.applied_at)})
    on conflict (source, label) do update set last_seq = excluded.last_seq, last_batch_id = excluded.last_batch_id,
      views_total = ${ledger.views_total} + excluded.views_total, applied_at = excluded.applied_at
    where ${ledger.last_seq} < excluded.last_seq returning 1`;
  const rows = await runAgain(tx, statement);
  return rows.length > 0;
}

/** Whether this very batch is the last one the ledger has of its source and label. */
export async function isLastApplied(
  connection: Connection,
  batch: Pick<ImpressionBatch, 'source' | 'label' | 'batchId'>,
): Promise<boolean> {
  const { ledger } = connection.tables;
  const [row] = await connection.rows(sql`
    select ${ledger.last_batch_id} as id from ${ledger} where ${ledger.source} = ${batch.source} and ${ledger.label} = ${batch.label}`);
  return row !== undefined && toText(row.id) === batch.batchId;
}

async function addViews(
  tx: Connection,
  batch: ImpressionBatch,
  pairs: readonly (readonly [number, number])[],
): Promise<void> {
  const type = findContentType(batch.label);
  if (type === undefined) {
    await writeOrphans(tx, batch, orphansOf(new Map(pairs), 'content removed'));
    return;
  }
  const table = tableOf(tx, type);
  const ids = pairs.map(([id]) => id);
  const rows = sql`from ${table} where ${isOneOf(tx.dialect, table.id, ids)} order by ${table.id} ${lockForCounting(tx.dialect)}`;
  const lock = sql`select count(*) as n, max(l.counter) as highest from (select ${table.counter} as counter ${rows}) l`;
  const [locked] = await runAgain(tx, lock);
  const most = pairs.reduce((largest, [, n]) => Math.max(largest, n), 0);
  const update = sql`
    update ${table} set counter = ${table.counter} + v.n from ${valuesTable(tx.dialect, PAIR, pairs)} where ${table.id} = v.id`;
  if (toInteger(locked?.n) === pairs.length && toInteger(locked?.highest) <= INTEGER_MAX - most) {
    await runAgain(tx, update);
    return;
  }
  // Some are gone, or have no room: which?
  const present = new Set((await tx.rows(sql`select ${table.id} as id ${rows}`)).map((row) => toInteger(row.id)));
  const updated = await tx.rows(
    sql`${update} and ${table.counter} <= ${INTEGER_MAX} - v.n returning ${table.id} as id`,
  );
  const counted = new Set(updated.map((row) => toInteger(row.id)));
  const orphans = pairs
    .filter(([id]) => !counted.has(id))
    .map(([id, n]): Orphan => [String(id), n, present.has(id) ? 'counter full' : 'content removed']);
  await writeOrphans(tx, batch, orphans);
}

/** Why views are set aside. */
export type OrphanReason = 'content removed' | 'counter full' | 'rewound';
type Orphan = readonly [id: string, n: number, reason: OrphanReason];

function orphansOf(views: ReadonlyMap<number | string, number>, reason: OrphanReason): Orphan[] {
  return [...views].map(([id, n]) => [String(id), n, reason]);
}

/** @returns the number of views written; those that were there before are not written again */
async function writeOrphans(tx: Connection, batch: ImpressionBatch, orphans: readonly Orphan[]): Promise<number> {
  if (orphans.length === 0) return 0;
  const { orphan } = tx.tables;
  const rows = await tx.rows(sql`
    insert into ${orphan} (source, label, batch_id, id, n, reason, created_at)
    select ${batch.source}, ${batch.label}, ${batch.batchId}, v.id, v.n, v.reason, ${moment(tx.dialect, new Date())}
    from ${valuesTable(tx.dialect, { id: 'text', n: 'bigint', reason: 'text' }, orphans)} where true
    on conflict (source, label, batch_id, id) do nothing returning n`);
  return rows.reduce((sum, row) => sum + toInteger(row.n), 0);
}

/** Sums up the ledger rows of embedded processes that applied nothing for a week: one row a label stays, not one a start. */
export async function retireSources(tx: Connection): Promise<void> {
  const { ledger } = tx.tables;
  const before = sql.param(new Date(Date.now() - RETIRE_AFTER_MS), ledger.applied_at);
  const retired = await tx.rows(sql`
    delete from ${ledger} where ${ledger.source} like ${EMBEDDED_SOURCES} and ${ledger.source} <> ${RETIRED_SOURCE}
      and ${ledger.applied_at} < ${before} returning label, views_total`);
  const totals = new Map<string, number>();
  for (const row of retired) {
    const label = toText(row.label);
    totals.set(label, (totals.get(label) ?? 0) + toInteger(row.views_total));
  }
  for (const [label, total] of totals) {
    await tx.rows(sql`
      insert into ${ledger} (source, label, last_seq, last_batch_id, views_total, applied_at)
      values (${RETIRED_SOURCE}, ${label}, 0, '', ${total}, ${sql.param(new Date(), ledger.applied_at)})
      on conflict (source, label) do update set views_total = ${ledger.views_total} + excluded.views_total,
        applied_at = excluded.applied_at`);
  }
}

/** All that was applied to a label's counters, by every source. */
export interface LedgerSum {
  readonly label: string;
  readonly views: number;
  readonly appliedAt: Date;
}

/** By label. */
export async function listLedger(connection: Connection): Promise<LedgerSum[]> {
  const { ledger } = connection.tables;
  const rows = await connection.rows(sql`
    select label, sum(views_total) as views, max(${ledger.applied_at}) as applied_at from ${ledger} group by label order by label`);
  return rows.map((row) => ({
    label: toText(row.label),
    views: toInteger(row.views),
    appliedAt: toDate(row.applied_at),
  }));
}
