/** Jobs that cannot be counted, and a Redis whose keys are not what they should be: nothing lost, nothing half-counted. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { INTEGER_MAX } from '../../src/contents/content.ts';
import { removeOldDeadJobs, retryDeadJobs } from '../../src/impressions/dead.ts';
import { ingest } from '../../src/impressions/ingest.ts';
import type { RedisConnection } from '../../src/impressions/redis.ts';
import { startRedis, type TestRedis } from '../help/redis.ts';
import { connect, createKeptLog, jobOf, keys, readHash, readList } from './pipeline.ts';

const VIDEO = 'pages.videocontent';
const AUDIO = 'pages.audiocontent';
const TTL = 3600;
const ID = '01980000-0000-7000-8000-000000000001';
const KEPT_BYTES = 1024;
const MB = 1024 * 1024;

let redis: TestRedis;
let connection: RedisConnection;

beforeAll(async () => {
  redis = await startRedis();
  connection = await connect(redis, createKeptLog(), 20_000);
});
afterAll(async () => {
  connection.close();
  await redis.stop();
});
beforeEach(async () => {
  await redis.command('FLUSHALL');
});

const run = () => ingest(connection.node(), keys, TTL);
const push = (...jobs: string[]) => redis.command('RPUSH', keys.queue, ...jobs);
const counters = (label = VIDEO) => readHash(redis, keys.counterPrefix + label);
const good = (n = 1) => jobOf({ [VIDEO]: { 1: n } });

/** The dead list, newest first. */
async function readDead(): Promise<{ at: number; reason: string; cut: boolean; job: string }[]> {
  return (await readList(redis, keys.dead)).map((text) => JSON.parse(text));
}

/** A job whose views are this text. */
const withViews = (views: string) => `{"v":1,"id":"${ID}","views":${views}}`;
const withIds = (ids: string) => withViews(`{"${VIDEO}":${ids}}`);
const withPair = (id: string, n = '1') => withIds(`{"5":1,"${id}":${n}}`);
const manyIds = (size: number) => `{${Array.from({ length: size }, (_, n) => `"${n + 1}":1`).join(',')}}`;

const WRONG_ID = 'an id is not a whole number from 1 to 2^63-1';
const WRONG_NUMBER = 'a number of views is not from 1 to 1000000';
const NO_OBJECT = 'no JSON object';
const NO_VERSION = 'a version of the format this worker does not know';
const NO_ID = 'no usable job id';

describe('a job that cannot be counted goes to the dead list with the reason, and its neighbours count', () => {
  test.each([
    ['half a job', `{"v":1,"id":"${ID}","views":{"${VIDEO}"`, NO_OBJECT],
    ['nothing', '', NO_OBJECT],
    ['a text', '"text"', NO_OBJECT],
    ['a number', '42', NO_OBJECT],
    ['null', 'null', NO_OBJECT],
    ['bytes that are no text', '\u0000\u0001{', NO_OBJECT],
    ['nested too deep', withViews('['.repeat(20_000) + ']'.repeat(20_000)), NO_OBJECT],
    ['an array', `[1,"${ID}"]`, NO_VERSION],
    ['without a version', `{"id":"${ID}","views":{"${VIDEO}":{"1":1}}}`, NO_VERSION],
    ['of the next version', `{"v":2,"id":"${ID}","views":{"${VIDEO}":{"1":1}}}`, NO_VERSION],
    ['of a version that is a text', `{"v":"1","id":"${ID}","views":{"${VIDEO}":{"1":1}}}`, NO_VERSION],
    ['without an id', `{"v":1,"views":{"${VIDEO}":{"1":1}}}`, NO_ID],
    ['with an empty id', `{"v":1,"id":"","views":{"${VIDEO}":{"1":1}}}`, NO_ID],
    ['with a number for an id', `{"v":1,"id":7,"views":{"${VIDEO}":{"1":1}}}`, NO_ID],
    ['with an id of other characters', `{"v":1,"id":"a:b","views":{"${VIDEO}":{"1":1}}}`, NO_ID],
    ['with a long id', `{"v":1,"id":"${'a'.repeat(65)}","views":{"${VIDEO}":{"1":1}}}`, NO_ID],
    ['without views', `{"v":1,"id":"${ID}"}`, 'no views'],
    ['of no views', withViews('{}'), 'no views'],
    ['with a list for views', withViews('[]'), 'no views'],
    ['with a list of views', withViews('[{"5":1}]'), 'a malformed label'],
    ['with a number for views', withViews('3'), 'no views'],
    ['with a label without a dot', withViews('{"video":{"5":1}}'), 'a malformed label'],
    ['with a label in capitals', withViews('{"Pages.video":{"5":1}}'), 'a malformed label'],
    ['with an empty label', withViews('{"":{"5":1}}'), 'a malformed label'],
    ['with a label of two lines', withViews('{"pages.video\\n":{"5":1}}'), 'a malformed label'],
    ['with a label of 101 bytes', withViews(`{"a.${'b'.repeat(99)}":{"5":1}}`), 'a malformed label'],
    ['with a label of 10 KB', withViews(`{"a.${'b'.repeat(10_000)}":{"5":1}}`), 'a malformed label'],
    ['with a label without views', withIds('{}'), 'a label without views'],
    ['with a label of null', withIds('null'), 'views of a label are no object'],
    ['with a label of a number', withIds('3'), 'views of a label are no object'],
    ['with a list of ids', withIds('[1,2]'), WRONG_ID],
    ...['1e3', ' 1', '1 ', '01', '-1', '0', '+1', '1.0', '', 'a', '0x1', '9223372036854775808', '1'.repeat(20)].map(
      (id) => [`with the id "${id}"`, withPair(id), WRONG_ID],
    ),
    ...['0', '-1', '1.5', '1e7', '1000001', '"3"', 'null', 'true', '{}', '1e999', 'NaN'].map((n) => [
      `with ${n} views`,
      withPair('6', n),
      WRONG_NUMBER,
    ]),
    ['with a good label and a bad one', withViews(`{"${VIDEO}":{"5":1},"${AUDIO}":{"0":1}}`), WRONG_ID],
  ])('%s', async (_name, text = '', reason = '') => {
    await push(good(), text, good());
    expect(await run()).toEqual({ taken: 3, counted: 2, duplicate: 0, dead: 1, views: 2, stopped: '' });
    expect([await counters(), await counters(AUDIO)]).toEqual([{ 1: '2' }, {}]);
    const [entry, ...others] = await readDead();
    expect([entry?.reason, entry?.job, entry?.cut, others]).toEqual([reason, text, false, []]);
    expect(Math.abs(Date.now() - (entry?.at ?? 0))).toBeLessThan(60_000);
    expect(await redis.command('EXISTS', keys.dedupPrefix + ID)).toBe(0);
    expect(await redis.command('GET', keys.deadTotal)).toBe('1');
    // Its id is free: mended, the job counts.
    await push(jobOf({ [VIDEO]: { 9: 1 } }, ID));
    expect(await run()).toMatchObject({ counted: 1 });
  });

  test.each([
    ['of 10 MB', withViews(`{"${VIDEO}":{"5":1},"x":"${'x'.repeat(10 * MB)}"}`)],
    ['of a million ids', withIds(manyIds(1_000_000))],
    ['one byte too large', `${withIds('{"5":1}')}${' '.repeat(64 * 1024)}`.slice(0, 64 * 1024 + 1)],
  ])('%s, of which the beginning is kept and no retry is possible', async (_name, text) => {
    await push(good(), text, good());
    expect(await run()).toMatchObject({ taken: 3, counted: 2, dead: 1, views: 2 });
    const before = await readDead();
    expect(before).toMatchObject([{ cut: true, job: text.slice(0, KEPT_BYTES), reason: 'larger than 65536 bytes' }]);
    expect(await retryDeadJobs(connection.node(), keys)).toEqual({ retried: 0, kept: 1 });
    expect([await readDead(), await redis.command('LLEN', keys.queue)]).toEqual([before, 0]);
  });

  test('exactly as large as may be: it counts', async () => {
    await push(withIds('{"5":1}').padEnd(64 * 1024));
    expect(await run()).toMatchObject({ counted: 1, dead: 0 });
  });
});

describe('the dead list', () => {
  test('keeps the newest 10,000; the total counts them all', async () => {
    for (let start = 0; start < 10_300; start += 1000) {
      const size = Math.min(1000, 10_300 - start);
      await push(...Array.from({ length: size }, (_, n) => `poison ${start + n}`));
    }
    while ((await run()).taken > 0);
    const dead = await readDead();
    expect([dead.length, dead[0]?.job, dead.at(-1)?.job]).toEqual([10_000, 'poison 10299', 'poison 300']);
    expect(await redis.command('GET', keys.deadTotal)).toBe('10300');
  });

  test('put back: jobs that can be counted by now count, the others die again', async () => {
    await redis.command('SET', keys.counterPrefix + AUDIO, 'no hash');
    await push(...Array.from({ length: 250 }, (_, n) => jobOf({ [AUDIO]: { [n + 1]: 1 } })), 'poison');
    while ((await run()).taken > 0);
    await redis.command('DEL', keys.counterPrefix + AUDIO);
    expect(await retryDeadJobs(connection.node(), keys)).toEqual({ retried: 251, kept: 0 });
    expect(await readDead()).toEqual([]);
    while ((await run()).taken > 0);
    expect(Object.values(await counters(AUDIO))).toEqual(Array.from({ length: 250 }, () => '1'));
    expect(await readDead()).toMatchObject([{ job: 'poison' }]);
    expect(await retryDeadJobs(connection.node(), keys)).toEqual({ retried: 1, kept: 0 });
  });

  test('loses what is older than a moment, and what nobody can read', async () => {
    await push('old 1', 'old 2');
    await run();
    const [newest] = await readDead();
    await Bun.sleep(5);
    await push('young');
    await run();
    await redis.command('RPUSH', keys.dead, 'no entry at all');
    expect(await removeOldDeadJobs(connection.node(), keys, (newest?.at ?? 0) + 1)).toBe(3);
    expect(await readDead()).toMatchObject([{ job: 'young' }]);
  });
});

describe('a key that is not what it should be', () => {
  const fill = (...values: string[]) => redis.command('HSET', keys.counterPrefix + AUDIO, ...values);

  test.each<[string, () => Promise<unknown>, string]>([
    [
      'is a list instead of counters',
      () => redis.command('RPUSH', keys.counterPrefix + AUDIO, 'x'),
      `the counters of ${AUDIO} are not a hash`,
    ],
    ['has a counter that is a word', () => fill('8', 'many'), 'counter 8 is full or no number'],
    ['has a counter that is empty', () => fill('8', ''), 'counter 8 is full or no number'],
    ['has a counter with a point', () => fill('8', '1.5'), 'counter 8 is full or no number'],
    ['has a counter below zero', () => fill('8', '-7'), 'counter 8 is full or no number'],
    ['has a counter that is full', () => fill('8', String(INTEGER_MAX)), 'counter 8 is full or no number'],
    ['has a counter that is nearly full', () => fill('8', String(INTEGER_MAX - 1)), 'counter 8 is full or no number'],
    ['has a counter beyond 2^63', () => fill('8', '9'.repeat(30)), 'counter 8 is full or no number'],
  ])(
    '%s: a job with views of it counts for none of its labels, and the next one counts',
    async (_name, spoil, reason) => {
      await spoil();
      const broken = jobOf({ [VIDEO]: { 1: 1, 2: 1 }, [AUDIO]: { 7: 1, 8: 2, 9: 1 } }, ID);
      const before = await redis.command('DUMP', keys.counterPrefix + AUDIO);
      await push(good(), broken, good());
      expect(await run()).toMatchObject({ taken: 3, counted: 2, dead: 1, views: 2, stopped: '' });
      expect(await readDead()).toMatchObject([{ reason, job: broken, cut: false }]);
      expect(await counters()).toEqual({ 1: '2' });
      expect(await redis.command('DUMP', keys.counterPrefix + AUDIO)).toEqual(before);
      expect(await redis.command('EXISTS', keys.dedupPrefix + ID)).toBe(0);

      await redis.command('DEL', keys.counterPrefix + AUDIO);
      await retryDeadJobs(connection.node(), keys);
      expect(await run()).toMatchObject({ counted: 1, views: 6 });
      expect([await counters(), await counters(AUDIO)]).toEqual([
        { 1: '3', 2: '1' },
        { 7: '1', 8: '2', 9: '1' },
      ]);
    },
  );

  const kept = [
    ['the dead list', keys.dead, ['SET', keys.dead, 'x'], 3],
    ['the dead list', keys.dead, ['HSET', keys.dead, 'x', 'y'], 3],
    ['the total of dead jobs', keys.deadTotal, ['RPUSH', keys.deadTotal, 'x'], 3],
    ['the total of dead jobs', keys.deadTotal, ['SET', keys.deadTotal, 'many'], 3],
    ['the total of dead jobs', keys.deadTotal, ['SET', keys.deadTotal, '9223372036854775807'], 3],
    ['the set of labels', keys.labels, ['SET', keys.labels, 'x'], 0],
    ['the progress', keys.progress, ['SADD', keys.progress, 'x'], 0],
  ] as const;
  test.each(kept)(
    '%s (%s, %j): jobs wait, those before it count once, and all count after it is mended',
    async (...row) => {
      const [, key, spoil, before] = row;
      await redis.command(...spoil);
      await push(good(), good(), good(), 'poison', good(), good());
      for (let times = 0; times < 3; times++) {
        const { taken, counted, stopped } = await run();
        expect([taken, counted]).toEqual(times === 0 ? [before, before] : [0, 0]);
        expect(stopped).toContain(key === keys.deadTotal ? keys.dead : key);
        expect(await counters()).toEqual(before === 0 ? {} : { 1: String(before) });
        expect(await redis.command('LLEN', keys.queue)).toBe(6 - before);
      }
      await redis.command('DEL', key);
      expect(await run()).toMatchObject({ taken: 6 - before, counted: 5 - before, dead: 1, stopped: '' });
      expect(await counters()).toEqual({ 1: '5' });
      expect(await readDead()).toMatchObject([{ job: 'poison' }]);
      expect(await readList(redis, keys.labels)).toEqual([VIDEO]);
      expect(await redis.command('GET', keys.deadTotal)).toBe('1');
    },
  );

  test('the queue itself is no list: a run fails and changes nothing', async () => {
    await redis.command('SET', keys.queue, 'x');
    await expect(run()).rejects.toThrow('WRONGTYPE');
    expect(await redis.command('DBSIZE')).toBe(1);
  });
});
