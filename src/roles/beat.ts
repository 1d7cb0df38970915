import type { Cron } from 'croner';
import type { App } from '../app.ts';
import { messageOf } from '../errors.ts';
import { removeOldDeadJobs } from '../impressions/dead.ts';
import { createFlush, type Flush, type FlushOutcome, type FlushState } from '../impressions/flush.ts';
import { createPause, within } from '../pause.ts';
import { removeOldHistory } from '../store/history.ts';
import { retireSources } from '../store/impressions.ts';
import { removeOldOrphans } from '../store/orphans.ts';
import { removeOldResetLinks } from '../store/reset_links.ts';
import { removeOldSessions } from '../store/sessions.ts';
import { removeOldFailures } from '../store/throttle.ts';

export interface Beat {
  /** Undefined when this process counts by itself: there is nothing to flush. */
  state(): FlushState | undefined;
  /** Begins no more work and waits for what is under way. Idempotent. */
  stop(): Promise<void>;
  /** One more flush, for a process that has every role and stops. */
  flushOnce(): Promise<FlushOutcome>;
}

/** A row of the schedule. */
export interface Schedule {
  readonly name: string;
  /** Six parts, seconds first, in UTC. */
  readonly cron: string;
  run(): Promise<unknown>;
}

/** After the start, when rows that clean up begin to watch the clock. */
const CLEANING_DELAY_MS = 1000;
const DAY_MS = 24 * 3600 * 1000;
const DEAD_JOBS_KEPT_MS = 30 * DAY_MS;
const ORPHANS_KEPT_MS = 90 * DAY_MS;
const HISTORY_KEPT_MS = 2 * 365 * DAY_MS;
/** Time for what is under way at a stop: what is not done by then is done by the next beat. */
const STOP_MS = 2000;
/** Time for the last flush, which may have to pass the gate twice. */
const LAST_FLUSH_MS = 3500;
/** WAITAOF waits up to 2 s, and a large HSCAN reply takes its time on a busy server. */
const COMMAND_TIMEOUT_MS = 5000;

/**
 * What is cleaned up by the clock. Several beats may run: each row, like the flush, does nothing the second time.
 */
function cleaning({ database, pipeline }: App): readonly Schedule[] {
  const deadJobs: readonly Schedule[] =
    pipeline === undefined
      ? []
      : [
          {
            name: 'remove old dead jobs',
            cron: '0 7 * * * *',
            run: () => removeOldDeadJobs(pipeline.observe().node(), pipeline.keys, Date.now() - DEAD_JOBS_KEPT_MS),
          },
        ];
  return [
    ...deadJobs,
    {
      name: 'remove old orphans',
      cron: '0 17 * * * *',
      run: () => database.tx((tx) => removeOldOrphans(tx, new Date(Date.now() - ORPHANS_KEPT_MS))),
    },
    { name: 'sum up old ledger rows', cron: '0 27 * * * *', run: () => database.tx(retireSources) },
    {
      name: 'remove old history',
      cron: '0 37 * * * *',
      run: () => database.tx((tx) => removeOldHistory(tx, new Date(Date.now() - HISTORY_KEPT_MS))),
    },
    { name: 'remove old sessions', cron: '0 47 * * * *', run: () => database.tx((tx) => removeOldSessions(tx)) },
    { name: 'remove old reset links', cron: '0 52 * * * *', run: () => database.tx(removeOldResetLinks) },
    { name: 'forget old failed logins', cron: '0 57 * * * *', run: () => database.tx((tx) => removeOldFailures(tx)) },
  ];
}

/**
 * Starts the schedule. No row runs twice at once, and no error ends it.
 * @param cronOf when a row runs: at its own time, for those who can wait for that
 */
export function startBeat(app: App, cronOf: (row: Schedule) => string = ({ cron }) => cron): Beat {
  const pause = createPause();
  let mayBring = true;
  const flush = openFlush(
    app,
    (ms) => pause.wait(ms),
    () => mayBring,
  );
  const running = new Map<string, Promise<unknown>>();
  let isStopping = false;

  async function runOnce({ name, run }: Schedule): Promise<void> {
    // A tick that comes while the last one is still at work is left out.
    if (isStopping || running.has(name)) return;
    // Also what is thrown before there is a promise.
    const work = (async () => run())().catch((error: unknown) =>
      app.log.error(`${name} failed`, { error: messageOf(error) }),
    );
    running.set(name, work);
    await work;
    running.delete(name);
  }

  const jobs: Cron[] = [];
  async function add(rows: readonly Schedule[]): Promise<void> {
    const { Cron } = await import('croner');
    if (isStopping) return;
    for (const row of rows) jobs.push(new Cron(cronOf(row), { mode: '6-part', utcOffset: 0 }, () => runOnce(row)));
  }
  if (flush !== undefined) add([{ name: 'flush', cron: app.config.flushCron, run: () => flush.run() }]);
  // To find the next time of an hourly row takes a ms, and the first requests may be waiting.
  const later = setTimeout(() => add(cleaning(app)), CLEANING_DELAY_MS);
  return {
    state: () => flush?.state(),
    async stop() {
      isStopping = true;
      clearTimeout(later);
      for (const job of jobs) job.stop();
      // What waits for the gate need not: the next beat takes it up.
      pause.wake();
      mayBring = false;
      await within(STOP_MS, Promise.all(running.values()));
    },
    async flushOnce() {
      if (flush === undefined) return 'done';
      let outcome: FlushOutcome = 'failed';
      if (running.has('flush')) return outcome;
      mayBring = true;
      const work = (async () => {
        // The first may take up a batch that was sealed before the last views came.
        const first = await flush.run();
        outcome = first === 'done' ? await flush.run() : first;
      })();
      await within(LAST_FLUSH_MS, work);
      return outcome;
    },
  };
}

function openFlush(app: App, sleep: (ms: number) => Promise<void>, mayBring: () => boolean): Flush | undefined {
  const { pipeline, config, database, log, reach } = app;
  if (pipeline === undefined) return undefined;
  return createFlush({
    database,
    connection: pipeline.open('flush', COMMAND_TIMEOUT_MS),
    dial: () => pipeline.dial('flush', COMMAND_TIMEOUT_MS),
    keys: pipeline.keys,
    batchRows: config.flushBatchRows,
    hasGate: config.flushGate === 'auto',
    log,
    reach,
    sleep,
    mayBring,
  });
}
