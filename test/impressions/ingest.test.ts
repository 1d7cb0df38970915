/** Taking jobs from the queue and adding them to the counters (`ingest.lua`), on a real Redis. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { INTEGER_MAX } from '../../src/contents/content.ts';
import { retryDeadJobs } from '../../src/impressions/dead.ts';
import { type Ingested, ingest } from '../../src/impressions/ingest.ts';
import { createJobs, JOB_BYTES_MAX, JOB_PAIRS_MAX, PAIR_VIEWS_MAX } from '../../src/impressions/job.ts';
import type { RedisConnection } from '../../src/impressions/redis.ts';
import { randomOf } from '../help/random.ts';
import { startRedis, type TestRedis } from '../help/redis.ts';
import { connect, createKeptLog, jobOf, keys, readHash, readKeys, readList } from './pipeline.ts';

const VIDEO = 'pages.videocontent';
const AUDIO = 'pages.audiocontent';
const TTL = 3600;
const ID_MAX = '9223372036854775807';

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

const run = (ttl = TTL) => ingest(connection.node(), keys, ttl);
const push = (...jobs: string[]) => redis.command('RPUSH', keys.queue, ...jobs);
const counters = (label = VIDEO) => readHash(redis, keys.counterPrefix + label);

/** Runs until a run takes nothing. @returns all runs together */
async function drain(): Promise<Omit<Ingested, 'stopped'>> {
  const sum = { taken: 0, counted: 0, duplicate: 0, dead: 0, views: 0 };
  for (;;) {
    const { stopped, ...result } = await run();
    expect(stopped).toBe('');
    if (result.taken === 0) return sum;
    for (const name of ['taken', 'counted', 'duplicate', 'dead', 'views'] as const) sum[name] += result[name];
  }
}

function range(first: number, size: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: size }, (_, place) => [String(first + place), 1]));
}

describe('a job', () => {
  test('is added to the counters of all its labels, and leaves its id and nothing else', async () => {
    const id = Bun.randomUUIDv7();
    await push(jobOf({ [VIDEO]: { 42: 3, 7: 1 }, [AUDIO]: { 5: 3 } }, id), jobOf({ [VIDEO]: { 42: 2 } }, 'plain-id'));
    expect(await run()).toEqual({ taken: 2, counted: 2, duplicate: 0, dead: 0, views: 9, stopped: '' });
    expect(await counters()).toEqual({ 42: '5', 7: '1' });
    expect(await counters(AUDIO)).toEqual({ 5: '3' });
    expect(await readList(redis, keys.labels)).toEqual([AUDIO, VIDEO]);
    expect(await readKeys(redis)).toEqual(
      [
        keys.counterPrefix + VIDEO,
        keys.counterPrefix + AUDIO,
        keys.labels,
        keys.progress,
        keys.dedupPrefix + id,
        `${keys.dedupPrefix}plain-id`,
      ].sort(),
    );
    expect(await run()).toEqual({ taken: 0, counted: 0, duplicate: 0, dead: 0, views: 0, stopped: '' });
  });

  test('is remembered for as long as it is told, and what waits for ever has no end', async () => {
    for (const ttl of [600, 7 * 24 * 3600]) {
      const id = Bun.randomUUIDv7();
      await push(jobOf({ [VIDEO]: { 1: 1 } }, id));
      await run(ttl);
      const left = Number(await redis.command('TTL', keys.dedupPrefix + id));
      expect(left).toBeGreaterThan(ttl - 60);
      expect(left).toBeLessThanOrEqual(ttl);
      expect(await redis.command('TTL', keys.counterPrefix + VIDEO)).toBe(-1);
    }
  });

  test('that is delivered 1,000 times counts once, whoever takes it', async () => {
    const job = jobOf({ [VIDEO]: { 1: 7 }, [AUDIO]: { 1: 2 } });
    await push(...Array.from({ length: 1000 }, () => job));
    const others = [await connect(redis, createKeptLog()), await connect(redis, createKeptLog())];
    const runs: Ingested[] = [];
    while (Number(await redis.command('LLEN', keys.queue)) > 0) {
      runs.push(...(await Promise.all([run(), ...others.map((other) => ingest(other.node(), keys, TTL))])));
    }
    for (const other of others) other.close();
    const sum = (name: 'taken' | 'counted' | 'duplicate' | 'views') =>
      runs.reduce((total, one) => total + one[name], 0);
    expect([sum('taken'), sum('counted'), sum('duplicate'), sum('views')]).toEqual([1000, 1, 999, 9]);
    expect([await counters(), await counters(AUDIO)]).toEqual([{ 1: '7' }, { 1: '2' }]);
  });

  test('of a label that no content type claims here counts: a newer program may', async () => {
    const longest = `a.${'b'.repeat(98)}`;
    await push(jobOf({ 'shop.article_2': { 1: 1 }, [longest]: { 1: 2 } }));
    expect(await run()).toMatchObject({ counted: 1, views: 3 });
    expect(await counters(longest)).toEqual({ 1: '2' });
    expect(await readList(redis, keys.labels)).toEqual([longest, 'shop.article_2']);
  });

  test('may hold the largest id, the largest number of views, and fill a counter to 2^53−1', async () => {
    await redis.command('HSET', keys.counterPrefix + VIDEO, '2', String(INTEGER_MAX - PAIR_VIEWS_MAX));
    await push(jobOf({ [VIDEO]: { [ID_MAX]: 1, 2: PAIR_VIEWS_MAX } }));
    expect(await run()).toMatchObject({ counted: 1 });
    expect(await counters()).toEqual({ [ID_MAX]: '1', 2: String(INTEGER_MAX) });
  });

  test('is counted at maxmemory, too, where Redis takes no more of them', async () => {
    await push(jobOf({ [VIDEO]: { 1: 1 } }), '{', jobOf({ [VIDEO]: { 2: 1 } }));
    await redis.command('SCRIPT', 'FLUSH');
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    await expect(push(jobOf({ [VIDEO]: { 1: 1 } }))).rejects.toThrow('OOM');
    expect(await run()).toMatchObject({ taken: 3, counted: 2, dead: 1 });
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    expect(await counters()).toEqual({ 1: '1', 2: '1' });
  });
});

describe('one run', () => {
  test('takes up to 200 jobs', async () => {
    await push(...Array.from({ length: 450 }, (_, n) => jobOf({ [VIDEO]: { [n + 1]: 1 } })));
    const taken = [await run(), await run(), await run(), await run()].map((one) => one.taken);
    expect(taken).toEqual([200, 200, 50, 0]);
    expect(Object.values(await counters())).toEqual(Array.from({ length: 450 }, () => '1'));
  });

  test('takes no further job once it has taken 5,000 pairs', async () => {
    await push(...Array.from({ length: 12 }, (_, n) => jobOf({ [VIDEO]: range(1000 * n + 1, 999) })));
    expect([await run(), await run(), await run()].map((one) => one.taken)).toEqual([6, 6, 0]);
    await push(...Array.from({ length: 6 }, (_, n) => jobOf({ [AUDIO]: range(1000 * n + 1, 1000) })));
    expect([await run(), await run()].map((one) => one.taken)).toEqual([5, 1]);
    expect(Object.keys(await counters())).toHaveLength(12 * 999);
    expect(Object.keys(await counters(AUDIO))).toHaveLength(6000);
  });
});

describe('after a time without any worker, as long as ids are remembered', () => {
  const DOUBT = 'may have been counted: no worker ran for as long as ids are remembered';
  /** The script takes a gap for too long this much earlier. */
  const MARGIN_MS = 120_000;

  /** A job's id (UUID of version 7) from a moment. */
  function idAt(ms: number): string {
    const hex = ms.toString(16).padStart(12, '0');
    return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${crypto.randomUUID().slice(-12)}`;
  }
  /** Makes the last run so long ago. @returns the moment of its youngest job */
  async function age(ms: number): Promise<number> {
    const { at, youngest } = await readHash(redis, keys.progress);
    await redis.command('HSET', keys.progress, 'at', String(Number(at) - ms));
    return Number(youngest);
  }
  async function start(): Promise<string> {
    const first = jobOf({ [VIDEO]: { 1: 1 } }, idAt(Date.now() - 1000));
    await push(first);
    expect(await run()).toMatchObject({ counted: 1 });
    return first;
  }
  const reasons = async () => (await readList(redis, keys.dead)).map((text) => JSON.parse(text).reason);

  test('a job no younger than the youngest that was taken is in doubt; younger ones count', async () => {
    const first = await start();
    const youngest = await age(TTL * 1000 - MARGIN_MS + 1000);
    await redis.command('DEL', keys.dedupPrefix + JSON.parse(first).id);
    await push(first, jobOf({ [VIDEO]: { 2: 1 } }, idAt(youngest - 5000)));
    await push(jobOf({ [VIDEO]: { 3: 1 } }, idAt(youngest + 1)), jobOf({ [VIDEO]: { 4: 1 } }, 'of-no-time'));
    expect(await run()).toMatchObject({ taken: 4, counted: 2, dead: 2, views: 2 });
    expect(await reasons()).toEqual([DOUBT, DOUBT]);
    expect(await counters()).toEqual({ 1: '1', 3: '1', 4: '1' });
    // Also in a later run.
    await push(jobOf({ [VIDEO]: { 2: 1 } }, idAt(youngest)));
    expect(await run()).toMatchObject({ counted: 0, dead: 1 });
  });

  test('what is in doubt counts once when someone puts it back, however long after', async () => {
    await start();
    const youngest = await age(TTL * 1000);
    const doubted = jobOf({ [VIDEO]: { 2: 1 } }, idAt(youngest));
    await push(doubted, doubted, jobOf({ [AUDIO]: { 5: 2 } }, idAt(youngest - 1)));
    expect(await run()).toMatchObject({ dead: 3 });
    await age(TTL * 1000);
    expect(await retryDeadJobs(connection.node(), keys)).toEqual({ retried: 3, kept: 0 });
    expect(await run()).toMatchObject({ taken: 3, counted: 2, duplicate: 1, dead: 0 });
    expect([await counters(), await counters(AUDIO)]).toEqual([{ 1: '1', 2: '1' }, { 5: '2' }]);
  });

  test('a job that is remembered nevertheless is a duplicate', async () => {
    const first = await start();
    await age(TTL * 1000);
    await push(first);
    expect(await run()).toMatchObject({ taken: 1, duplicate: 1, dead: 0 });
  });

  test('and a shorter time leaves no doubt', async () => {
    await start();
    const youngest = await age(TTL * 1000 - MARGIN_MS - 60_000);
    await push(jobOf({ [VIDEO]: { 2: 1 } }, idAt(youngest - 5000)));
    expect(await run()).toMatchObject({ counted: 1, dead: 0 });
  });

  test('ids from the future leave those of the present without doubt', async () => {
    await push(jobOf({ [VIDEO]: { 1: 1 } }, idAt(Date.now() + 1_000_000_000)));
    await run();
    const youngest = await age(TTL * 1000);
    expect(youngest).toBeLessThan(Date.now() + 60_000);
    await push(jobOf({ [VIDEO]: { 2: 1 } }, idAt(youngest + 1)));
    expect(await run()).toMatchObject({ counted: 1, dead: 0 });
  });
});

describe('jobs as they are made of gathered views', () => {
  /** Gathers `times` of each id, pushes the jobs, takes them all. @returns the jobs */
  async function count(views: ReadonlyMap<string, ReadonlyMap<number, number>>) {
    await redis.command('FLUSHALL');
    const jobs = createJobs(views);
    let total = 0;
    for (const counts of views.values()) for (const n of counts.values()) total += n;
    for (let start = 0; start < jobs.length; start += 100) {
      await push(...jobs.slice(start, start + 100).map(({ text }) => text));
    }
    expect(await drain()).toEqual({ taken: jobs.length, counted: jobs.length, duplicate: 0, dead: 0, views: total });
    for (const [label, counts] of views) {
      const expected = Object.fromEntries([...counts].map(([id, n]) => [String(id), String(n)]));
      expect(await counters(label)).toEqual(expected);
    }
    for (const { text, bytes } of jobs) expect([text.length, bytes <= JOB_BYTES_MAX]).toEqual([bytes, true]);
    expect(jobs.reduce((sum, job) => sum + job.views, 0)).toBe(total);
    return jobs;
  }

  test('are accepted at each of their limits', async () => {
    const ids = (size: number) => new Map(Array.from({ length: size }, (_, n) => [INTEGER_MAX - n, PAIR_VIEWS_MAX]));
    expect(await count(new Map([[VIDEO, ids(JOB_PAIRS_MAX)]]))).toHaveLength(1);
    expect(await count(new Map([[VIDEO, ids(JOB_PAIRS_MAX + 1)]]))).toHaveLength(2);
    expect(await count(new Map([[VIDEO, new Map([[1, 3 * PAIR_VIEWS_MAX + 1]])]]))).toHaveLength(4);
    const wide = new Map(Array.from({ length: 700 }, (_, n) => [`a.${String(n).padStart(98, 'b')}`, ids(1)]));
    const jobs = await count(wide);
    expect(jobs).toHaveLength(2);
    expect(jobs[0]?.bytes).toBeGreaterThan(JOB_BYTES_MAX - 1000);
  });

  test('hold what was gathered, whatever it was', async () => {
    const seed = Number(process.env.TEST_SEED) || Math.floor(Math.random() * 2 ** 31);
    process.stderr.write(`TEST_SEED=${seed}\n`);
    const random = randomOf(seed);
    const below = (max: number) => Math.floor(random() * max);
    for (let round = 0; round < 40; round++) {
      const views = new Map<string, Map<number, number>>();
      for (let labels = 1 + below(4); labels > 0; labels--) {
        const counts = new Map<number, number>();
        for (let ids = 1 + below(round % 5 === 0 ? 2500 : 40); ids > 0; ids--) {
          const id = 1 + (random() < 0.2 ? below(INTEGER_MAX) : below(3000));
          counts.set(id, 1 + (random() < 0.02 ? below(4 * PAIR_VIEWS_MAX) : below(50)));
        }
        views.set(`pages.type_${below(1000)}${'x'.repeat(below(80))}`, counts);
      }
      await count(views);
    }
  });
});

describe('a worker whose user may not run a command', () => {
  test.each(['hset', 'sadd'])('%s takes nothing, and loses nothing once it may', async (command) => {
    await redis.command('ACL', 'SETUSER', 'worker', 'on', '>secret', '~*', '&*', '+@all', `-${command}`);
    const limited = await connect(redis.url.replace('//', '//worker:secret@'), createKeptLog());
    await push(jobOf({ [VIDEO]: { 42: 3 } }));
    const refused = await ingest(limited.node(), keys, TTL).catch((error: Error) => ({ stopped: error.message }));
    expect(refused.stopped).toMatch(/can't run this command|no permissions/i);
    expect(await counters()).toEqual({});
    limited.close();
    expect(await run()).toMatchObject({ counted: 1, duplicate: 0, views: 3 });
    expect(await counters()).toEqual({ 42: '3' });
  });
});
