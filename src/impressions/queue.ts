/**
 * Jobs on their way to Redis.
 *
 * One RPUSH at a time carries what waits. A reply that is no error means accepted. No reply, or an error (OOM, LOADING,
 * READONLY, MISCONF), says nothing about whether Redis has the jobs: they are pushed again, in the same order and with the
 * same ids, so that a job that comes twice counts once. A job that could not be pushed for JOB_AGE_MS_MAX is dropped, and
 * counted; its id is remembered for much longer than that (COUNTER_DEDUP_TTL).
 */
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { createPause, within } from '../pause.ts';
import { createDropCounter, type Dropped, type DropReason } from './drops.ts';
import type { Job } from './job.ts';
import type { RedisConnection } from './redis.ts';

export interface JobQueue {
  /** Takes jobs to push, or drops them when too many wait. Never throws. */
  add(jobs: readonly Job[]): void;
  drop(reason: DropReason, views: number): void;
  state(): {
    readonly pushed: number;
    readonly pending: number;
    readonly dropped: Dropped;
    readonly failing: boolean;
  };
  /** Pushes what waits until the deadline. @returns the number of views that are left */
  stop(deadlineMs: number): Promise<number>;
}

const WAITING_JOBS_MAX = 10_000;
const WAITING_BYTES_MAX = 8 * 1024 * 1024;
/** Jobs and bytes of one RPUSH. */
const PUSH_JOBS_MAX = 500;
const PUSH_BYTES_MAX = 1024 * 1024;
const JOB_AGE_MS_MAX = 60_000;
const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 2000;

interface Waiting {
  readonly job: Job;
  /** When it came, in ms of `performance.now`. */
  readonly since: number;
}

/** @param key the list's name @param ageMsMax how long a job is tried */
export function openJobQueue(
  connection: RedisConnection,
  key: string,
  log: Log,
  { ageMsMax = JOB_AGE_MS_MAX }: { readonly ageMsMax?: number } = {},
): JobQueue {
  const drops = createDropCounter(log);
  let waiting: Waiting[] = [];
  let bytes = 0;
  let views = 0;
  let pushed = 0;
  let failing = false;
  let working: Promise<void> | undefined;
  let isStopping = false;
  let giveUp = false;
  const pause = createPause();

  function add(jobs: readonly Job[]): void {
    const since = performance.now();
    for (const job of jobs) {
      if (giveUp) drops.drop('stopping', job.views);
      else if (waiting.length >= WAITING_JOBS_MAX || bytes + job.bytes > WAITING_BYTES_MAX)
        drops.drop('full', job.views);
      else {
        waiting.push({ job, since });
        bytes += job.bytes;
        views += job.views;
      }
    }
    if (waiting.length > 0 && !giveUp) work();
  }

  function work(): void {
    working ??= pushAll().finally(() => {
      working = undefined;
    });
  }

  async function pushAll(): Promise<void> {
    let wait = RETRY_MS_MIN;
    while (waiting.length > 0 && !giveUp) {
      dropExpired();
      const jobs = nextJobs();
      if (jobs.length === 0) return;
      try {
        await connection.node().rpush(key, ...jobs.map(({ text }) => text));
        remove(jobs.length);
        pushed += sumViews(jobs);
        if (failing) log.info('views are pushed again');
        failing = false;
        wait = RETRY_MS_MIN;
      } catch (error) {
        if (!failing) log.warn('views wait: they could not be pushed to Redis', { views, error: messageOf(error) });
        failing = true;
        await pause.wait(isStopping ? RETRY_MS_MIN : wait);
        wait = Math.min(wait * 2, RETRY_MS_MAX);
      }
    }
  }

  function nextJobs(): Job[] {
    const jobs: Job[] = [];
    let size = 0;
    for (const { job } of waiting) {
      size += job.bytes;
      if (jobs.length === PUSH_JOBS_MAX || (jobs.length > 0 && size > PUSH_BYTES_MAX)) break;
      jobs.push(job);
    }
    return jobs;
  }

  /** Takes jobs from the head; only `pushAll` removes, so the head is what it pushed. */
  function remove(count: number): void {
    for (const { job } of waiting.slice(0, count)) {
      bytes -= job.bytes;
      views -= job.views;
    }
    waiting = waiting.slice(count);
  }

  function dropExpired(): void {
    const before = performance.now() - ageMsMax;
    const kept = waiting.findIndex(({ since }) => since >= before);
    const expired = waiting.slice(0, kept === -1 ? waiting.length : kept);
    if (expired.length === 0) return;
    remove(expired.length);
    drops.drop('expired', sumViews(expired.map(({ job }) => job)));
  }

  return {
    add,
    drop: drops.drop,
    state: () => ({ pushed, pending: views, dropped: drops.dropped, failing }),
    async stop(deadlineMs) {
      isStopping = true;
      pause.wake();
      if (waiting.length > 0) work();
      await within(deadlineMs, working);
      giveUp = true;
      pause.end();
      return views;
    },
  };
}

function sumViews(jobs: readonly Job[]): number {
  return jobs.reduce((sum, { views }) => sum + views, 0);
}
