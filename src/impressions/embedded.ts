/**
 * Counting without Redis: one process gathers views and applies them itself.
 *
 *     answer built ──record()──▶ gathered ──every IMPRESSION_PUSH_MS──▶ sealed ──one transaction──▶ counters + ledger
 *
 * When the timer fires, what was gathered is sealed into batches (one a content model) that never change again; a batch
 * whose transaction failed, or whose COMMIT got no reply, is applied again under the same number until the database says
 * it is in the ledger, while new views gather beside it. The ledger makes the second time harmless
 * (`store/impressions.ts`).
 *
 * What can be lost: a kill -9 loses what was gathered and not yet committed, at most IMPRESSION_PUSH_MS and one
 * transaction; a full buffer drops new views and counts the drop. A clean stop loses nothing.
 */
import type { Connection, Database } from '../db/connection.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { createPause, within } from '../pause.ts';
import { applyBatch, type ImpressionBatch } from '../store/impressions.ts';
import { createDropCounter } from './drops.ts';
import { countIds, createGathering, type PageViews, type Views } from './gather.ts';
import type { Recorder } from './record.ts';

/** Ids held, each with its count, while the database is away: about 40 MB. Beyond, new views are dropped and counted. */
const HELD_IDS_MAX = 1_000_000;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5000;

/** Opens a recorder with a source of its own. @param pushMs how long views are gathered */
export function openEmbeddedRecorder(
  database: Database,
  log: Log,
  options: { readonly pushMs: number; readonly batchRows: number; readonly heldIdsMax?: number },
): Recorder {
  const source = `embedded:${crypto.randomUUID()}`;
  const seqs = new Map<string, number>();
  const heldIdsMax = options.heldIdsMax ?? HELD_IDS_MAX;
  const gathering = createGathering();
  const drops = createDropCounter(log);
  let sealedIds = 0;
  let sealedViews = 0;
  let recorded = 0;
  let timer: Timer | undefined;
  let applying: Promise<void> | undefined;
  let failing = false;
  let isStopping = false;
  let giveUp = false;
  const pause = createPause();

  function record(page: PageViews): void {
    const size = countIds(page);
    if (size === 0) return;
    recorded += size;
    if (giveUp) drops.drop('stopping', size);
    else if (!gathering.add(page, heldIdsMax - sealedIds)) drops.drop('full', size);
    else if (timer === undefined && applying === undefined) timer = setTimeout(push, options.pushMs);
  }

  function push(): void {
    timer = undefined;
    sealedViews = gathering.views();
    const views = gathering.take();
    sealedIds = 0;
    for (const counts of views.values()) sealedIds += counts.size;
    applying = applySealed(seal(views)).finally(() => {
      applying = undefined;
      if (gathering.views() > 0 && !giveUp) timer = setTimeout(push, options.pushMs);
    });
  }

  function seal(views: Views): ImpressionBatch[] {
    // In the order of labels, so that two processes lock tables in the same order.
    return [...views]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([label, counts]) => {
        const seq = (seqs.get(label) ?? 0) + 1;
        seqs.set(label, seq);
        return { source, label, seq, batchId: crypto.randomUUID(), views: counts };
      });
  }

  async function applySealed(batches: readonly ImpressionBatch[]): Promise<void> {
    for (let wait = RETRY_MS_MIN; ; wait = Math.min(wait * 2, RETRY_MS_MAX)) {
      try {
        await database.tx((tx) => applyAll(tx, batches), { durability: 'relaxed' });
        if (failing) log.info('views are stored again', { views: sealedViews });
        failing = false;
        sealedIds = 0;
        sealedViews = 0;
        return;
      } catch (error) {
        if (!failing)
          log.error('views wait: they could not be stored', { views: sealedViews, error: messageOf(error) });
        failing = true;
        if (giveUp) return;
        await pause.wait(isStopping ? RETRY_MS_MIN : wait);
      }
    }
  }

  async function applyAll(tx: Connection, batches: readonly ImpressionBatch[]): Promise<void> {
    for (const batch of batches) {
      const result = await applyBatch(tx, batch, options.batchRows);
      // Nobody else numbers this source's batches.
      if (result === 'stale') throw new Error(`batch ${batch.seq} of ${source} ${batch.label} is not the ledger's`);
    }
  }

  async function storeAll(): Promise<void> {
    while (!giveUp && (applying !== undefined || gathering.views() > 0)) {
      clearTimeout(timer);
      timer = undefined;
      if (applying === undefined) push();
      await applying;
    }
  }

  const pending = () => gathering.views() + sealedViews;
  return {
    record,
    state: () => ({
      recorded,
      stored: recorded - drops.total() - pending(),
      pending: pending(),
      dropped: drops.dropped,
      failing,
    }),
    async stop(deadlineMs) {
      isStopping = true;
      pause.wake();
      // A database that hangs answers neither yes nor no: it is not waited for beyond the deadline.
      await within(deadlineMs, storeAll());
      giveUp = true;
      clearTimeout(timer);
      return pending();
    },
  };
}
