import { describe, expect, test } from 'bun:test';
import { AppError } from '../../src/errors.ts';
import {
  hashPassword,
  PASSWORD_CHARACTERS_MAX,
  PBKDF2_ITERATIONS_MAX,
  verifyPassword,
} from '../../src/web/passwords.ts';

const PASSWORD = 'correct horse battery staple';
const DJANGO_PBKDF2 = 'pbkdf2_sha256$260000$gO1tRTQLvpdQ9Rg6c8sQvM$ROYCb3AJOTDtG1C+NwviI9wb7DPsM/82kg0+LmVt05M=';
// Made by the reference implementation's argon2 command, with Django's default parameters and with argon2i.
const PHC_P8 = '$argon2id$v=19$m=102400,t=2,p=8$c29tZXNhbHRzb21lc2FsdA$nAxJDE+6muBVnEq+Vap8A+vVP4K2jQuCRp982xFMT4c';
const PHC_ARGON2I = '$argon2i$v=19$m=512,t=2,p=2$c29tZXNhbHRzb21lc2FsdA$QZTWXoZeevscnA7E+ZEqGA';

const NO_MATCH = { matches: false, needsUpgrade: false };
const MATCH = { matches: true, needsUpgrade: false };
const MATCH_TO_UPGRADE = { matches: true, needsUpgrade: true };

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The least of three: what the work takes when nothing disturbs it. */
async function leastMilliseconds(work: () => Promise<unknown>): Promise<number> {
  return Math.min(await milliseconds(work), await milliseconds(work), await milliseconds(work));
}

describe('a hash of ours', () => {
  test('is argon2id with at least 19 MiB and two passes, salted', async () => {
    const [hash, again] = await Promise.all([hashPassword(PASSWORD), hashPassword(PASSWORD)]);
    const [, memory, passes] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$/.exec(hash) ?? [];
    expect(Number(memory)).toBeGreaterThanOrEqual(19_456);
    expect(Number(passes)).toBeGreaterThanOrEqual(2);
    expect(again).not.toBe(hash);
  });

  test('matches its password alone and needs no upgrade', async () => {
    const hash = await hashPassword(PASSWORD);
    expect(await verifyPassword(PASSWORD, hash)).toEqual(MATCH);
    expect(await verifyPassword(`${PASSWORD} `, hash)).toEqual(NO_MATCH);
    expect(await verifyPassword('', hash)).toEqual(NO_MATCH);
  });

  test('tells apart what differs only in normalisation, case, or behind a NUL', async () => {
    const hash = await hashPassword('caf\u00e9 \0 naïve ﬁ☕😀');
    expect(await verifyPassword('caf\u00e9 \0 naïve ﬁ☕😀', hash)).toEqual(MATCH);
    expect(await verifyPassword('cafe\u0301 \0 naïve ﬁ☕😀', hash)).toEqual(NO_MATCH);
    expect(await verifyPassword('Caf\u00e9 \0 naïve ﬁ☕😀', hash)).toEqual(NO_MATCH);
    expect(await verifyPassword('caf\u00e9 \0', hash)).toEqual(NO_MATCH);
  });

  test('with weaker parameters matches and asks for an upgrade', async () => {
    const [lessMemory, fewerPasses] = await Promise.all([
      Bun.password.hash(PASSWORD, { algorithm: 'argon2id', memoryCost: 19_455, timeCost: 2 }),
      Bun.password.hash(PASSWORD, { algorithm: 'argon2id', memoryCost: 65_536, timeCost: 1 }),
    ]);
    expect(await verifyPassword(PASSWORD, lessMemory)).toEqual(MATCH_TO_UPGRADE);
    expect(await verifyPassword(PASSWORD, fewerPasses)).toEqual(MATCH_TO_UPGRADE);
    expect(await verifyPassword('wrong', lessMemory)).toEqual(NO_MATCH);
  });

  test('with stronger parameters needs none', async () => {
    expect(await verifyPassword(PASSWORD, PHC_P8)).toEqual(MATCH);
  });

  test('with parameters beyond the limits matches nothing', async () => {
    const hash = await Bun.password.hash(PASSWORD, { algorithm: 'argon2id', memoryCost: 64, timeCost: 11 });
    expect(await verifyPassword(PASSWORD, hash)).toEqual(NO_MATCH);
  });

  test('of argon2i matches and asks for an upgrade', async () => {
    expect(await verifyPassword(PASSWORD, PHC_ARGON2I)).toEqual(MATCH_TO_UPGRADE);
  });
});

describe("Django's hashes", () => {
  test('pbkdf2_sha256 matches and asks for an upgrade', async () => {
    expect(await verifyPassword(PASSWORD, DJANGO_PBKDF2)).toEqual(MATCH_TO_UPGRADE);
    expect(await verifyPassword('Correct horse battery staple', DJANGO_PBKDF2)).toEqual(NO_MATCH);
  });

  test('argon2 in its own form matches and asks for an upgrade', async () => {
    expect(await verifyPassword(PASSWORD, `argon2${PHC_P8}`)).toEqual(MATCH_TO_UPGRADE);
    expect(await verifyPassword('wrong', `argon2${PHC_P8}`)).toEqual(NO_MATCH);
  });

  const useless = [
    '',
    '!',
    '!XyZ0123456789012345678901234567890123456',
    'plain text',
    'md5$salt$900150983cd24fb0d6963f7d28e17f72',
    '$argon2id$garbage',
    '$argon2id$v=19$m=19456,t=2,p=1$AA$AA',
    '$argon2id$v=19$m=19456,t=2,p=1$AAAAA$AAAAA',
    '$argon2id$v=19$m=19456,t=0,p=1$c29tZXNhbHRzb21lc2FsdA$nAxJDE+6muBVnEq+Vap8A+vVP4K2jQuCRp982xFMT4c',
    '$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$nAxJDE+6muBVnEq+Vap8A+vVP4K2jQuCRp982xFMT4c',
    '$argon2id$v=19$m=8,t=99999999,p=1$c29tZXNhbHRzb21lc2FsdA$nAxJDE+6muBVnEq+Vap8A+vVP4K2jQuCRp982xFMT4c',
    DJANGO_PBKDF2.replace('260000', '0'),
    DJANGO_PBKDF2.replace('260000', '-1'),
    DJANGO_PBKDF2.replace('260000', '1e3'),
    DJANGO_PBKDF2.replace('260000', String(PBKDF2_ITERATIONS_MAX + 1)),
    DJANGO_PBKDF2.replace('260000', '999999999'),
    DJANGO_PBKDF2.slice(0, -2),
    'pbkdf2_sha256$260000$salt$AAAA',
  ];

  let ours: number | undefined;
  test.each(useless)('%j matches nothing, after the work of a hash of ours', async (hash) => {
    ours ??= await leastMilliseconds(() => hashPassword(PASSWORD));
    const took = await milliseconds(async () => {
      expect(await verifyPassword(PASSWORD, hash)).toEqual(NO_MATCH);
    });
    // Wide, and measured before and after: other programs run beside. Without the work it would be a thousandth.
    const again = await milliseconds(() => hashPassword(PASSWORD));
    expect(took).toBeGreaterThan(Math.min(ours, again) / 5);
  });
});

describe('time', () => {
  test('a hash that matches nothing costs what a wrong password costs', async () => {
    const hash = await hashPassword(PASSWORD);
    let [wrong, nothing] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    // One after the other: what else the machine does slows both.
    for (let round = 0; round < 5; round++) {
      wrong = Math.min(wrong, await milliseconds(async () => void (await verifyPassword('wrong password', hash))));
      nothing = Math.min(nothing, await milliseconds(async () => void (await verifyPassword('wrong password', '!'))));
    }
    expect(nothing / wrong).toBeGreaterThan(0.5);
    expect(nothing / wrong).toBeLessThan(2);
  });

  test('a password beyond the limit is refused without hashing', async () => {
    const hash = await hashPassword('ж'.repeat(PASSWORD_CHARACTERS_MAX));
    expect(await verifyPassword('ж'.repeat(PASSWORD_CHARACTERS_MAX), hash)).toEqual(MATCH);
    expect(await verifyPassword('😀'.repeat(PASSWORD_CHARACTERS_MAX), hash)).toEqual(NO_MATCH);
    const tooLong = 'ж'.repeat(PASSWORD_CHARACTERS_MAX + 1);
    const hashing = await leastMilliseconds(() => hashPassword('short'));
    for (const stored of [hash, DJANGO_PBKDF2, '!', '']) {
      expect(await verifyPassword(tooLong, stored)).toEqual(NO_MATCH);
      expect(await leastMilliseconds(() => verifyPassword(tooLong, stored))).toBeLessThan(hashing / 4);
    }
    await expect(hashPassword(tooLong)).rejects.toThrow(RangeError);
    await expect(hashPassword('')).rejects.toThrow(RangeError);
  });

  test('few hashes run at once, the others in the order they came', async () => {
    const finished: string[] = [];
    const slow = DJANGO_PBKDF2.replace('260000', '1000000');
    const fast = DJANGO_PBKDF2.replace('260000', '1');
    const run = (name: string, hash: string) => verifyPassword(PASSWORD, hash).then(() => finished.push(name));
    await Promise.all([run('slow 1', slow), run('slow 2', slow), run('fast 1', fast), run('fast 2', fast)]);
    expect(finished[0]).toStartWith('slow');
    expect(finished.indexOf('fast 1')).toBeLessThan(finished.indexOf('fast 2'));
  });

  test('a flood is refused as unavailable, and over when it is over', async () => {
    const cheap = DJANGO_PBKDF2.replace('260000', '1');
    const outcomes = await Promise.allSettled(Array.from({ length: 1000 }, () => verifyPassword(PASSWORD, cheap)));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refused.length).toBeGreaterThan(100);
    expect(refused.length).toBeLessThan(900);
    for (const error of refused) expect(error).toMatchObject({ kind: 'unavailable' });
    expect(refused[0]).toBeInstanceOf(AppError);
    expect(await verifyPassword(PASSWORD, DJANGO_PBKDF2)).toEqual(MATCH_TO_UPGRADE);
  });
});
