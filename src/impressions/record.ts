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
import type { Connection, Database } from '../db/connection.ts';
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

/** Ids held, each with its count, while the database is away: about 40 MB. Beyond, new views are dropped and counted. */
const HELD_IDS_MAX = 1_000_000;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5000;
const DROP_LOG_INTERVAL_MS = 1000;

/** Opens a recorder with a source of its own. @param pushMs how long views are gathered */
export function openEmbeddedRecorder(
  database: Database,
  log: Log,
  options: { readonly pushMs: number; readonly batchRows: number; readonly heldIdsMax?: number },
): Recorder {
  const source = `embedded:${crypto.randomUUID()}`;
  const seqs = new Map<string, number>();
  const heldIdsMax = options.heldIdsMax ?? HELD_IDS_MAX;
  /** Openings by page, as the answers came; `gather` adds them up by content. */
  let opened = new Map<PageViews, number>();
  let openedIds = 0;
  let gathered = new Map<string, Map<number, number>>();
  let gatheredIds = 0;
  let gatheredViews = 0;
  let sealedIds = 0;
  let sealedViews = 0;
  let dropped = 0;
  let dropLoggedAt = Number.NEGATIVE_INFINITY;
  let timer: Timer | undefined;
  let applying: Promise<void> | undefined;
  let failing = false;
  let isStopping = false;
  let giveUp = false;
  let wake = () => {};

  function record(views: PageViews): void {
    const size = countIds(views);
    if (size === 0) return;
    if (giveUp) {
      drop(size);
      return;
    }
    const times = opened.get(views);
    if (times === undefined) {
      // A page that is read again counts the same ids under a new key: adding up makes room.
      if (isFull(size)) gather();
      if (isFull(size)) {
        drop(size);
        return;
      }
      openedIds += size;
    }
    opened.set(views, (times ?? 0) + 1);
    gatheredViews += size;
    if (timer === undefined && applying === undefined) timer = setTimeout(push, options.pushMs);
  }

  function isFull(size: number): boolean {
    return openedIds + gatheredIds + sealedIds + size > heldIdsMax;
  }

  function drop(size: number): void {
    dropped += size;
    if (performance.now() - dropLoggedAt < DROP_LOG_INTERVAL_MS) return;
    dropLoggedAt = performance.now();
    log.error('views dropped: too many wait for the database, or the program is stopping', { dropped });
  }

  function gather(): void {
    for (const [views, times] of opened) {
      for (const { label, ids } of views) {
        const counts = gathered.get(label) ?? new Map<number, number>();
        gathered.set(label, counts);
        for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + times);
      }
    }
    opened = new Map();
    openedIds = 0;
    gatheredIds = 0;
    for (const counts of gathered.values()) gatheredIds += counts.size;
  }

  function push(): void {
    timer = undefined;
    applying = applySealed(seal()).finally(() => {
      applying = undefined;
      if (gatheredViews > 0 && !giveUp) timer = setTimeout(push, options.pushMs);
    });
  }

  function seal(): ImpressionBatch[] {
    gather();
    const sealed = gathered;
    sealedIds = gatheredIds;
    sealedViews = gatheredViews;
    gathered = new Map();
    gatheredIds = 0;
    gatheredViews = 0;
    // In the order of labels, so that two processes lock tables in the same order.
    return [...sealed]
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
        await pause(isStopping ? RETRY_MS_MIN : wait);
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

  /** Waits, but not on when the stop begins: what is left of the time is for trying. */
  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timeout = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timeout);
        resolve();
      };
    });
  }

  async function storeAll(): Promise<void> {
    while (!giveUp && (applying !== undefined || gatheredViews > 0)) {
      clearTimeout(timer);
      timer = undefined;
      if (applying === undefined) push();
      await applying;
    }
  }

  async function stop(deadlineMs: number): Promise<number> {
    isStopping = true;
    wake();
    // A database that hangs answers neither yes nor no: it is not waited for beyond the deadline.
    const { promise: deadline, resolve } = Promise.withResolvers<void>();
    const timeout = setTimeout(resolve, deadlineMs);
    await Promise.race([storeAll(), deadline]);
    clearTimeout(timeout);
    giveUp = true;
    clearTimeout(timer);
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
