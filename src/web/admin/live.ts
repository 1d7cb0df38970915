/** Everything the system screen shows, read at one moment. What does not answer in time is left out. */
import { findContentType } from '../../contents/index.ts';
import { readSchemaState, type SchemaState } from '../../db/migrate.ts';
import type { FlushState } from '../../impressions/flush.ts';
import type { RecorderState } from '../../impressions/record.ts';
import { type PipelineStatus, readStatus } from '../../impressions/status.ts';
import { type LedgerSum, listLedger } from '../../store/impressions.ts';
import { type OrphanSum, sumOrphans } from '../../store/orphans.ts';
import { VERSION } from '../../version.ts';
import { createQuestion } from '../question.ts';
import type { WorkerNumbers } from '../readiness.ts';
import { type CountingState, createCountingQuestion } from './counting.ts';
import type { AdminContext } from './screen.ts';

/** What is in Redis and in the database of one content model's views. */
export interface LabelRow {
  readonly label: string;
  readonly isKnown: boolean;
  /** Undefined without Redis. */
  readonly pending: number | undefined;
  readonly sealed: { readonly size: number; readonly ageMs: number; readonly tries: number } | undefined;
  readonly stored: number;
  readonly storedAt: Date | undefined;
}

export interface Live {
  readonly at: Date;
  readonly state: CountingState;
  readonly hasRedis: boolean;
  /** Undefined without Redis, and while it is away. */
  readonly redis: PipelineStatus | undefined;
  readonly labels: readonly LabelRow[];
  readonly orphans: readonly OrphanSum[];
  readonly schema: SchemaState['state'] | undefined;
  readonly dialect: 'postgres' | 'sqlite';
  /** The process that answers. */
  readonly here: {
    readonly version: string;
    readonly bun: string;
    readonly uptimeMs: number;
    readonly memoryBytes: number;
    readonly roles: readonly ('web' | 'worker' | 'beat')[];
    readonly recorder: RecorderState;
    readonly worker: WorkerNumbers | undefined;
    readonly flush: FlushAges | undefined;
  };
}

/** What the beat of this process has done; ages in ms. */
export interface FlushAges extends Pick<FlushState, 'batches' | 'views'> {
  readonly succeededAgeMs: number | undefined;
  readonly heldMs: number | undefined;
}

export function createLive(admin: AdminContext): () => Promise<Live> {
  const { database, pipeline, recorder, readiness, roles } = admin;
  const status = pipeline && createQuestion(() => readStatus(pipeline.observe().node(), pipeline.keys));
  const stored = createQuestion(() => Promise.all([listLedger(database), sumOrphans(database)]));
  const schema = createQuestion(() => readSchemaState(database));
  const counting = createCountingQuestion(readiness);
  return async () => {
    const [state, redis, inDatabase, schemaState] = await Promise.all([
      counting(),
      unlessAway(status?.ask()),
      unlessAway(stored.ask()),
      unlessAway(schema.ask()),
    ]);
    const [ledger, orphans] = inDatabase ?? [[], []];
    return {
      ...{ state, redis, orphans, at: new Date(), hasRedis: pipeline !== undefined },
      labels: listLabels(redis, ledger),
      schema: schemaState?.state,
      dialect: database.dialect,
      here: {
        ...{ version: VERSION, bun: Bun.version },
        uptimeMs: process.uptime() * 1000,
        memoryBytes: process.memoryUsage.rss(),
        roles: [
          ...(roles.hasPages ? (['web'] as const) : []),
          ...(roles.worker === undefined ? [] : (['worker'] as const)),
          ...(roles.beat === undefined ? [] : (['beat'] as const)),
        ],
        recorder: recorder.state(),
        worker: roles.worker?.state(),
        flush: agesOf(roles.beat?.state()),
      },
    };
  };
}

async function unlessAway<T>(answer: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await answer;
  } catch {
    // That there is no answer is what the screen says.
    return undefined;
  }
}

function listLabels(redis: PipelineStatus | undefined, ledger: readonly LedgerSum[]): LabelRow[] {
  const inRedis = new Map(redis?.labels.map((status) => [status.label, status]));
  const inDatabase = new Map(ledger.map((sum) => [sum.label, sum]));
  return [...new Set([...inRedis.keys(), ...inDatabase.keys()])].sort().map((label) => {
    const { pending, sealed } = inRedis.get(label) ?? {};
    const sum = inDatabase.get(label);
    return {
      ...{ label, pending, isKnown: findContentType(label) !== undefined },
      // By the clock of Redis, which may be ahead of ours.
      sealed: sealed && { ...sealed, ageMs: Math.max(0, Date.now() - sealed.at.getTime()) },
      stored: sum?.views ?? 0,
      storedAt: sum?.appliedAt,
    };
  });
}

function agesOf(flush: FlushState | undefined): FlushAges | undefined {
  if (flush === undefined) return undefined;
  const ageOf = (moment: number | undefined) => (moment === undefined ? undefined : performance.now() - moment);
  const { batches, views, succeededAt, heldSince } = flush;
  return { batches, views, succeededAgeMs: ageOf(succeededAt), heldMs: ageOf(heldSince) };
}
