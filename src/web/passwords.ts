/** Hashes of passwords: argon2id, and Django's until the first login. The rules for new ones stand in `new_passwords.ts`. */
import { pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { countCharacters } from '../contents/fields/kind.ts';
import { AppError } from '../errors.ts';

/** Longer input is refused before any work; old passwords may be longer than new ones. */
export const PASSWORD_CHARACTERS_MAX = 4096;
export const PBKDF2_ITERATIONS_MAX = 10_000_000;
/** OWASP's minimum for argon2id; a hash with less of either is upgraded at the next login. */
const ARGON2_MEMORY_KIB = 19_456;
const ARGON2_PASSES = 2;
/** Bounds for hashes that come from a fixture: Django's default is 100 MiB and 2 passes. */
const ARGON2_MEMORY_KIB_MAX = 256 * 1024;
const ARGON2_PASSES_MAX = 10;
const HASHES_AT_ONCE_MAX = 2;
const HASHES_WAITING_MAX = 500;
const PBKDF2_KEY_BYTES = 32;

const ARGON2 = /^(argon2)?(\$argon2(id|i|d)\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=\d{1,3}\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+)$/;
const PBKDF2 = /^pbkdf2_sha256\$(\d{1,9})\$([^$]+)\$([A-Za-z0-9+/]{43}=)$/;

const pbkdf2Async = promisify(pbkdf2);

/** What came of checking a password; `needsUpgrade` asks the caller to store a new hash of the password that matched. */
export interface Verification {
  readonly matches: boolean;
  readonly needsUpgrade: boolean;
}

/**
 * The argon2id hash of `password` as a PHC string. As in Django the password is hashed as typed, without Unicode
 * normalisation.
 * @throws {RangeError} if it is empty or longer than `PASSWORD_CHARACTERS_MAX`
 * @throws {AppError} unavailable, if too many hashes wait already
 */
export async function hashPassword(password: string): Promise<string> {
  if (!isHashable(password)) throw new RangeError(`a password has 1 to ${PASSWORD_CHARACTERS_MAX} characters`);
  return inTurn(() =>
    Bun.password.hash(password, { algorithm: 'argon2id', memoryCost: ARGON2_MEMORY_KIB, timeCost: ARGON2_PASSES }),
  );
}

/**
 * Whether `hash` was made from `password`. Knows argon2 PHC strings, also with Django's `argon2` in front, and Django's
 * `pbkdf2_sha256$iterations$salt$key`. Any other hash, such as Django's unusable `!…`, matches nothing and takes as
 * long as one of ours; so does a hash whose parameters exceed the limits. An empty or too long password is never hashed.
 * @throws {AppError} unavailable, if too many hashes wait already
 */
export async function verifyPassword(password: string, hash: string): Promise<Verification> {
  if (!isHashable(password)) return { matches: false, needsUpgrade: false };
  const verification = (await verifyArgon2(password, hash)) ?? (await verifyPbkdf2(password, hash));
  if (verification !== undefined) return verification;
  await hashPassword(password);
  return { matches: false, needsUpgrade: false };
}

async function verifyArgon2(password: string, hash: string): Promise<Verification | undefined> {
  const [, djangoPrefix, phc = '', variant, memory, passes] = ARGON2.exec(hash) ?? [];
  const isAffordable = Number(memory) <= ARGON2_MEMORY_KIB_MAX && Number(passes) <= ARGON2_PASSES_MAX;
  if (!isAffordable) return undefined;
  // Bun rejects a salt or key that cannot be argon2's (wrong base64, too short): such a hash is as unusable as `!`.
  const matches = await inTurn(() => Bun.password.verify(password, phc)).catch(unlessMalformed);
  if (matches === undefined) return undefined;
  const isWeaker = variant !== 'id' || Number(memory) < ARGON2_MEMORY_KIB || Number(passes) < ARGON2_PASSES;
  return { matches, needsUpgrade: matches && (isWeaker || djangoPrefix !== undefined) };
}

function unlessMalformed(error: unknown): undefined {
  const isMalformed = error instanceof Error && 'code' in error && String(error.code).startsWith('PASSWORD_');
  if (!isMalformed) throw error;
}

async function verifyPbkdf2(password: string, hash: string): Promise<Verification | undefined> {
  const [, iterationsText, salt = '', keyText = ''] = PBKDF2.exec(hash) ?? [];
  const iterations = Number(iterationsText);
  if (!(iterations >= 1 && iterations <= PBKDF2_ITERATIONS_MAX)) return undefined;
  const expected = Buffer.from(keyText, 'base64');
  const key = await inTurn(() => pbkdf2Async(password, salt, iterations, PBKDF2_KEY_BYTES, 'sha256'));
  const matches = timingSafeEqual(key, expected);
  return { matches, needsUpgrade: matches };
}

function isHashable(password: string): boolean {
  return (
    password !== '' &&
    password.length <= 2 * PASSWORD_CHARACTERS_MAX &&
    countCharacters(password) <= PASSWORD_CHARACTERS_MAX
  );
}

let running = 0;
const waiting: (() => void)[] = [];

/** Runs at most `HASHES_AT_ONCE_MAX` of these at a time, in the order they came: each takes a core and 19 MiB or more. */
async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (running < HASHES_AT_ONCE_MAX) running += 1;
  else if (waiting.length < HASHES_WAITING_MAX) await new Promise<void>((resolve) => waiting.push(resolve));
  else throw new AppError('unavailable', 'Too many logins at once. Try again in a moment.');
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next(); // hands its place on
  }
}
