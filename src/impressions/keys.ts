/** The names of everything the pipeline keeps in Redis. */
export interface Keys {
  /** List of ingest jobs (`job.ts`). */
  readonly queue: string;
  /** String for each applied job, for COUNTER_DEDUP_TTL seconds: this, then the job's id. */
  readonly dedupPrefix: string;
  /** Hash id → views for each label, counted and not yet in the database: this, then the label. */
  readonly counterPrefix: string;
  /** Hash: when a job was last taken, and how young the youngest so far was (`ingest.lua`). */
  readonly progress: string;
  /** Set of labels that have had a counter hash. */
  readonly labels: string;
  /** Hash for each label, the one sealed batch: this, then the label. */
  readonly flushPrefix: string;
  /** Hash label → `batch id|seq|sealed at, ms|size|tries`. */
  readonly flushing: string;
  /** Hash label → the number of its last batch. */
  readonly seq: string;
  /** String: the random id of this Redis's history. */
  readonly source: string;
  /** List of jobs that could not be applied, newest first (`dead.ts`). */
  readonly dead: string;
  /** String: how many jobs were ever put there. */
  readonly deadTotal: string;
}

/** @param prefix COUNTER_KEY_PREFIX; on Redis Cluster it holds a hash tag, so that all keys share one slot */
export function createKeys(prefix: string): Keys {
  const name = (rest: string) => `${prefix}views:${rest}`;
  return {
    queue: name('queue'),
    dedupPrefix: name('dedup:'),
    counterPrefix: name('counter:'),
    progress: name('progress'),
    labels: name('labels'),
    flushPrefix: name('flush:'),
    flushing: name('flushing'),
    seq: name('seq'),
    source: name('source'),
    dead: name('dead'),
    deadTotal: name('dead:total'),
  };
}
