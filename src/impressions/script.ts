import type { Redis } from 'ioredis';
import { lazily } from '../once.ts';

/** A Lua script of the pipeline. The executable carries its text. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

export function createScript(text: string): Script {
  return lazily({ text: () => text, sha: () => new Bun.CryptoHasher('sha1').update(text).digest('hex') });
}

/**
 * Runs a script by its hash, or by its text when the server does not know it (a new server, SCRIPT FLUSH).
 * @returns the reply: strings, numbers, null, and arrays of them
 */
export async function runScript(
  redis: Redis,
  { text, sha }: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await redis.evalsha(sha, keys.length, ...keys, ...args);
  } catch (error) {
    // The server says so before it runs anything.
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return redis.eval(text, keys.length, ...keys, ...args);
  }
}

/** Reads a script's reply as a list of texts. @throws Error when it is something else: the script and this program differ */
export function toTexts(reply: unknown): string[] {
  if (!Array.isArray(reply)) throw new Error('a script gave an unexpected reply');
  return reply.map(String);
}
