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
/** With `everysec` an fsync begins within a second; and the one before may take as long. */
const EVERYSEC_MS = 2000;
const FSYNC_POLL_MS = 20;
const HAS_WAITAOF = [7, 2] as const;

/**
 * Whether everything written on this connection, and sealed before `sealedAtMs`, is durable. Waits for it, up to about 4 s.
 * @param sealedAtMs of the youngest batch, in ms of Redis's clock
 * @param sleep waits; a stop may cut it short, and then the answer is no
 */
export async function isDurable(
  node: Redis,
  state: ServerState,
  sealedAtMs: number,
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
  // With `always` a reply leaves after the fsync; without a file nothing outlives a crash, and nothing comes back.
  if (fsync !== 'everysec') return true;
  await sleep(EVERYSEC_MS - ((await readTime(node)) - sealedAtMs));
  if ((await readTime(node)) - sealedAtMs < EVERYSEC_MS) return false;
  // What was just written for a batch sealed long ago begins an fsync, too: on a slow disk each tick would meet its own.
  const deadline = performance.now() + DURABLE_WAIT_MS;
  while (await isFsyncPending(node)) {
    if (performance.now() > deadline) return false;
    await sleep(FSYNC_POLL_MS);
  }
  return true;
}

/** Asks twice: after the first reply Redis begins an fsync that was held up by another, and the second then tells. */
async function isFsyncPending(node: Redis): Promise<boolean> {
  const first = await readServerState(node);
  const second = await readServerState(node);
  return first.isFsyncPending || second.isFsyncPending;
}

/** The server's clock, in ms. */
async function readTime(node: Redis): Promise<number> {
  const [seconds = 0, microseconds = 0] = (await node.time()).map(Number);
  return seconds * 1000 + microseconds / 1000;
}
