/**
 * Bringing counted views from Redis into the database: seal → gate → load → apply → acknowledge.
 *
 * One run does these for every label, and may end anywhere: whatever is sealed and not acknowledged is taken up again by
 * the next run, here or in another process, with the same id and the same content. Several beats at once cost a second
 * reading and nothing else: the ledger lets one of them apply a batch, and the others learn that it was applied.
 *
 *   the ledger says                       | then
 *   --------------------------------------+--------------------------------------------------------------------
 *   nothing of this number or a later one | applied: counters, orphans and ledger row in one transaction
 *   this very batch                       | applied before: only to be acknowledged
 *   another batch, mine is still sealed   | Redis went back in time. The views may be in the counters already: they
 *                                         | are set aside for the operator, and the numbering goes on above the ledger's
 *   another batch, mine is not sealed     | this process slept while others went on: nothing to do
 */
import type { Redis } from 'ioredis';
import { contentTypes } from '../contents/index.ts';
import type { Database } from '../db/connection.ts';
import { messageOf } from '../errors.ts';
import type { Reach } from '../failpoints.ts';
import { createLogLimit, type Log } from '../log.ts';
import { createDurations, type Durations } from '../metrics.ts';
import { applyBatch, holdBatch, type ImpressionBatch, isLastApplied } from '../store/impressions.ts';
import { acknowledge, type BatchViews, isStillSealed, loadBatch, type SealedBatch, seal } from './batch.ts';
import { isDurable } from './gate.ts';
import type { Keys } from './keys.ts';
import type { RedisConnection } from './redis.ts';
import { readServerState } from './server_state.ts';

export interface FlushOptions {
  readonly database: Database;
  readonly connection: RedisConnection;
  /** Makes another connection to the same server, for a second look. */
  readonly dial: () => Promise<RedisConnection>;
  readonly keys: Keys;
  readonly batchRows: number;
  readonly hasGate: boolean;
  readonly log: Log;
  readonly reach: Reach;
  /** Waits; the stop of the program may cut it short. */
  readonly sleep: (ms: number) => Promise<void>;
  /** False once the program stops: what is sealed is for the next beat. */
  readonly mayBring?: () => boolean;
}

/** What a flush has done since the start of the process. */
export interface FlushState {
  /** In ms of `performance.now`, as the other moments. */
  readonly startedAt: number;
  readonly runs: number;
  readonly failures: number;
  readonly batches: number;
  readonly rows: number;
  readonly views: number;
  readonly rewound: number;
  readonly lost: number;
  /** The last run that left nothing behind. */
  readonly succeededAt: number | undefined;
  /** When the first run began that left something behind, or has not ended; undefined after one that left nothing. */
  readonly unfinishedSince: number | undefined;
  /** Since when the gate holds batches back. */
  readonly heldSince: number | undefined;
  /** Of runs that brought something into the database. */
  readonly durations: Durations;
}

/** `done`: all that was counted when it began is in the database. `held`: the gate holds it back. `failed`: see the log. */
export type FlushOutcome = 'done' | 'held' | 'failed';

export interface Flush {
  /** Never throws. */
  run(): Promise<FlushOutcome>;
  state(): FlushState;
}

const FAILURE_LOG_INTERVAL_MS = 10_000;
const DURATION_BOUNDS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createFlush(options: FlushOptions): Flush {
  const { database, connection, keys, log, reach } = options;
  // In one order everywhere, so that two processes lock tables in the same order.
  const labels = contentTypes.map(({ label }) => label).sort();
  const state = {
    startedAt: performance.now(),
    runs: 0,
    failures: 0,
    batches: 0,
    rows: 0,
    views: 0,
    rewound: 0,
    lost: 0,
  };
  const durations = createDurations(DURATION_BOUNDS_SECONDS);
  let succeededAt: number | undefined;
  let unfinishedSince: number | undefined;
  let heldSince: number | undefined;
  let knownSource: string | undefined;
  const limit = createLogLimit(FAILURE_LOG_INTERVAL_MS);

  /** Once in a while for each place: a run that fails fails again a second later. */
  function logFailure(place: string, error: unknown): void {
    state.failures += 1;
    if (!limit.allows(place)) return;
    log.error('views wait in Redis: they could not be brought into the database', {
      label: place,
      error: messageOf(error),
    });
  }

  async function run(): Promise<FlushOutcome> {
    const began = performance.now();
    unfinishedSince ??= began;
    state.runs += 1;
    const { batches: batchesBefore, failures } = state;
    try {
      // The first tick may come before the first connection. When that fails, what follows says so.
      await connection.connect().catch(() => {});
      // Before anything is sealed: a connection made in between knows nothing of the seals, and would call them durable.
      const losses = connection.losses();
      const node = connection.node();
      const batches = await sealAll(node);
      if (batches.length === 0) heldSince = undefined;
      else if (await passGate(node, losses)) await bringAll(batches);
    } catch (error) {
      logFailure('', error);
    }
    if (state.batches > batchesBefore) durations.observe((performance.now() - began) / 1000);
    if (state.failures !== failures) return 'failed';
    if (heldSince !== undefined) return 'held';
    succeededAt = performance.now();
    unfinishedSince = undefined;
    if (limit.reset()) log.info('views reach the database again');
    return 'done';
  }

  async function sealAll(node: Redis): Promise<SealedBatch[]> {
    const batches: SealedBatch[] = [];
    for (const label of labels) {
      try {
        const { source, batch } = await seal(node, keys, label);
        noteSource(source);
        if (batch?.isAdopted) log.warn('a sealed batch had no entry and got a new one', { label });
        if (batch !== undefined) batches.push(batch);
      } catch (error) {
        // A key of one label that is not what it should be does not hold up the others; a lost connection does.
        if (!connection.isUp()) throw error;
        logFailure(label, error);
      }
    }
    return batches;
  }

  function noteSource(source: string): void {
    if (knownSource !== undefined && knownSource !== source) {
      log.error('Redis was emptied or replaced: what was counted there and not yet stored is lost', { source });
    }
    knownSource = source;
  }

  async function passGate(node: Redis, losses: number): Promise<boolean> {
    await reach('flush.sealed');
    const isOpen = !options.hasGate || (await isSealDurable(node, losses));
    if (isOpen) heldSince = undefined;
    else heldSince ??= performance.now();
    await reach('flush.passed');
    return isOpen;
  }

  /** Asks the node that sealed. On a cluster another may have the keys by then: what that has on its disk nobody has asked. */
  async function isSealDurable(node: Redis, losses: number): Promise<boolean> {
    const server = await readServerState(node);
    if (server.isReplica) throw new Error('the Redis server has become a replica');
    const answer = await isDurable(node, server, options.sleep);
    return answer && connection.losses() === losses && connection.node() === node;
  }

  async function bringAll(batches: readonly SealedBatch[]): Promise<void> {
    for (const batch of batches) {
      if (options.mayBring?.() === false) return;
      await bring(batch);
    }
  }

  /** Applies one batch and clears it. What fails is tried again by the next run. */
  async function bring(batch: SealedBatch): Promise<void> {
    try {
      if (batch.isMissing) await settleMissing(batch);
      else {
        const views = await load(batch);
        if (views !== undefined) await applySealed(batch, views);
      }
    } catch (error) {
      logFailure(batch.label, error);
    }
  }

  async function settleMissing(batch: SealedBatch): Promise<void> {
    if (!(await isLastApplied(database, batch))) {
      state.lost += 1;
      const { label, seq, size } = batch;
      log.error('Redis lost a sealed batch before it was stored', { label, seq, contents: size });
    }
    await acknowledge(connection.node(), keys, batch);
  }

  /** @returns undefined when another process has brought and cleared it while it was read */
  async function load(batch: SealedBatch): Promise<BatchViews | undefined> {
    const views = (await scan(connection.node(), batch)) ?? (await scanElsewhere(batch));
    if (views !== undefined || !(await isStillSealed(connection.node(), keys, batch))) return views;
    throw new Error(`a sealed batch has not the ${batch.size} contents it was sealed with; it is left as it is`);
  }

  async function scanElsewhere(batch: SealedBatch): Promise<BatchViews | undefined> {
    const other = await options.dial();
    try {
      return await scan(other.node(), batch);
    } finally {
      other.close();
    }
  }

  function scan(node: Redis, batch: SealedBatch): Promise<BatchViews | undefined> {
    return loadBatch(node, keys, batch, () => reach('flush.scanning'));
  }

  async function applySealed(sealed: SealedBatch, loaded: BatchViews): Promise<void> {
    const batch: ImpressionBatch = { ...sealed, ...loaded };
    await reach('flush.loaded');
    const result = await database.tx((tx) =>
      applyBatch(tx, batch, options.batchRows, (step) => reach(`flush.${step}`)),
    );
    await reach('flush.committed');
    if (result === 'stale') {
      await settleStale(sealed, batch);
      return;
    }
    if (result === 'applied') {
      state.batches += 1;
      state.rows += sealed.size;
      state.views += sumOf(batch);
    }
    await acknowledge(connection.node(), keys, sealed);
    await reach('flush.acknowledged');
  }

  async function settleStale(mine: SealedBatch, batch: ImpressionBatch): Promise<void> {
    if (!(await isStillSealed(connection.node(), keys, mine))) return;
    const lastSeq = await database.tx((tx) => holdBatch(tx, batch));
    state.rewound += 1;
    log.error(
      'Redis went back in time: a batch may be counted already and is held (contenthub impressions orphans list)',
      {
        label: mine.label,
        seq: mine.seq,
        views: sumOf(batch),
      },
    );
    await acknowledge(connection.node(), keys, mine, lastSeq);
  }

  return { run, state: () => ({ ...state, succeededAt, unfinishedSince, heldSince, durations: durations.read() }) };
}

function sumOf({ views, idsBeyond }: ImpressionBatch): number {
  let sum = 0;
  for (const n of views.values()) sum += n;
  for (const n of idsBeyond?.values() ?? []) sum += n;
  return sum;
}
