/**
 * Waits until Redis could not forget that it sealed a batch.
 *
 * A Redis that crashes comes back as it was a moment earlier. Were a batch in the database and Redis back to before the
 * seal, the same views would lie in the live hash and be sealed again under a new id: counted twice. So a batch is applied
 * only when its seal is on the disk, and on every replica that is connected. This has to be asked on the connection that
 * wrote: another one is told "durable" at once, for it has written nothing.
 */
import type { Redis } from 'ioredis';
import { isAtLeast, readServerState, type ServerState } from './server_state.ts';

/** How long one question to Redis may wait for disk and replicas. */
const DURABLE_WAIT_MS = 2000;
/** With `everysec` something written begins an fsync within a second, unless one is under way. */
const EVERYSEC_MS = 1200;
/** A disk that takes longer than this is asked again by the next run. */
const SLOW_FSYNC_MS = 2500;
const FSYNC_POLL_MS = 20;
const HAS_WAITAOF = [7, 2] as const;

/**
 * Whether everything written on this connection is durable. Waits for it, up to about 4 s.
 * @param sleep waits; a stop may cut it short, and then the answer is no
 */
export async function isDurable(
  node: Redis,
  state: ServerState,
  sleep: (ms: number) => Promise<void>,
): Promise<boolean> {
  const { fsync, replicas } = state;
  const isOnDisk = fsync === 'everysec' || fsync === 'always';
  if (isOnDisk && isAtLeast(state, HAS_WAITAOF)) {
    const reply = await node.call('WAITAOF', 1, replicas, DURABLE_WAIT_MS);
    const [local = 0, remote = 0] = Array.isArray(reply) ? reply.map(Number) : [];
    return local >= 1 && remote >= replicas;
  }
  if (replicas > 0 && (await node.wait(replicas, DURABLE_WAIT_MS)) < replicas) return false;
  // With `always` a reply leaves after the fsync. Without a file there is nothing to wait for: the start warns of that.
  if (fsync !== 'everysec') return !state.isFsyncSuspended;
  return isFsyncOver(node, sleep);
}

/**
 * Before 7.2 a server only tells whether an fsync is under way. Between one that began before the seal and the one that
 * covers it there may be a pause of up to a second, in which it tells of none. So two looks have to find none, both after
 * the seal and further apart than that pause: what was written by the first is on the disk at the second.
 */
async function isFsyncOver(node: Redis, sleep: (ms: number) => Promise<void>): Promise<boolean> {
  const deadline = performance.now() + SLOW_FSYNC_MS;
  let clearSince: number | undefined;
  for (;;) {
    const before = await readTime(node);
    if ((await readServerState(node)).isFsyncPending) clearSince = undefined;
    else if (clearSince === undefined) clearSince = await readTime(node);
    else if (before - clearSince >= EVERYSEC_MS) return true;
    if (performance.now() > deadline) return false;
    const wait = clearSince === undefined ? FSYNC_POLL_MS : EVERYSEC_MS;
    const asleep = performance.now();
    await sleep(wait);
    // Woken by a stop: the next beat takes it up.
    if (performance.now() - asleep < wait / 2) return false;
  }
}

/** The server's clock, in ms. */
async function readTime(node: Redis): Promise<number> {
  const [seconds = 0, microseconds = 0] = (await node.time()).map(Number);
  return seconds * 1000 + microseconds / 1000;
}
