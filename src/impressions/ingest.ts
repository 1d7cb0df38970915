import type { Redis } from 'ioredis';
import ingestText from './ingest.lua' with { type: 'text' };
import { JOB_BYTES_MAX, PAIR_VIEWS_MAX } from './job.ts';
import type { Keys } from './keys.ts';
import { createScript, runScript } from './script.ts';

const script = createScript(ingestText);

/** Jobs and (label, id) pairs that one run takes, at most: it holds up Redis for a few ms. */
const RUN_JOBS_MAX = 200;
const RUN_PAIRS_MAX = 5000;
const DEAD_JOBS_MAX = 10_000;
/** Bytes kept of a job that is too large. */
const DEAD_BYTES_MAX = 1024;

/** What one run did. */
export interface Ingested {
  /** Jobs taken from the queue: counted, duplicate and dead ones. */
  readonly taken: number;
  readonly counted: number;
  readonly duplicate: number;
  readonly dead: number;
  readonly views: number;
  /** Why jobs stay in the queue although they could be taken, or ''. */
  readonly stopped: string;
}

/** Takes jobs from the queue and adds them to the counters, each once (`ingest.lua`). @param dedupTtl seconds an id is remembered */
export async function ingest(node: Redis, keys: Keys, dedupTtl: number): Promise<Ingested> {
  const reply = await runScript(
    node,
    script,
    [keys.queue, keys.labels, keys.dead, keys.deadTotal, keys.progress],
    [
      ...[keys.counterPrefix, keys.dedupPrefix, dedupTtl, RUN_JOBS_MAX, RUN_PAIRS_MAX],
      ...[JOB_BYTES_MAX, PAIR_VIEWS_MAX, DEAD_JOBS_MAX, DEAD_BYTES_MAX],
    ],
  );
  if (!Array.isArray(reply)) throw new Error('ingest.lua gave an unexpected reply');
  const [taken = 0, counted = 0, duplicate = 0, dead = 0, views = 0] = reply.slice(0, 5).map(Number);
  return { taken, counted, duplicate, dead, views, stopped: String(reply[5]) };
}
