/**
 * The table of metrics: what each is called and where it is read. What a role counts has no value in a process without that
 * role, and what Redis or the database holds has none while they are away.
 */
import type { Database } from '../db/connection.ts';
import type { createExposition, Exposition } from '../exposition.ts';
import type { FlushState } from '../impressions/flush.ts';
import type { Pipeline } from '../impressions/pipeline.ts';
import type { Recorder, RecorderState } from '../impressions/record.ts';
import { type LabelStatus, type PipelineStatus, readStatus } from '../impressions/status.ts';
import { counter, gauge, type HistogramMetric, type Metric } from '../metrics.ts';
import { type OrphanSum, sumOrphans } from '../store/orphans.ts';
import { type Own, processMetrics, servingMetrics } from './metrics_process.ts';
import { createQuestion } from './question.ts';
import type { Roles, WorkerNumbers } from './readiness.ts';

/** The parts of the program that have numbers. */
export interface Measured {
  readonly database: Database;
  readonly recorder: Recorder;
  readonly pipeline: Pipeline | undefined;
}

/** Renders all metrics as they are now, in Prometheus' text format. Never fails, and takes no longer than a question may. */
export type RenderMetrics = () => Promise<Exposition>;

/** For how long what Redis and the database said is good enough. */
const KEPT_MS = 1000;

/** What other services said, as far as they did. */
interface Said {
  redis?: PipelineStatus | undefined;
  orphans?: readonly OrphanSum[] | undefined;
}

export function createMetrics(measured: Measured, roles: Roles, own: Own): RenderMetrics {
  const { database, pipeline, recorder } = measured;
  const status = pipeline && createQuestion(() => readStatus(pipeline.observe().node(), pipeline.keys), KEPT_MS);
  const orphans = createQuestion(() => sumOrphans(database), KEPT_MS);
  const said: Said = {};
  const table = [
    ...processMetrics(database),
    ...servingMetrics(own),
    ...recorderMetrics(() => (roles.hasPages ? recorder.state() : undefined)),
    ...workerMetrics(() => roles.worker?.state()),
    ...beatMetrics(() => roles.beat?.state()),
    ...redisMetrics(() => said.redis, pipeline !== undefined),
    ...databaseMetrics(() => said.orphans),
  ];
  const histograms = [own.requests.metric, own.eventLoop.metric, flushDurations(() => roles.beat?.state())];
  let render: ReturnType<typeof createExposition> | undefined;
  return async () => {
    // Loaded by the first who asks: a hub starts sooner without.
    render ??= (await import('../exposition.ts')).createExposition(table, histograms);
    [said.redis, said.orphans] = await Promise.all([unlessAway(status?.ask()), unlessAway(orphans.ask())]);
    return render();
  };
}

async function unlessAway<T>(answer: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await answer;
  } catch {
    // That there is no answer is an answer.
    return undefined;
  }
}

/** Views are single counter increments: a page with three contents that is opened once makes three. */
function recorderMetrics(state: () => RecorderState | undefined): Metric[] {
  const dropped = () =>
    Object.entries(state()?.dropped ?? {}).map(([reason, value]) => ({ labels: { reason }, value }));
  return [
    counter(
      'views_recorded_total',
      'views by answers of this process: one for each content of a page that was opened',
      () => state()?.recorded,
    ),
    counter(
      'views_stored_total',
      'views of this process that were pushed to Redis, or without Redis brought into the database',
      () => state()?.stored,
    ),
    gauge('views_pending', 'views of this process that are neither stored nor dropped yet', () => state()?.pending),
    counter(
      'views_dropped_total',
      'views of this process that were given up, by reason: full, expired, stopping',
      dropped,
      ['reason'],
    ),
    gauge('views_blocked', '1 when the last attempt to store views failed', () => {
      const failing = state()?.failing;
      return failing === undefined ? undefined : Number(failing);
    }),
  ];
}

function workerMetrics(state: () => WorkerNumbers | undefined): Metric[] {
  return [
    counter('jobs_taken_total', 'jobs that this worker took from the queue', () => state()?.taken),
    counter('jobs_counted_total', 'jobs that this worker added to the counters in Redis', () => state()?.counted),
    counter('jobs_duplicate_total', 'jobs that this worker found to be counted before', () => state()?.duplicate),
    counter('jobs_dead_total', 'jobs that this worker put on the dead list', () => state()?.dead),
    counter('views_counted_total', 'views that this worker counted', () => state()?.views),
    counter('worker_failures_total', 'attempts of this worker to take jobs that failed', () => state()?.failures),
  ];
}

function beatMetrics(state: () => FlushState | undefined): Metric[] {
  const secondsSince = (moment: number | undefined) => (moment === undefined ? 0 : (performance.now() - moment) / 1000);
  const sinceSuccess = (flush: FlushState | undefined) => flush && secondsSince(flush.succeededAt ?? flush.startedAt);
  const held = (flush: FlushState | undefined) => flush && secondsSince(flush.heldSince);
  return [
    counter('flush_runs_total', 'flushes that this beat began', () => state()?.runs),
    counter('flush_failures_total', 'things that went wrong in flushes of this beat', () => state()?.failures),
    counter('flush_batches_total', 'batches that this beat brought into the database', () => state()?.batches),
    counter('flush_rows_total', 'contents in the batches that this beat brought', () => state()?.rows),
    counter('views_applied_total', 'views in the batches that this beat brought', () => state()?.views),
    counter(
      'flush_rewound_total',
      'batches that this beat set aside because Redis had gone back in time',
      () => state()?.rewound,
    ),
    counter('flush_lost_total', 'sealed batches that this beat found lost by Redis', () => state()?.lost),
    gauge('flush_success_age_seconds', 'since this beat left nothing behind, or since its start', () =>
      sinceSuccess(state()),
    ),
    gauge('gate_held_seconds', 'for how long batches have been waiting for the disk of Redis; 0 when none do', () =>
      held(state()),
    ),
  ];
}

function flushDurations(state: () => FlushState | undefined): HistogramMetric {
  return {
    name: 'contenthub_flush_duration_seconds',
    help: 'flushes that brought something into the database',
    read: () => {
      const flush = state();
      return flush === undefined ? [] : [{ labels: {}, durations: flush.durations }];
    },
  };
}

function redisMetrics(said: () => PipelineStatus | undefined, hasRedis: boolean): Metric[] {
  const oldest = () => {
    const ms = said()?.oldestJobMs;
    return ms === undefined ? undefined : ms / 1000;
  };
  const byLabel = (read: (label: LabelStatus) => number) => () =>
    said()?.labels.map((label) => ({ labels: { label: label.label }, value: read(label) }));
  const labels = ['label'];
  return [
    gauge('redis_up', '1 when the Redis to count through answers what it is asked', () =>
      hasRedis ? Number(said() !== undefined) : undefined,
    ),
    gauge('redis_used_bytes', 'memory that Redis uses', () => said()?.server.usedBytes),
    gauge('redis_max_bytes', 'its limit (maxmemory), at which it takes no more views; 0 for none', () => {
      return said()?.server.maxBytes;
    }),
    gauge('queue_jobs', 'jobs in the queue', () => said()?.queued),
    gauge('queue_oldest_job_seconds', 'age of the job at the head of the queue', oldest),
    gauge(
      'pending_contents',
      'contents with views that are counted and not sealed, by label',
      byLabel((at) => at.pending),
      labels,
    ),
    gauge(
      'sealed_batches',
      'batches on their way into the database, by label',
      byLabel((at) => (at.sealed ? 1 : 0)),
      labels,
    ),
    gauge(
      'sealed_contents',
      'contents in batches on their way into the database, by label',
      byLabel((at) => at.sealed?.size ?? 0),
      labels,
    ),
    gauge(
      'sealed_age_seconds',
      'since batches on their way into the database were sealed, by label',
      byLabel(sealedSeconds),
      labels,
    ),
    gauge('dead_jobs', 'jobs on the dead list', () => said()?.dead),
    counter('dead_jobs_total', 'jobs that were ever put on the dead list', () => said()?.deadTotal),
  ];
}

/** By the clock of Redis, which may be ahead of ours. */
function sealedSeconds({ sealed }: LabelStatus): number {
  return sealed === undefined ? 0 : Math.max(0, (Date.now() - sealed.at.getTime()) / 1000);
}

function databaseMetrics(said: () => readonly OrphanSum[] | undefined): Metric[] {
  const byKind = (read: (sum: OrphanSum) => number) => () =>
    said()?.map((sum) => ({ labels: { label: sum.label, reason: sum.reason }, value: read(sum) }));
  const labels = ['label', 'reason'];
  return [
    gauge('database_up', '1 when the database answers', () => Number(said() !== undefined)),
    gauge(
      'orphan_views',
      'views that no counter took, by label and reason',
      byKind((sum) => sum.views),
      labels,
    ),
    gauge(
      'orphan_contents',
      'contents with views set aside, by label and reason',
      byKind((sum) => sum.contents),
      labels,
    ),
  ];
}
