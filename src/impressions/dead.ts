/** What an operator, or time, does with views that could not be counted. */
import type { Redis } from 'ioredis';
import expireText from './dead_expire.lua' with { type: 'text' };
import retryText from './dead_retry.lua' with { type: 'text' };
import discardText from './discard.lua' with { type: 'text' };
import type { Keys } from './keys.ts';
import { createScript, runScript } from './script.ts';

const retryScript = createScript(retryText);
const expireScript = createScript(expireText);
const discardScript = createScript(discardText);

/** Jobs of one script run: it holds up Redis for a few ms. */
const RUN_JOBS_MAX = 100;

/**
 * Puts every dead job that is kept whole back into the queue, each once.
 * @returns how many were put back, and how many stay because only their beginning was kept
 */
export async function retryDeadJobs(node: Redis, keys: Keys): Promise<{ retried: number; kept: number }> {
  const total = { retried: 0, kept: 0 };
  // Jobs that die again meanwhile are not for this call.
  for (let left = await node.llen(keys.dead); left > 0; ) {
    const count = Math.min(left, RUN_JOBS_MAX);
    const reply = await runScript(node, retryScript, [keys.dead, keys.queue, keys.progress], [count]);
    const [looked = 0, retried = 0, kept = 0] = Array.isArray(reply) ? reply.map(Number) : [];
    if (looked === 0) break;
    left -= looked;
    total.retried += retried;
    total.kept += kept;
  }
  return total;
}

/** @param beforeMs in ms since 1970 @returns how many were removed */
export async function removeOldDeadJobs(node: Redis, keys: Keys, beforeMs: number): Promise<number> {
  let total = 0;
  for (;;) {
    const removed = Number(await runScript(node, expireScript, [keys.dead], [beforeMs, RUN_JOBS_MAX]));
    total += removed;
    if (removed < RUN_JOBS_MAX) return total;
  }
}

/** Throws away what Redis holds for a label. @returns contents that had views, counted and sealed; -1 where there was no hash */
export async function discardLabel(
  node: Redis,
  keys: Keys,
  label: string,
): Promise<{ pending: number; sealed: number }> {
  const names = [keys.counterPrefix + label, keys.flushPrefix + label, keys.flushing, keys.labels];
  const reply = await runScript(node, discardScript, names, [label]);
  const [pending = 0, sealed = 0] = Array.isArray(reply) ? reply.map(Number) : [];
  return { pending, sealed };
}
