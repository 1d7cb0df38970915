/**
 * Counting without Redis: one process gathers views and applies them itself.
 *
 *     answer built ──record()──▶ gathered ──every IMPRESSION_PUSH_MS──▶ sealed ──one transaction──▶ counters + ledger
 *
 * `record` only adds to a map: it never waits, never throws and never delays an answer. When the timer fires, what was
 * gathered is sealed into batches (one a content model) that never change again; a batch whose transaction failed, or
 * whose COMMIT got no reply, is applied again under the same number until the database says it is in the ledger, while
 * new views gather beside it. The ledger makes the second time harmless (`store/impressions.ts`).
 *
 * What can be lost: a kill -9 loses what was gathered and not yet committed, at most IMPRESSION_PUSH_MS and one
 * transaction; a full buffer drops new views and counts the drop. A clean stop loses nothing.
 */
import type { Database } from '../db/connection.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { applyBatch, type ImpressionBatch, retireSources } from '../store/impressions.ts';

/** The contents one page shows, each once: what a single opening of the page counts. */
export type PageViews = readonly { readonly label: string; readonly ids: readonly number[] }[];

export interface Recorder {
  /** Counts one opening of a page. Returns at once. */
  record(views: PageViews): void;
  /** Views (single counter increments) not stored yet, and views dropped since the start. */
  state(): { readonly pending: number; readonly dropped: number; readonly failing: boolean };
  /** Stores what is left until the deadline; returns the number of views it could not store. Idempotent. */
  stop(deadlineMs: number): Promise<number>;
}

/** Increments held while the database is away: about 40 MB. Beyond, new views are dropped and counted. */
const PENDING_VIEWS_MAX = 1_000_000;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5000;
const DROP_LOG_INTERVAL_MS = 1000;

/** Opens a recorder with a source of its own. @param pushMs how long views are gathered */
export function openEmbeddedRecorder(
  database: Database,
  log: Log,
  options: { readonly pushMs: number; readonly batchRows: number },
): Recorder {
  const source = `embedded:${crypto.randomUUID()}`;
  const seqs = new Map<string, number>();
  let gathered = new Map<PageViews, number>();
  /** Ids held by the keys of `gathered`, and increments in it. */
  let heldIds = 0;
  let gatheredViews = 0;
  let sealedViews = 0;
  let dropped = 0;
  let dropLoggedAt = Number.NEGATIVE_INFINITY;
  let timer: Timer | undefined;
  let applying: Promise<void> | undefined;
  let failing = false;
  let giveUp = false;

  function record(views: PageViews): void {
    const size = countIds(views);
    if (size === 0) return;
    const times = gathered.get(views);
    if (times === undefined) {
      if (heldIds + sealedViews + size > PENDING_VIEWS_MAX) {
        drop(size);
        return;
      }
      heldIds += size;
    }
    gathered.set(views, (times ?? 0) + 1);
    gatheredViews += size;
    if (timer === undefined && applying === undefined) timer = setTimeout(push, options.pushMs);
  }

  function drop(size: number): void {
    dropped += size;
    if (performance.now() - dropLoggedAt < DROP_LOG_INTERVAL_MS) return;
    dropLoggedAt = performance.now();
    log.error('views dropped: too many wait for the database', { dropped });
  }

  function push(): void {
    timer = undefined;
    applying = applySealed(seal()).finally(() => {
      applying = undefined;
      if (gathered.size > 0 && !giveUp) timer = setTimeout(push, options.pushMs);
    });
  }

  function seal(): ImpressionBatch[] {
    const byLabel = new Map<string, Map<number, number>>();
    for (const [views, times] of gathered) {
      for (const { label, ids } of views) {
        const counts = byLabel.get(label) ?? new Map<number, number>();
        byLabel.set(label, counts);
        for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + times);
      }
    }
    gathered = new Map();
    sealedViews = gatheredViews;
    gatheredViews = 0;
    heldIds = 0;
    // In the order of labels, so that two processes lock tables in the same order.
    return [...byLabel]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([label, views]) => {
        const seq = (seqs.get(label) ?? 0) + 1;
        seqs.set(label, seq);
        return { source, label, seq, batchId: crypto.randomUUID(), views };
      });
  }

  async function applySealed(batches: readonly ImpressionBatch[]): Promise<void> {
    for (let wait = RETRY_MS_MIN; ; wait = Math.min(wait * 2, RETRY_MS_MAX)) {
      try {
        await database.tx(
          async (tx) => {
            for (const batch of batches) await applyBatch(tx, batch, options.batchRows);
          },
          { durability: 'relaxed' },
        );
        if (failing) log.info('views are stored again', { views: sealedViews });
        failing = false;
        sealedViews = 0;
        return;
      } catch (error) {
        if (!failing)
          log.error('views wait: they could not be stored', { views: sealedViews, error: messageOf(error) });
        failing = true;
        if (giveUp) return;
        await Bun.sleep(wait);
      }
    }
  }

  async function stop(deadlineMs: number): Promise<number> {
    const deadline = setTimeout(() => {
      giveUp = true;
    }, deadlineMs);
    while (!giveUp && (applying !== undefined || gathered.size > 0)) {
      clearTimeout(timer);
      timer = undefined;
      if (applying === undefined) push();
      await applying;
    }
    clearTimeout(deadline);
    return gatheredViews + sealedViews;
  }

  database.tx(retireSources).catch((error: unknown) => {
    log.warn('old ledger rows were not summed up; the next start tries again', { error: messageOf(error) });
  });

  return { record, stop, state: () => ({ pending: gatheredViews + sealedViews, dropped, failing }) };
}

function countIds(views: PageViews): number {
  let size = 0;
  for (const { ids } of views) size += ids.length;
  return size;
}
