import { contentTypes } from '../contents/index.ts';
import type { Database } from '../db/connection.ts';
import { readSchemaState, type SchemaState } from '../db/migrate.ts';
import type { FlushState } from '../impressions/flush.ts';
import type { Pipeline } from '../impressions/pipeline.ts';
import type { Recorder } from '../impressions/record.ts';
import { findProblems, findRisk } from '../impressions/server_state.ts';
import { type PipelineStatus, readStatus } from '../impressions/status.ts';
import { countOrphans } from '../store/orphans.ts';

export interface Check {
  readonly name: string;
  /** One word or a short phrase; never an address, a message or a path. */
  readonly state: string;
  /** `warn` is for people to look at; only `fail` makes the process not ready. */
  readonly grade: 'ok' | 'warn' | 'fail';
}

export interface Readiness {
  check(): Promise<readonly Check[]>;
  /** From now on the process is not ready: a load balancer sends no new requests. */
  startStopping(): void;
}

/** The parts of the program that a probe asks about. */
export interface Probed {
  readonly database: Database;
  readonly recorder: Recorder;
  readonly pipeline: Pipeline | undefined;
  readonly config: { readonly allowEviction: boolean };
}

/** What runs in this process; the others are filled in as they start. */
export interface Roles {
  /** It serves pages. */
  readonly hasPages: boolean;
  worker?: { state(): { readonly failing: boolean; readonly stopped: string } };
  beat?: { state(): FlushState | undefined };
}

const CHECK_TIMEOUT_MS = 2000;
/** Jobs, and sealed batches that the gate holds, older than this are worth a word. */
const LATE_MS = 10_000;

/**
 * Whether the process can do its work. Pages are served while Redis is away, so that is a warning where there are pages,
 * and a failure where there is nothing to do without it.
 */
export function createReadiness({ database, recorder, pipeline, config }: Probed, roles: Roles): Readiness {
  let isStopping = false;
  let askingSchema: Promise<SchemaState> | undefined;
  let askingStatus: Promise<PipelineStatus> | undefined;

  /** One question at a time, however many probes come while a database hangs. */
  function askSchema(): Promise<SchemaState> {
    askingSchema ??= readSchemaState(database).finally(() => {
      askingSchema = undefined;
    });
    return askingSchema;
  }

  function askStatus({ observe, keys }: Pipeline): Promise<PipelineStatus> {
    const labels = contentTypes.map(({ label }) => label);
    askingStatus ??= (async () => readStatus(observe().node(), keys, labels))().finally(() => {
      askingStatus = undefined;
    });
    return askingStatus;
  }

  async function checkDatabase(): Promise<Check[]> {
    try {
      const { state } = await withTimeout(askSchema());
      const orphans = state === 'current' ? await withTimeout(countOrphans(database)) : 0;
      return [
        { name: 'database', state: 'up', grade: 'ok' },
        { name: 'migrations', state, grade: state === 'current' ? 'ok' : 'fail' },
        { name: 'orphans', state: orphans === 0 ? 'none' : 'to look at', grade: orphans === 0 ? 'ok' : 'warn' },
      ];
    } catch {
      // The reason is in the log of whatever needed the database; a probe tells names and states only.
      return [
        { name: 'database', state: 'down', grade: 'fail' },
        { name: 'migrations', state: 'unknown', grade: 'fail' },
      ];
    }
  }

  async function checkPipeline(used: Pipeline): Promise<Check[]> {
    const lost = roles.hasPages ? 'warn' : 'fail';
    try {
      const { server, oldestJobMs = 0, dead } = await withTimeout(askStatus(used));
      const isUsable = findProblems(server, config.allowEviction).length === 0;
      const isLate = oldestJobMs > LATE_MS;
      const redis = isUsable ? (findRisk(server) === undefined ? 'up' : 'up, and may forget') : 'unfit for counting';
      return [
        { name: 'redis', state: redis, grade: isUsable ? (redis === 'up' ? 'ok' : 'warn') : lost },
        { name: 'queue', state: isLate ? 'late' : 'current', grade: isLate ? 'warn' : 'ok' },
        { name: 'dead jobs', state: dead === 0 ? 'none' : 'to look at', grade: dead === 0 ? 'ok' : 'warn' },
      ];
    } catch {
      return [{ name: 'redis', state: 'down', grade: lost }];
    }
  }

  function checkRoles(): Check[] {
    const checks: Check[] = [];
    if (roles.hasPages) {
      const { failing } = recorder.state();
      const waits = pipeline === undefined ? 'views wait for the database' : 'views wait for Redis';
      const grade = failing ? (pipeline === undefined ? 'fail' : 'warn') : 'ok';
      checks.push({ name: 'counting', state: failing ? waits : 'current', grade });
    }
    const worker = roles.worker?.state();
    if (worker !== undefined) {
      const state = worker.stopped !== '' ? 'jobs cannot be taken' : worker.failing ? 'jobs wait' : 'current';
      checks.push({ name: 'worker', state, grade: gradeOf(worker.failing) });
    }
    const flush = roles.beat?.state();
    if (flush !== undefined) checks.push(...checkFlush(flush));
    return checks;
  }

  function gradeOf(isFailing: boolean): Check['grade'] {
    return isFailing ? (roles.hasPages ? 'warn' : 'fail') : 'ok';
  }

  function checkFlush({ heldSince, succeededAt, startedAt }: FlushState): Check[] {
    const now = performance.now();
    const isHeld = heldSince !== undefined && now - heldSince > LATE_MS;
    const isLate = now - (succeededAt ?? startedAt) > LATE_MS;
    return [
      { name: 'gate', state: isHeld ? 'waits for the disk of Redis' : 'open', grade: gradeOf(isHeld) },
      { name: 'flush', state: isLate ? 'late' : 'current', grade: gradeOf(isLate) },
    ];
  }

  return {
    async check() {
      const grade = isStopping ? 'fail' : 'ok';
      const process: Check = { name: 'process', state: isStopping ? 'stopping' : 'serving', grade };
      const checks = await Promise.all([checkDatabase(), pipeline === undefined ? [] : checkPipeline(pipeline)]);
      return [process, ...checks.flat(), ...checkRoles()];
    },
    startStopping() {
      isStopping = true;
    },
  };
}

async function withTimeout<T>(work: Promise<T>): Promise<T> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
