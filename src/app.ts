/**
 * The composition root: opens what the configuration names, hands it to the roles, and closes it in reverse. Nothing
 * else chooses a database or a way of counting.
 */
import type { Config } from './config.ts';
import type { Database } from './db/connection.ts';
import { assertNotAhead, migrate, readSchemaState } from './db/migrate.ts';
import { describeAddress, openDatabase } from './db/open.ts';
import { AppError } from './errors.ts';
import { type Reach, reachNothing } from './failpoints.ts';
import { openEmbeddedRecorder } from './impressions/embedded.ts';
import type { Pipeline } from './impressions/pipeline.ts';
import { openJobQueue } from './impressions/queue.ts';
import { openQueueRecorder, type Recorder } from './impressions/record.ts';
import type { Log } from './log.ts';
import { describeRedis } from './redis_address.ts';
import { completeSearch } from './store/search_completion.ts';

/** What runs. */
export interface App {
  readonly config: Config;
  readonly log: Log;
  readonly database: Database;
  /** Redis, or undefined when this process counts by itself. */
  readonly pipeline: Pipeline | undefined;
  readonly recorder: Recorder;
  readonly reach: Reach;
  /** Stores or pushes the views that are left. Idempotent. @returns how many could not be */
  stopRecording(): Promise<number>;
  /** Closes everything. Idempotent. */
  close(): Promise<void>;
}

/** Which roles run in this process, and what the tests may do to it. */
export interface AppOptions {
  readonly hasAllRoles: boolean;
  /** A process that serves pages does so while Redis is away; one that only counts has nothing to do without it. */
  readonly hasWeb: boolean;
  readonly reach?: Reach;
}

/** Time for views that still wait at a clean stop: with the grace, the answers' and the connections', below 10 s. */
const STOP_RECORDER_MS = 3500;
const SCHEMA_POLL_MS = 1000;
const BESIDE_NEWER = 'a newer version migrated the database; this one goes on beside it';

/**
 * Opens the database with a schema that fits (a process with all roles migrates by itself, a part of a larger hub waits
 * for `contenthub migrate`), and the Redis to count through when there is one.
 * @throws AppError `unavailable`, or `conflict` when the schema is newer than the program
 */
export async function openApp(config: Config, log: Log, options: AppOptions): Promise<App> {
  const closers: (() => void | Promise<void>)[] = [];
  let closed: Promise<void> | undefined;
  async function closeAll(): Promise<void> {
    for (const close of closers.reverse()) await close();
  }
  try {
    const pipeline = await openCounting(config, log, options.hasWeb);
    if (pipeline !== undefined) closers.push(() => pipeline.close());
    const database = openDatabase(config.database);
    closers.push(() => database.close());
    await waitForSchema(database, log, options.hasAllRoles ? () => migrateAtStart(config, log) : undefined);
    if (options.hasAllRoles) await completeSearchAtStart(database, log);
    const recorder = openRecorder(config, log, database, pipeline);
    return {
      config,
      log,
      database,
      pipeline,
      recorder,
      reach: options.reach ?? reachNothing,
      async stopRecording() {
        await recorder.stop(STOP_RECORDER_MS);
        // Asked last: what was under way at the deadline has been stored by now, or will not be.
        return recorder.state().pending;
      },
      close() {
        closed ??= closeAll();
        return closed;
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** @throws AppError `unavailable` before anything is counted in a way that may lose it */
async function openCounting(config: Config, log: Log, hasWeb: boolean): Promise<Pipeline | undefined> {
  if (config.counterRedis === undefined) return undefined;
  // Loaded here: a hub without Redis starts sooner without its client.
  const { openPipeline } = await import('./impressions/pipeline.ts');
  const pipeline = openPipeline(config.counterRedis, config.counterKeyPrefix, log, config.allowEviction);
  try {
    const { problems, risk } = await pipeline.inspect(hasWeb ? 'may be away' : 'must be there');
    const [problem] = problems;
    if (problem !== undefined) {
      throw new AppError(
        'unavailable',
        `Redis at ${describeRedis(config.counterRedis)} cannot be used for counting: ${problems.join('; ')}`,
      );
    }
    if (risk !== undefined) log.warn(`Redis: ${risk}`);
    return pipeline;
  } catch (error) {
    pipeline.close();
    throw error;
  }
}

function openRecorder(config: Config, log: Log, database: Database, pipeline: Pipeline | undefined): Recorder {
  if (pipeline === undefined) {
    const { impressionPushMs: pushMs, flushBatchRows: batchRows } = config;
    return openEmbeddedRecorder(database, log, { pushMs, batchRows });
  }
  const queue = openJobQueue(pipeline.open('push'), pipeline.keys.queue, log);
  return openQueueRecorder(queue, config.impressionPushMs);
}

async function migrateAtStart(config: Config, log: Log): Promise<void> {
  const applied = await migrate(config.database, () => log.info('another process is migrating the database; waiting'));
  if (applied.length > 0)
    log.info('database migrated', { database: describeAddress(config.database), applied: applied.join(' ') });
}

async function completeSearchAtStart(database: Database, log: Log): Promise<void> {
  const completed = await completeSearch(database);
  if (completed > 0) log.info('titles made searchable', { titles: completed });
}

/** @param migrateNow undefined where somebody else is to do it */
async function waitForSchema(
  database: Database,
  log: Log,
  migrateNow: (() => Promise<void>) | undefined,
): Promise<void> {
  for (let hasSaidSo = false; ; hasSaidSo = true) {
    const state = await readSchemaState(database);
    assertNotAhead(state);
    if (state.state === 'current') {
      if (state.unknown.length > 0) log.info(BESIDE_NEWER, { unknown: state.unknown.join(' ') });
      return;
    }
    if (migrateNow !== undefined) {
      await migrateNow();
      continue;
    }
    if (!hasSaidSo)
      log.warn('waiting for the database to be migrated: run contenthub migrate', { pending: state.pending.join(' ') });
    await Bun.sleep(SCHEMA_POLL_MS);
  }
}
