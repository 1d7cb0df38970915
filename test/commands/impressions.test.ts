import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { loadFixtures } from '../../src/commands/fixtures/load.ts';
import { audio } from '../../src/contents/audio.ts';
import { video } from '../../src/contents/video.ts';
import { findContent } from '../../src/store/contents.ts';
import { applyBatch } from '../../src/store/impressions.ts';
import { DUMP } from '../api/each_target.ts';
import { createInstallation, type Installation } from '../help/installation.ts';
import type { Outcome } from '../help/program.ts';

const TEST_TIMEOUT_MS = 60_000;
/** No content has it. */
const NOBODY = 987_654;

let hubs: Installation;

beforeAll(async () => {
  hubs = await createInstallation();
  await loadFixtures(hubs.database, [DUMP], { ignoreNonexistent: false, withCounters: false });
}, TEST_TIMEOUT_MS);
afterEach(async () => {
  await hubs.reset();
  const { orphan, ledger } = hubs.database.tables;
  await hubs.database.tx(async (tx) => {
    await tx.rows(sql`delete from ${orphan}`);
    await tx.rows(sql`delete from ${ledger}`);
  });
});
afterAll(() => hubs.stop());

const impressions = (...args: string[]): Promise<Outcome> => hubs.run(['impressions', ...args]);
const withoutRedis = (...args: string[]): Promise<Outcome> => hubs.run(['impressions', ...args], { REDIS_URL: '' });

/** What a command that succeeds prints, by lines. */
async function linesOf(outcome: Promise<Outcome>): Promise<string[]> {
  const { code, stdout, stderr } = await outcome;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trimEnd().split('\n');
}

/** Brings views into the database as a beat does. */
async function apply(label: string, seq: number, views: Readonly<Record<number, number>>): Promise<void> {
  const counts = new Map(Object.entries(views).map(([id, n]) => [Number(id), n]));
  const batch = { source: 'test', label, seq, batchId: crypto.randomUUID(), views: counts };
  expect(await hubs.database.tx((tx) => applyBatch(tx, batch, 1000))).toBe('applied');
}

async function counterOf(type: typeof video | typeof audio, id: number): Promise<number | undefined> {
  return (await findContent(hubs.database, type, id))?.counter;
}

describe('impressions status', () => {
  test('without Redis tells what is in the database', async () => {
    expect(await linesOf(withoutRedis('status'))).toEqual(['no Redis: one process counts by itself', 'orphans: none']);
    await apply(video.label, 1, { 1: 2, [NOBODY]: 3 });
    const [first, ledger, ...orphans] = await linesOf(withoutRedis('status'));
    expect(first).toBe('no Redis: one process counts by itself');
    expect(ledger).toMatch(
      /^pages\.videocontent: 5 view\(s\) brought into the database, last at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
    );
    expect(orphans).toEqual(['orphans: pages.videocontent, content removed: 3 view(s) of 1 content(s)']);
  });

  test('of an idle pipeline', async () => {
    expect(await linesOf(impressions('status'))).toEqual([
      `Redis ${hubs.redis.version}, appendfsync always, 0 replica(s), history not begun`,
      'queue: 0 job(s)',
      'dead jobs: 0',
      'pages.audiocontent: 0 content(s) pending, nothing sealed',
      'pages.videocontent: 0 content(s) pending, nothing sealed',
      'orphans: none',
    ]);
  });

  test('tells the queue and its age, and what is pending and sealed for each label, also for one nobody claims', async () => {
    const { redis } = hubs;
    const old = Bun.randomUUIDv7('hex', Date.now() - 90_000);
    await redis.command('RPUSH', 'views:queue', JSON.stringify({ v: 1, id: old, views: {} }), '{}');
    await redis.command('SET', 'views:source', 'the-source');
    await redis.command('SADD', 'views:labels', video.label, 'pages.quiz');
    await redis.command('HSET', `views:counter:${video.label}`, '1', '5', '2', '6');
    await redis.command('HSET', 'views:counter:pages.quiz', '9', '1');
    await redis.command('HSET', 'views:flushing', audio.label, 'b|7|1750000000000|12|3');
    await redis.command('SET', 'views:dead:total', '4');
    await redis.command('LPUSH', 'views:dead', '{}', '{}', '{}');
    const lines = await linesOf(impressions('status'));
    const age = Number(/^queue: 2 job\(s\), the oldest waits for (\d+\.\d) s$/.exec(lines[1] ?? '')?.[1]);
    expect(age).toBeGreaterThanOrEqual(90);
    expect(age).toBeLessThan(600);
    expect([lines[0]?.split(', ').at(-1), ...lines.slice(2)]).toEqual([
      'history the-source',
      'dead jobs: 3 of 4 ever',
      'pages.audiocontent: 0 content(s) pending, batch 7 of 12 content(s) sealed at 2025-06-15T15:06:40.000Z, tried 3 time(s)',
      'pages.quiz (no content type of this program): 1 content(s) pending, nothing sealed',
      'pages.videocontent: 2 content(s) pending, nothing sealed',
      'orphans: none',
    ]);
    await redis.command('LPOP', 'views:queue');
    expect((await linesOf(impressions('status')))[1]).toBe('queue: 1 job(s), the oldest waits for unknown');
  });
});

describe('impressions retry-dead', () => {
  /** A worker's entry on the dead list. */
  const dead = (job: string, cut = false) => JSON.stringify({ at: 1, reason: 'r', cut, job });

  test('puts jobs back once, oldest first, and leaves those of which only the beginning was kept', async () => {
    const { redis } = hubs;
    await redis.command('LPUSH', 'views:dead', dead('oldest'), dead('{"v":1', true), dead('youngest'));
    expect(await linesOf(impressions('retry-dead'))).toEqual([
      '2 job(s) put back into the queue',
      '1 job(s) stay: only their beginning was kept',
    ]);
    expect(await redis.command('LRANGE', 'views:queue', '0', '-1')).toEqual(['oldest', 'youngest']);
    expect(await redis.command('LRANGE', 'views:dead', '0', '-1')).toEqual([dead('{"v":1', true)]);
    expect(await linesOf(impressions('retry-dead'))).toEqual([
      '0 job(s) put back into the queue',
      '1 job(s) stay: only their beginning was kept',
    ]);
    expect(await redis.command('LLEN', 'views:queue')).toBe(2);
  });

  test('of an empty list says so', async () => {
    expect(await linesOf(impressions('retry-dead'))).toEqual(['0 job(s) put back into the queue']);
  });
});

describe('impressions discard', () => {
  test('throws away what Redis holds for a label, and nothing else', async () => {
    const { redis } = hubs;
    await redis.command('SADD', 'views:labels', video.label, 'pages.quiz');
    await redis.command('HSET', 'views:counter:pages.quiz', '1', '5', '2', '6');
    await redis.command('HSET', 'views:flush:pages.quiz', '3', '1');
    await redis.command('HSET', 'views:flushing', 'pages.quiz', 'b|7|1750000000000|1|3');
    await redis.command('HSET', `views:counter:${video.label}`, '1', '5');
    expect(await linesOf(impressions('discard', 'pages.quiz'))).toEqual([
      'discarded for pages.quiz: views of 2 content(s) pending, views of 1 content(s) sealed',
    ]);
    expect([await redis.command('KEYS', '*')].flat().map(String).sort()).toEqual([
      `views:counter:${video.label}`,
      'views:labels',
    ]);
    expect(await redis.command('SMEMBERS', 'views:labels')).toEqual([video.label]);
    expect(await linesOf(impressions('discard', 'pages.quiz'))).toEqual([
      'discarded for pages.quiz: views of 0 content(s) pending, views of 0 content(s) sealed',
    ]);
  });

  test('removes a key that is no hash, which holds up everything of its label', async () => {
    await hubs.redis.command('SET', `views:counter:${video.label}`, 'no hash');
    expect(await linesOf(impressions('discard', video.label))).toEqual([
      `discarded for ${video.label}: a key that was no hash pending, views of 0 content(s) sealed`,
    ]);
    expect(await hubs.redis.command('KEYS', '*')).toEqual([]);
  });
});

describe('impressions orphans', () => {
  test('list, apply and discard need no Redis', async () => {
    expect(await linesOf(withoutRedis('orphans', 'list'))).toEqual(['orphans: none']);
    expect(await linesOf(withoutRedis('orphans', 'apply'))).toEqual([
      '0 view(s) added to their counters',
      'orphans: none',
    ]);
    expect(await linesOf(withoutRedis('orphans', 'discard'))).toEqual(['0 view(s) discarded', 'orphans: none']);
  });

  test('are listed by label and reason, added to counters that exist, or discarded, all or those of a label', async () => {
    const { orphan } = hubs.database.tables;
    const before = { video: await counterOf(video, 1), audio: await counterOf(audio, 1) };
    const rows = [
      [video.label, '1', 5, 'rewound'],
      [video.label, String(NOBODY), 2, 'content removed'],
      [audio.label, '1', 3, 'rewound'],
      [audio.label, String(NOBODY), 4, 'content removed'],
    ] as const;
    await hubs.database.tx(async (tx) => {
      for (const [label, id, n, reason] of rows) {
        await tx.rows(sql`
          insert into ${orphan} (source, label, batch_id, id, n, reason, created_at)
          values ('s', ${label}, 'b', ${id}, ${n}, ${reason}, ${sql.param(new Date(), orphan.created_at)})`);
      }
    });
    const line = (label: string, reason: string, n: number) =>
      `orphans: ${label}, ${reason}: ${n} view(s) of 1 content(s)`;
    expect(await linesOf(impressions('orphans', 'list'))).toEqual([
      line(audio.label, 'content removed', 4),
      line(audio.label, 'rewound', 3),
      line(video.label, 'content removed', 2),
      line(video.label, 'rewound', 5),
    ]);

    expect(await linesOf(impressions('orphans', 'apply', video.label))).toEqual([
      '5 view(s) added to their counters',
      line(audio.label, 'content removed', 4),
      line(audio.label, 'rewound', 3),
      line(video.label, 'content removed', 2),
    ]);
    expect(await counterOf(video, 1)).toBe((before.video ?? 0) + 5);
    expect(await counterOf(audio, 1)).toBe(before.audio);

    expect((await linesOf(impressions('orphans', 'apply')))[0]).toBe('3 view(s) added to their counters');
    expect((await linesOf(impressions('orphans', 'apply')))[0]).toBe('0 view(s) added to their counters');
    expect(await counterOf(video, 1)).toBe((before.video ?? 0) + 5);
    expect(await counterOf(audio, 1)).toBe((before.audio ?? 0) + 3);

    expect(await linesOf(impressions('orphans', 'discard', audio.label))).toEqual([
      '4 view(s) discarded',
      line(video.label, 'content removed', 2),
    ]);
    expect(await linesOf(impressions('orphans', 'discard'))).toEqual(['2 view(s) discarded', 'orphans: none']);
  });
});

describe('impressions', () => {
  const USAGE = 'status | retry-dead | discard LABEL | orphans list|apply|discard [LABEL]';

  test.each([
    [[], `impressions: expected ${USAGE}`],
    [['stats'], `impressions: expected ${USAGE}`],
    [['status', 'all'], `impressions: expected ${USAGE}`],
    [['retry-dead', 'pages.quiz'], `impressions: expected ${USAGE}`],
    [['discard'], `impressions: expected ${USAGE}`],
    [['discard', 'pages.quiz', 'pages.exam'], `impressions: expected ${USAGE}`],
    [['orphans'], `impressions: expected ${USAGE}`],
    [['orphans', 'remove'], `impressions: expected ${USAGE}`],
    [['orphans', 'list', 'pages.quiz'], `impressions: expected ${USAGE}`],
    [['orphans', 'apply', 'pages.quiz', 'pages.exam'], 'impressions: unexpected "pages.exam"'],
    [['status', '--all'], 'unknown option --all'],
  ])('%j is wrong usage', async (args, sentence) => {
    const { code, stdout, stderr } = await impressions(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toStartWith(`contenthub: ${sentence}`);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test.each([[['retry-dead']], [['discard', 'pages.quiz']]])('%j without a Redis has nothing to do', async (args) => {
    const { code, stdout, stderr } = await withoutRedis(...args);
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: 'contenthub: there is no Redis here (REDIS_URL): one process counts by itself\n',
    });
  });

  test(
    'ends with 1 and names the Redis that is away, without its password',
    async () => {
      await hubs.redis.kill('SIGKILL');
      const url = hubs.redis.url.replace('redis://', 'redis://user:hunter2@');
      const outcomes = await Promise.all(
        [['status'], ['retry-dead'], ['discard', 'pages.quiz']].map((args) =>
          hubs.run(['impressions', ...args], { REDIS_URL: url }),
        ),
      );
      for (const { code, stdout, stderr } of outcomes) {
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
        expect(stderr).toContain(`contenthub: Redis at ${hubs.redis.url} is not available: `);
        expect(stderr).not.toContain('hunter2');
      }
      expect((await impressions('orphans', 'list')).code).toBe(0);
    },
    TEST_TIMEOUT_MS,
  );
});
