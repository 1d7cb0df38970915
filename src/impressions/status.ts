import type { Redis } from 'ioredis';
import { contentTypes } from '../contents/index.ts';
import { timeOfJob } from './job.ts';
import type { Keys } from './keys.ts';
import { readServerState, type ServerState } from './server_state.ts';

/** What of a label is in Redis and not in the database. */
export interface LabelStatus {
  readonly label: string;
  /** Contents with views that are counted and not sealed. */
  readonly pending: number;
  readonly sealed:
    | { readonly seq: number; readonly at: Date; readonly size: number; readonly tries: number }
    | undefined;
}

/** What is in the pipeline's Redis. */
export interface PipelineStatus {
  readonly server: ServerState;
  readonly source: string | undefined;
  /** Jobs in the queue. */
  readonly queued: number;
  /** How long the job at the head has been waiting, in ms; 0 for an empty queue, undefined when the job does not say. */
  readonly oldestJobMs: number | undefined;
  readonly labels: readonly LabelStatus[];
  /** Jobs on the dead list, and how many ever came there. */
  readonly dead: number;
  readonly deadTotal: number;
  /** Keys that are not of the pipeline's type: somebody else wrote them. What they hold is taken for nothing. */
  readonly unusable: readonly string[];
}

/** Shows the labels of all content types, also those that Redis has never heard of. @throws Error of the connection */
export async function readStatus(node: Redis, keys: Keys): Promise<PipelineStatus> {
  const unusable = new Set<string>();
  const read = async <T>(key: string, reading: Promise<T>, nothing: T): Promise<T> => {
    try {
      return await reading;
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('WRONGTYPE'))) throw error;
      unusable.add(key);
      return nothing;
    }
  };
  const [server, source, queued, head, listed, flushing, dead, deadTotal] = await Promise.all([
    readServerState(node),
    read(keys.source, node.get(keys.source), null),
    read(keys.queue, node.llen(keys.queue), 0),
    read(keys.queue, node.lindex(keys.queue, 0), null),
    read(keys.labels, node.smembers(keys.labels), []),
    read(keys.flushing, node.hgetall(keys.flushing), {}),
    read(keys.dead, node.llen(keys.dead), 0),
    read(keys.deadTotal, node.get(keys.deadTotal), null),
  ]);
  if (Object.values(flushing).some((entry) => parseEntry(entry) === undefined)) unusable.add(keys.flushing);
  if (deadTotal !== null && !/^\d+$/.test(deadTotal)) unusable.add(keys.deadTotal);
  const names = [...new Set([...contentTypes.map(({ label }) => label), ...listed, ...Object.keys(flushing)])].sort();
  const labels = await Promise.all(
    names.map(async (label) => ({
      label,
      pending: await read(keys.counterPrefix + label, node.hlen(keys.counterPrefix + label), 0),
      sealed: parseEntry(flushing[label]),
    })),
  );
  const made = head === null ? undefined : timeOfJob(head);
  return {
    server,
    source: source ?? undefined,
    queued,
    oldestJobMs: head === null ? 0 : made === undefined ? undefined : Math.max(0, Date.now() - made),
    labels,
    dead,
    deadTotal: /^\d+$/.test(deadTotal ?? '') ? Number(deadTotal) : 0,
    unusable: [...unusable],
  };
}

/** `batch id|seq|sealed at|size|tries`, as `seal.lua` writes it. */
function parseEntry(entry: string | undefined): LabelStatus['sealed'] {
  const numbers = /^[^|]+\|(\d+)\|(\d+)\|(\d+)\|(\d+)$/.exec(entry ?? '')?.slice(1);
  if (numbers === undefined) return undefined;
  const [seq = 0, at = 0, size = 0, tries = 0] = numbers.map(Number);
  return { seq, at: new Date(at), size, tries };
}
