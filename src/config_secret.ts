import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, KEY_MISSING } from './config.ts';
import { AppError, messageOf } from './errors.ts';

const KEY_BYTES = 48;

/**
 * The key that forms are signed with where none is given: a process that does everything by itself makes one and keeps it
 * in `DATA_DIR/secret_key` (0600); of several processes each must be given the same.
 * @throws AppError `invalid` when several need it, `unavailable` when the file cannot be read or written
 */
export function openOwnKey({ counterRedis, dataDir }: Config): string {
  if (counterRedis !== undefined) {
    throw new AppError('invalid', KEY_MISSING);
  }
  const path = join(dataDir, 'secret_key');
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return readKey(path) ?? makeKey(path);
  } catch (error) {
    throw new AppError('unavailable', `the signing key ${path} cannot be kept: ${messageOf(error)}`, { cause: error });
  }
}

function readKey(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Two processes that start at once end up with the same key: the first one written. */
function makeKey(path: string): string {
  try {
    const key = Buffer.from(crypto.getRandomValues(new Uint8Array(KEY_BYTES))).toString('base64url');
    writeFileSync(path, `${key}\n`, { mode: 0o600, flag: 'wx' });
    return key;
  } catch (error) {
    const other = readKey(path);
    if (other === undefined) throw error;
    return other;
  }
}

const KEY_BITS_MIN = 100;
const PLACEHOLDER = /change.?(me|this)|secret|insecure|example|placeholder|password|default|your.?key/i;

/** What makes a signing key easy to guess, as a sentence about it, or undefined. */
export function secretKeyProblem(key: string): string | undefined {
  if (PLACEHOLDER.test(key)) return 'looks like a placeholder';
  if (isRepeated(key) || isSequence(key) || bitsOf(key) < KEY_BITS_MIN) return 'is no random text';
  return undefined;
}

function isRepeated(key: string): boolean {
  return Array.from({ length: Math.floor(key.length / 2) }, (_, index) => index + 1).some(
    (unit) => key.slice(unit) === key.slice(0, -unit),
  );
}

/** Most characters are next to the one before. */
function isSequence(key: string): boolean {
  const steps = [...key].filter((_, at) => Math.abs(key.charCodeAt(at + 1) - key.charCodeAt(at)) === 1);
  return steps.length > key.length / 2;
}

/** Shannon's entropy by how often each character occurs: more than a text of words has, never more than a random one. */
function bitsOf(key: string): number {
  const counts = new Map<string, number>();
  for (const character of key) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((bits, count) => bits + count * Math.log2(key.length / count), 0);
}

/** True when other users of this machine may read the key that was made here. */
export function isKeyExposed({ secretKey, dataDir }: Config): boolean {
  const path = join(dataDir, 'secret_key');
  return secretKey === undefined && existsSync(path) && (statSync(path).mode & 0o077) !== 0;
}
