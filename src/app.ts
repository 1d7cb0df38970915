/**
 * The composition root: opens what the configuration names, hands it to the roles, and closes it in reverse. Nothing
 * else chooses a database or a way of counting.
 */
import type { Config } from './config.ts';
import type { Database } from './db/connection.ts';
import { assertNotAhead, migrate, readSchemaState } from './db/migrate.ts';
import { describeAddress, openDatabase } from './db/open.ts';
import { AppError } from './errors.ts';
import { openEmbeddedRecorder, type Recorder } from './impressions/record.ts';
import type { Log } from './log.ts';

/** What runs. */
export interface App {
  readonly config: Config;
  readonly log: Log;
  readonly database: Database;
  readonly recorder: Recorder;
  /** Stores what is pending and closes everything. Idempotent. @returns the number of views that could not be stored */
  close(): Promise<number>;
}

/** Time for views that still wait for the database at a clean stop: with the answers' and the connections', below 10 s. */
const STOP_RECORDER_MS = 4000;
const SCHEMA_POLL_MS = 1000;

/**
 * Opens the database with a schema that fits: a process with all roles migrates by itself, a part of a larger hub waits
 * for `contenthub migrate`.
 * @throws AppError `unavailable`, or `conflict` when the schema is newer than the program
 */
export async function openApp(config: Config, log: Log, options: { readonly hasAllRoles: boolean }): Promise<App> {
  if (options.hasAllRoles) {
    refuseRedis(config);
    await migrateAtStart(config, log);
  }
  const database = openDatabase(config.database);
  try {
    await waitForSchema(database, log);
    refuseRedis(config);
  } catch (error) {
    await database.close();
    throw error;
  }
  const recorder = openEmbeddedRecorder(database, log, {
    pushMs: config.impressionPushMs,
    batchRows: config.flushBatchRows,
  });
  let closed: Promise<number> | undefined;
  return {
    config,
    log,
    database,
    recorder,
    close() {
      closed ??= close(recorder, database);
      return closed;
    },
  };
}

/** @throws AppError `unavailable` before anything is counted in a way the configuration did not ask for */
function refuseRedis({ redisUrl }: Config): void {
  if (redisUrl === undefined) return;
  throw new AppError(
    'unavailable',
    'REDIS_URL is set, but counting through Redis is not part of this version: unset it',
  );
}

async function close(recorder: Recorder, database: Database): Promise<number> {
  await recorder.stop(STOP_RECORDER_MS);
  await database.close();
  // Asked last: what was under way at the deadline has been stored by now, or will not be.
  return recorder.state().pending;
}

async function migrateAtStart(config: Config, log: Log): Promise<void> {
  const applied = await migrate(config.database, () => log.info('another process is migrating the database; waiting'));
  if (applied.length > 0)
    log.info('database migrated', { database: describeAddress(config.database), applied: applied.join(' ') });
}

async function waitForSchema(database: Database, log: Log): Promise<void> {
  for (let hasSaidSo = false; ; hasSaidSo = true) {
    const state = await readSchemaState(database);
    assertNotAhead(state);
    if (state.state === 'current') return;
    if (!hasSaidSo)
      log.warn('waiting for the database to be migrated: run contenthub migrate', { pending: state.pending.join(' ') });
    await Bun.sleep(SCHEMA_POLL_MS);
  }
}
