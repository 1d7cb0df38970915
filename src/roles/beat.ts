import type { App } from '../app.ts';
import type { Cron } from '../cron.ts';
import { messageOf } from '../errors.ts';
import { createFlush, type Flush, type FlushOutcome, type FlushState } from '../impressions/flush.ts';
import { createPause, within } from '../pause.ts';
import type { Schedule } from './cleaning.ts';

export interface Beat {
  /** Undefined when this process counts by itself: there is nothing to flush. */
  state(): FlushState | undefined;
  /** Begins no more work and waits for what is under way. Idempotent. */
  stop(): Promise<void>;
  /** One more flush, for a process that has every role and stops. */
  flushOnce(): Promise<FlushOutcome>;
}

/** After the start, when rows that clean up begin to watch the clock. */
const CLEANING_DELAY_MS = 1000;
/** Time for what is under way at a stop: what is not done by then is done by the next beat. */
const STOP_MS = 2000;
/** Time for the last flush, which may have to pass the gate twice. */
const LAST_FLUSH_MS = 3500;
/** WAITAOF waits up to 2 s, and a large HSCAN reply takes its time on a busy server. */
const COMMAND_TIMEOUT_MS = 5000;

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
    const { Cron } = await import('../cron.ts');
    if (isStopping) return;
    for (const row of rows) jobs.push(new Cron(cronOf(row), { mode: '6-part', utcOffset: 0 }, () => runOnce(row)));
  }
  if (flush !== undefined) add([{ name: 'flush', cron: app.config.flushCron, run: () => flush.run() }]);
  // To find the next time of an hourly row takes a ms, and the first requests may be waiting.
  const later = setTimeout(async () => {
    const { cleaning } = await import('./cleaning.ts');
    await add(cleaning(app));
  }, CLEANING_DELAY_MS);
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
