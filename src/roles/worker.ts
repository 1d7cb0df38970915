/**
 * The worker: takes jobs from the queue and adds them to the counters, again and again. It may end anywhere, and any number
 * of workers may run: one run of the script is all there is to a job (`impressions/ingest.lua`).
 */
import type { App } from '../app.ts';
import { AppError, messageOf } from '../errors.ts';
import { type Ingested, ingest } from '../impressions/ingest.ts';
import type { Pipeline } from '../impressions/pipeline.ts';
import { createLogLimit } from '../log.ts';
import { createPause, within } from '../pause.ts';

export interface Worker {
  state(): WorkerState;
  /** Ends after the run under way; with `drain`, after the queue was empty once. Idempotent. */
  stop(options?: { readonly drain: boolean }): Promise<void>;
}

/** What a worker has done since its start. */
export interface WorkerState extends Omit<Ingested, 'stopped'> {
  readonly failures: number;
  /** The last attempt failed, or left jobs that nothing can be done with. */
  readonly failing: boolean;
  /** Why jobs stay in the queue, or ''. */
  readonly stopped: string;
}

/** How long Redis is asked to wait for a job, in seconds. */
const WAIT_SECONDS = 1;
/** Where it refuses to wait (at maxmemory), it is asked again after this long. */
const POLL_MS = 100;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 2000;
const BLOCKED_MS = 1000;
const FAILURE_LOG_INTERVAL_MS = 10_000;
/** Time to empty the queue at a stop. */
const DRAIN_MS = 1500;
/** A run under way at a stop is done whether its reply is waited for or not. */
const STOP_MS = 1500;
/** A script that found much to do on a busy server is not given up early: its work would only be done again. */
const COMMAND_TIMEOUT_MS = 5000;

/** @throws AppError `unavailable` without a Redis */
export function startWorker(app: App): Worker {
  const { pipeline, log, reach, config } = app;
  if (pipeline === undefined) throw new AppError('unavailable', 'a worker needs REDIS_URL');
  const { keys } = pipeline;
  const work = pipeline.open('worker', COMMAND_TIMEOUT_MS);
  const wait = openWait(pipeline);
  const pause = createPause();
  const limit = createLogLimit(FAILURE_LOG_INTERVAL_MS);
  const total = { taken: 0, counted: 0, duplicate: 0, dead: 0, views: 0, failures: 0 };
  let failing = false;
  let stopped = '';
  let isStopping = false;
  let drainUntil = 0;

  function logFailure(reason: string): void {
    failing = true;
    total.failures += 1;
    if (limit.allows()) log.error('jobs wait in the queue: they could not be taken', { error: reason });
  }

  function noteSuccess(result: Ingested): void {
    for (const name of ['taken', 'counted', 'duplicate', 'dead', 'views'] as const) total[name] += result[name];
    if (result.dead > 0) log.error('jobs that cannot be counted went to the dead list', { jobs: result.dead });
    stopped = result.stopped;
    if (stopped !== '') {
      logFailure(stopped);
      return;
    }
    if (failing) log.info('jobs are taken again');
    failing = false;
    limit.reset();
  }

  const isOver = () => isStopping && performance.now() >= drainUntil;

  /** One run. @returns how long to wait before the next, in ms; undefined to wait for a job */
  async function run(retryMs: number): Promise<number | undefined> {
    try {
      await reach('ingest.before');
      const result = await ingest(work.node(), keys, config.counterDedupTtl);
      await reach('ingest.after');
      noteSuccess(result);
      if (result.stopped !== '') return BLOCKED_MS;
      return result.taken > 0 ? 0 : undefined;
    } catch (error) {
      logFailure(messageOf(error));
      return retryMs;
    }
  }

  async function loop(): Promise<void> {
    // When this fails, the first run says so.
    await work.connect().catch(() => {});
    let retryMs = RETRY_MS_MIN;
    while (!isOver()) {
      const ms = await run(retryMs);
      if (ms === 0) retryMs = RETRY_MS_MIN;
      else if (ms !== undefined) {
        // Nobody waits for a Redis that is away, or for jobs that cannot be taken: they stay in the queue.
        if (isStopping) return;
        await pause.wait(ms);
        retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
      } else {
        if (isStopping) return;
        retryMs = RETRY_MS_MIN;
        if (!(await wait.forJob())) await pause.wait(POLL_MS);
      }
    }
  }

  const running = loop();
  return {
    state: () => ({ ...total, failing, stopped }),
    async stop({ drain } = { drain: false }) {
      drainUntil = drain ? performance.now() + DRAIN_MS : 0;
      isStopping = true;
      pause.end();
      wait.end();
      await within(STOP_MS, running);
    },
  };
}

/** Waiting for a job on a connection of its own, on which nothing else could pass. */
function openWait(pipeline: Pipeline) {
  const connection = pipeline.open('wait', WAIT_SECONDS * 1000 + COMMAND_TIMEOUT_MS);
  const { queue } = pipeline.keys;
  return {
    /** Resolves when there is a job, or after a second; false when Redis could not wait. */
    async forJob(): Promise<boolean> {
      try {
        // Moves the first job to where it is: it wakes up and takes nothing away.
        await connection.node().blmove(queue, queue, 'LEFT', 'LEFT', WAIT_SECONDS);
        return true;
      } catch {
        // Whatever is wrong, the script will meet and report it.
        return false;
      }
    },
    end: () => connection.close(),
  };
}
