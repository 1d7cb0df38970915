import type { Database } from '../db/connection.ts';
import { readSchemaState } from '../db/migrate.ts';
import type { FlushState } from '../impressions/flush.ts';
import type { Ingested } from '../impressions/ingest.ts';
import type { Pipeline } from '../impressions/pipeline.ts';
import type { Recorder } from '../impressions/record.ts';
import { findProblems, findRisk, isFull, type ServerState } from '../impressions/server_state.ts';
import { type PipelineStatus, readStatus } from '../impressions/status.ts';
import { countOrphans } from '../store/orphans.ts';
import { createQuestion, type Question } from './question.ts';

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
  isStopping(): boolean;
}

/** The parts of the program that a probe asks about. */
export interface Probed {
  readonly database: Database;
  readonly recorder: Recorder;
  readonly pipeline: Pipeline | undefined;
  readonly config: { readonly allowEviction: boolean };
}

/** What a worker has done since its start. */
export interface WorkerNumbers extends Ingested {
  readonly failures: number;
  readonly failing: boolean;
}

/** What runs in this process; the others are filled in as they start. */
export interface Roles {
  /** It serves pages. */
  readonly hasPages: boolean;
  worker?: { state(): WorkerNumbers };
  beat?: { state(): FlushState | undefined };
}

/** Jobs, sealed batches, flushes and a gate that take longer than this are worth a word. */
const LATE_MS = 10_000;

/**
 * Whether the process can do its work. Pages are served while Redis is away, so that is a warning where there are pages,
 * and a failure where there is nothing to do without it; a worker alone works while the database is away.
 */
export function createReadiness({ database, recorder, pipeline, config }: Probed, roles: Roles): Readiness {
  let isStopping = false;
  const schema = createQuestion(() => readSchemaState(database));
  const orphans = createQuestion(() => countOrphans(database));
  const status = pipeline && createQuestion(() => readStatus(pipeline.observe().node(), pipeline.keys));
  /** What is wrong with counting alone. */
  const countingFault = () => (roles.hasPages ? 'warn' : 'fail');

  async function checkDatabase(): Promise<Check[]> {
    try {
      const { state } = await schema.ask();
      return [
        { name: 'database', state: 'up', grade: 'ok' },
        { name: 'migrations', state, grade: state === 'current' ? 'ok' : 'fail' },
        ...(state === 'current' ? [await checkOrphans()] : []),
      ];
    } catch {
      // The reason is in the log of whatever needed the database; a probe tells names and states only.
      const isNeeded = roles.hasPages || roles.beat !== undefined;
      return [
        { name: 'database', state: 'down', grade: isNeeded ? 'fail' : 'warn' },
        { name: 'migrations', state: 'unknown', grade: isNeeded ? 'fail' : 'warn' },
      ];
    }
  }

  async function checkOrphans(): Promise<Check> {
    try {
      return someToLookAt('orphans', await orphans.ask());
    } catch {
      return { name: 'orphans', state: 'unknown', grade: 'warn' };
    }
  }

  async function checkPipeline(asked: Question<PipelineStatus>): Promise<Check[]> {
    try {
      const { server, oldestJobMs = 0, labels: found, dead, unusable } = await asked.ask();
      if (unusable.length > 0) return [answersWithErrors()];
      const oldestBatch = Math.min(...found.map(({ sealed }) => sealed?.at.getTime() ?? Number.POSITIVE_INFINITY));
      return [
        checkServer(server),
        lateOrCurrent('queue', oldestJobMs > LATE_MS, 'warn'),
        lateOrCurrent('sealed batches', Date.now() - oldestBatch > LATE_MS, 'warn'),
        someToLookAt('dead jobs', dead),
      ];
    } catch (error) {
      // A command that is not permitted is told from no answer at all.
      const isReply = error instanceof Error && error.name === 'ReplyError';
      return [isReply ? answersWithErrors() : { name: 'redis', state: 'down', grade: countingFault() }];
    }
  }

  /** A key is not what it should be, or a command is refused. */
  function answersWithErrors(): Check {
    return { name: 'redis', state: 'answers with errors', grade: countingFault() };
  }

  function checkServer(server: ServerState): Check {
    if (findProblems(server, config.allowEviction).length > 0) {
      return { name: 'redis', state: 'unfit for counting', grade: countingFault() };
    }
    if (isFull(server)) return { name: 'redis', state: 'full', grade: 'warn' };
    if (findRisk(server) !== undefined) return { name: 'redis', state: 'up, and may forget', grade: 'warn' };
    return { name: 'redis', state: 'up', grade: 'ok' };
  }

  function checkRoles(): Check[] {
    const worker = roles.worker?.state();
    const flush = roles.beat?.state();
    return [
      ...(roles.hasPages ? [checkRecorder()] : []),
      ...(worker === undefined ? [] : [checkWorker(worker)]),
      ...(flush === undefined ? [] : checkFlush(flush)),
    ];
  }

  function checkRecorder(): Check {
    if (!recorder.state().failing) return { name: 'counting', state: 'current', grade: 'ok' };
    // Without Redis, counting is this process's own work.
    if (pipeline === undefined) return { name: 'counting', state: 'views wait for the database', grade: 'fail' };
    return { name: 'counting', state: 'views wait for Redis', grade: 'warn' };
  }

  function checkWorker({ failing, stopped }: WorkerNumbers): Check {
    if (!failing) return { name: 'worker', state: 'current', grade: 'ok' };
    return { name: 'worker', state: stopped === '' ? 'jobs wait' : 'jobs cannot be taken', grade: countingFault() };
  }

  function checkFlush({ heldSince, unfinishedSince }: FlushState): Check[] {
    const now = performance.now();
    const isHeld = heldSince !== undefined && now - heldSince > LATE_MS;
    const isLate = unfinishedSince !== undefined && now - unfinishedSince > LATE_MS;
    const gate = isHeld ? 'waits for the disk of Redis' : 'open';
    return [
      { name: 'gate', state: gate, grade: isHeld ? countingFault() : 'ok' },
      lateOrCurrent('flush', isLate, countingFault()),
    ];
  }

  return {
    async check() {
      const grade = isStopping ? 'fail' : 'ok';
      const process: Check = { name: 'process', state: isStopping ? 'stopping' : 'serving', grade };
      const checks = await Promise.all([checkDatabase(), status === undefined ? [] : checkPipeline(status)]);
      return [process, ...checks.flat(), ...checkRoles()];
    },
    startStopping() {
      isStopping = true;
    },
    isStopping: () => isStopping,
  };
}

function lateOrCurrent(name: string, isLate: boolean, fault: 'warn' | 'fail'): Check {
  return isLate ? { name, state: 'late', grade: fault } : { name, state: 'current', grade: 'ok' };
}

function someToLookAt(name: string, count: number): Check {
  return count === 0 ? { name, state: 'none', grade: 'ok' } : { name, state: 'to look at', grade: 'warn' };
}
