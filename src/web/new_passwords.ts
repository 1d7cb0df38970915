/** New passwords: the rules for them, and generated ones. */
import { randomInt } from 'node:crypto';
import { countCharacters } from '../contents/fields/kind.ts';
// The passwords of 12 and more characters from Django's list of 20,000 common ones (django/contrib/auth/
// common-passwords.txt.gz of Django 3.2, BSD-3-Clause), which Royce Williams made from leaked ones:
// https://gist.github.com/roycewilliams/281ce539915a947a23db17137d91aeb7
import commonPasswords from './common_passwords.txt' with { type: 'text' };

export const NEW_PASSWORD_CHARACTERS_MIN = 12;
export const NEW_PASSWORD_CHARACTERS_MAX = 128;

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

/** Why a password cannot be a new one: an English sentence, and which one it is where others say it too. */
export interface PasswordProblem {
  readonly sentence: string;
  readonly reason:
    | { readonly key: 'blank' | 'common' | 'like_name' }
    | { readonly key: 'too_short' | 'too_long'; readonly limit: number; readonly sent: number };
}

const BLANK: PasswordProblem = {
  sentence: 'The password must not be empty or only white space.',
  reason: { key: 'blank' },
};
const COMMON: PasswordProblem = { sentence: 'The password is too common.', reason: { key: 'common' } };
const LIKE_NAME: PasswordProblem = {
  sentence: 'The password is too similar to the user name.',
  reason: { key: 'like_name' },
};

/** What keeps `password` from being a new password of the user `username`; empty when nothing does. */
export function passwordProblems(password: string, username: string): PasswordProblem[] {
  if (password.trim() === '') return [BLANK];
  const sent = countCharacters(password);
  if (sent > NEW_PASSWORD_CHARACTERS_MAX) {
    const limit = NEW_PASSWORD_CHARACTERS_MAX;
    const sentence = `The password must have at most ${limit} characters, this one has ${sent}.`;
    return [{ sentence, reason: { key: 'too_long', limit, sent } }];
  }
  const problems: PasswordProblem[] = [];
  if (sent < NEW_PASSWORD_CHARACTERS_MIN) {
    const limit = NEW_PASSWORD_CHARACTERS_MIN;
    const sentence = `The password must have at least ${limit} characters, this one has ${sent}.`;
    problems.push({ sentence, reason: { key: 'too_short', limit, sent } });
  } else if (isCommon(password.toLowerCase())) problems.push(COMMON);
  if (isLikeName(password, username)) problems.push(LIKE_NAME);
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
