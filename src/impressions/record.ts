/**
 * Counting views, from the answer on.
 *
 *     answer ─record─▶ gathered ─each IMPRESSION_PUSH_MS─▶ job ─RPUSH─▶ views:queue ─worker─▶ views:counter:<label>
 *                                                                                                  │ beat, each second
 *                              counters + ledger ◀─one transaction─ gate ◀─ sealed batch ◀─RENAMENX─┘
 *
 * `record` adds to a map, and nothing else happens on the way of an answer. What was gathered becomes one job with an id
 * of its own (`job.ts`), pushed to Redis until Redis says that it has it (`queue.ts`). A worker adds each job to a hash of
 * counters once, whatever comes twice (`ingest.lua`). The beat seals such a hash into a numbered batch that never changes
 * again (`seal.lua`), waits until Redis could not forget that it did so (`gate.ts`), adds the batch to the database in one
 * transaction with a ledger row that refuses a batch it has seen (`store/impressions.ts`), and clears it
 * (`acknowledge.lua`; `flush.ts` does these four). So each step can be repeated, by anyone, after whatever crash.
 *
 * Without Redis, one process applies what it gathered by itself: `embedded.ts`.
 */
import type { Dropped } from './drops.ts';
import { countIds, createGathering, type PageViews } from './gather.ts';
import { createJobs } from './job.ts';
import type { JobQueue } from './queue.ts';

/** Views are single counter increments: a page with three contents that is opened once makes three. */
export interface RecorderState {
  /** Since the start, dropped ones included. */
  readonly recorded: number;
  /** Handed on: to Redis, or embedded to the database. */
  readonly stored: number;
  /** Neither stored nor dropped yet. */
  readonly pending: number;
  readonly dropped: Dropped;
  /** The last attempt to store failed. */
  readonly failing: boolean;
}

export interface Recorder {
  /** Counts one opening of a page. Returns at once and never throws. */
  record(page: PageViews): void;
  state(): RecorderState;
  /** Stores what is left until the deadline; returns the number of views it could not store. Idempotent. */
  stop(deadlineMs: number): Promise<number>;
}

/** Ids gathered for one push, at most; more are pushed before their time. */
const GATHERED_IDS_MAX = 200_000;

/** A recorder that pushes to Redis. @param pushMs how long views are gathered for one push */
export function openQueueRecorder(queue: JobQueue, pushMs: number): Recorder {
  const gathering = createGathering();
  let timer: Timer | undefined;
  let recorded = 0;
  let isStopped = false;
  let stopped: Promise<number> | undefined;

  function push(): void {
    clearTimeout(timer);
    timer = undefined;
    if (gathering.views() > 0) queue.add(createJobs(gathering.take()));
  }

  function record(page: PageViews): void {
    const size = countIds(page);
    if (size === 0) return;
    recorded += size;
    if (isStopped) {
      queue.drop('stopping', size);
      return;
    }
    if (!gathering.add(page, GATHERED_IDS_MAX)) {
      push();
      if (!gathering.add(page, GATHERED_IDS_MAX)) queue.drop('full', size);
    }
    timer ??= setTimeout(push, pushMs);
  }

  return {
    record,
    state() {
      const { pushed, pending, dropped, failing } = queue.state();
      return { recorded, stored: pushed, pending: pending + gathering.views(), dropped, failing };
    },
    stop(deadlineMs) {
      isStopped = true;
      push();
      stopped ??= queue.stop(deadlineMs);
      return stopped;
    },
  };
}
