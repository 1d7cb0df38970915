import type { Redis } from 'ioredis';
import { INTEGER_MAX } from '../contents/content.ts';
import acknowledgeText from './acknowledge.lua' with { type: 'text' };
import type { Keys } from './keys.ts';
import { createScript, runScript, toTexts } from './script.ts';
import sealText from './seal.lua' with { type: 'text' };

const sealScript = createScript(sealText);
const acknowledgeScript = createScript(acknowledgeText);

/** Fields of one HSCAN reply, about. */
const SCAN_FIELDS = 1000;

/** A batch that no longer changes. */
export interface SealedBatch {
  readonly label: string;
  /** The random id of this Redis's history. */
  readonly source: string;
  readonly batchId: string;
  readonly seq: number;
  /** In ms of Redis's clock. */
  readonly sealedAt: number;
  /** How many contents. */
  readonly size: number;
  /** How often it was handed out, this time included. */
  readonly tries: number;
  /** The entry is there and the views are not: applied and half cleared, or lost. */
  readonly isMissing: boolean;
  /** Views without an entry, taken up under a new one. */
  readonly isAdopted: boolean;
}

/** Seals a label's counters, or hands out what is sealed (`seal.lua`). @returns the source, and the batch if there is one */
export async function seal(
  node: Redis,
  keys: Keys,
  label: string,
): Promise<{ readonly source: string; readonly batch: SealedBatch | undefined }> {
  const reply = toTexts(
    await runScript(
      node,
      sealScript,
      [keys.counterPrefix + label, keys.flushPrefix + label, keys.flushing, keys.seq, keys.source],
      [label, crypto.randomUUID(), crypto.randomUUID()],
    ),
  );
  const [state, source = '', batchId = '', seq, sealedAt, size, tries] = reply;
  if (state === 'nothing') return { source, batch: undefined };
  const numbers = { seq: Number(seq), sealedAt: Number(sealedAt), size: Number(size), tries: Number(tries) };
  return {
    source,
    batch: { label, source, batchId, ...numbers, isMissing: state === 'missing', isAdopted: state === 'adopted' },
  };
}

/** A batch's views. */
export interface BatchViews {
  readonly views: ReadonlyMap<number, number>;
  /** Ids larger than any that a content can have. */
  readonly idsBeyond: ReadonlyMap<string, number>;
}

/**
 * Reads a sealed hash to its end. HSCAN may repeat fields, and their order changes when Redis restarts; a map does not mind.
 * @param onPage called after each reply
 * @returns undefined when there are more or fewer contents than were sealed
 * @throws Error naming a field that is no number of views: nothing of the pipeline writes such
 */
export async function loadBatch(
  node: Redis,
  keys: Keys,
  batch: SealedBatch,
  onPage: () => Promise<void>,
): Promise<BatchViews | undefined> {
  const views = new Map<number, number>();
  const idsBeyond = new Map<string, number>();
  let cursor = '0';
  do {
    const [next, fields] = await node.hscan(keys.flushPrefix + batch.label, cursor, 'COUNT', SCAN_FIELDS);
    for (let place = 0; place < fields.length; place += 2) {
      const [id = '', text = ''] = [fields[place], fields[place + 1]];
      const n = Number(text);
      if (!/^[1-9]\d{0,18}$/.test(id) || !/^[1-9]\d{0,15}$/.test(text) || n > INTEGER_MAX) {
        throw new Error(`${keys.flushPrefix}${batch.label} has a field that is no content's views: ${id.slice(0, 40)}`);
      }
      if (Number(id) <= INTEGER_MAX) views.set(Number(id), n);
      else idsBeyond.set(id, n);
    }
    cursor = next;
    await onPage();
  } while (cursor !== '0');
  return views.size + idsBeyond.size === batch.size ? { views, idsBeyond } : undefined;
}

/** Whether this very batch still is the label's sealed one. */
export async function isStillSealed(node: Redis, keys: Keys, { label, batchId }: SealedBatch): Promise<boolean> {
  const entry = await node.hget(keys.flushing, label);
  return entry?.startsWith(`${batchId}|`) ?? false;
}

/**
 * Clears a batch that is in the database; one that is no longer the sealed one is left alone (`acknowledge.lua`).
 * @param seqFloor what the label's last number is raised to, if it is lower
 */
export async function acknowledge(
  node: Redis,
  keys: Keys,
  { label, batchId }: SealedBatch,
  seqFloor = 0,
): Promise<boolean> {
  const args = [label, batchId, seqFloor];
  return (await runScript(node, acknowledgeScript, [keys.flushPrefix + label, keys.flushing, keys.seq], args)) === 1;
}
