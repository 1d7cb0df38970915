// Passwords: their hashes (argon2id, and Django's until the first login), the rules for new ones, and generated ones.

import { pbkdf2, randomInt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { AppError } from '../errors.ts';
// The passwords of 12 and more characters from Django's list of 20,000 common ones (django/contrib/auth/
// common-passwords.txt.gz of Django 3.2, BSD-3-Clause), which Royce Williams made from leaked ones:
// https://gist.github.com/roycewilliams/281ce539915a947a23db17137d91aeb7
import commonPasswords from './common_passwords.txt' with { type: 'text' };

export const NEW_PASSWORD_CHARACTERS_MIN = 12;
export const NEW_PASSWORD_CHARACTERS_MAX = 128;
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
  await dummyVerify(password);
  return { matches: false, needsUpgrade: false };
}

/** The work of one `verifyPassword` against a hash of ours, for a user that does not exist, so that time tells nothing. */
export async function dummyVerify(password: string): Promise<void> {
  if (isHashable(password)) await hashPassword(password);
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

function countCharacters(text: string): number {
  return [...text].length;
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

const COMMON_PASSWORDS = new Set(commonPasswords.split('\n'));
const GENERATED_CHARACTERS = 24;
/** Without i, l, o, I, L, O, 0 and 1. */
const GENERATED_ALPHABET = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789';

/** A random password of 24 letters and digits that cannot be misread: 138 bits. */
export function generatePassword(): string {
  return Array.from(
    { length: GENERATED_CHARACTERS },
    () => GENERATED_ALPHABET[randomInt(GENERATED_ALPHABET.length)],
  ).join('');
}

/** What keeps `password` from being a new password of the user `username`, as sentences; empty when nothing does. */
export function passwordProblems(password: string, username: string): string[] {
  if (password.trim() === '') return ['The password must not be empty or only white space.'];
  const characters = countCharacters(password);
  if (characters > NEW_PASSWORD_CHARACTERS_MAX)
    return [`The password must have at most ${NEW_PASSWORD_CHARACTERS_MAX} characters, this one has ${characters}.`];
  const problems: string[] = [];
  if (characters < NEW_PASSWORD_CHARACTERS_MIN)
    problems.push(
      `The password must have at least ${NEW_PASSWORD_CHARACTERS_MIN} characters, this one has ${characters}.`,
    );
  else if (isCommon(password.toLowerCase())) problems.push('The password is too common.');
  if (isLikeName(password, username)) problems.push('The password is too similar to the user name.');
  return problems;
}

const REPEATED_UNIT_CHARACTERS_MAX = 6;
const RUN_CHARACTERS_MIN = 3;
const OUTSIDE_RUNS_CHARACTERS_MAX = 2;
/** Rows and columns of keyboards, the alphabets and the digits: what a finger or a tongue runs along. */
const WALKS = [
  ...['abcdefghijklmnopqrstuvwxyz', '01234567890', 'абвгдеёжзийклмнопрстуфхцчшщъыьэюя'],
  ...['`1234567890-=', 'qwertyuiop[]', "asdfghjkl;'", 'zxcvbnm,./', 'йцукенгшщзхъ', 'фывапролджэ', 'ячсмитьбю.'],
  ...['1qaz', '2wsx', '3edc', '4rfv', '5tgb', '6yhn', '7ujm', '8ik,', '9ol.', '0p;/'],
].flatMap((walk) => [walk, [...walk].reverse().join('')]);

function isCommon(password: string): boolean {
  return COMMON_PASSWORDS.has(password) || isPattern(password);
}

/** A short unit repeated (`abcabcabcabc`), or little else than walks (`1qaz2wsx3edc`, `qwerty123456`). */
function isPattern(password: string): boolean {
  for (let unit = 1; unit <= REPEATED_UNIT_CHARACTERS_MAX; unit++) {
    if (password.length >= 2 * unit && password.slice(unit) === password.slice(0, -unit)) return true;
  }
  let outside = 0;
  for (let at = 0; at < password.length; ) {
    const run = longestRun(password, at);
    if (run < RUN_CHARACTERS_MIN) outside += 1;
    at += run < RUN_CHARACTERS_MIN ? 1 : run;
  }
  return outside <= OUTSIDE_RUNS_CHARACTERS_MAX;
}

function longestRun(password: string, at: number): number {
  let length = 1;
  while (at + length < password.length && WALKS.some((walk) => walk.includes(password.slice(at, at + length + 1))))
    length += 1;
  return length;
}

const NAME_CHARACTERS_MIN = 3;
const SIMILARITY_MAX = 0.7;

/** One holds the other (letters and digits only, case aside, also backwards), or few edits lead from one to the other. */
function isLikeName(password: string, username: string): boolean {
  const plain = comparable(password);
  const names = [username, username.split('@')[0] ?? ''].map(comparable);
  return names
    .filter((name) => name.length >= NAME_CHARACTERS_MIN)
    .flatMap((name) => [name, name.toReversed()])
    .some(
      (name) =>
        plain.join('').includes(name.join('')) ||
        (plain.length >= NAME_CHARACTERS_MIN && name.join('').includes(plain.join(''))) ||
        similarity(plain, name) >= SIMILARITY_MAX,
    );
}

function comparable(text: string): string[] {
  return [
    ...text
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}]/gu, ''),
  ];
}

/** 1 for equal texts, 0 for nothing in common: one minus the Levenshtein distance as a share of the longer text. */
function similarity(left: readonly string[], right: readonly string[]): number {
  let distances = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (const [row, character] of left.entries()) {
    const next = [row + 1];
    for (const [column, other] of right.entries()) {
      const replaced = (distances[column] ?? 0) + (character === other ? 0 : 1);
      next.push(Math.min(replaced, (distances[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    distances = next;
  }
  return 1 - (distances.at(-1) ?? 0) / Math.max(left.length, right.length, 1);
}
