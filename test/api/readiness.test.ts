/** What /readyz tells of counting through Redis: by the built executable in each of its roles, and of states that take long to come. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { loadFixtures } from '../../src/commands/fixtures/load.ts';
import { reachNothing } from '../../src/failpoints.ts';
import { createFlush, type FlushState } from '../../src/impressions/flush.ts';
import { createLog } from '../../src/log.ts';
import { createDurations } from '../../src/metrics.ts';
import { createReadiness, type Probed, type Roles, type WorkerNumbers } from '../../src/web/readiness.ts';
import { createTestDatabase, type TestDatabase } from '../help/databases.ts';
import { eventually } from '../help/eventually.ts';
import { createInstallation, type Installation } from '../help/installation.ts';
import type { RunningProgram } from '../help/program.ts';
import { connect, keys } from '../impressions/pipeline.ts';
import { DUMP } from './each_target.ts';

const WAIT_MS_MAX = 15_000;
const TEST_TIMEOUT_MS = 60_000;
const PAGE = '/api/v1/pages/1/';
const LONG_AGO_MS = 60_000;

const EVERYWHERE = ['ok   process: serving', 'ok   database: up', 'ok   migrations: current', 'ok   orphans: none'];
const PIPELINE = ['ok   redis: up', 'ok   queue: current', 'ok   sealed batches: current', 'ok   dead jobs: none'];
const OWN = {
  '--web': ['ok   counting: current'],
  '--worker': ['ok   worker: current'],
  '--beat': ['ok   gate: open', 'ok   flush: current'],
} as const;

describe('/readyz', () => {
  let hubs: Installation;
  beforeAll(async () => {
    hubs = await createInstallation();
    await loadFixtures(hubs.database, [DUMP], { ignoreNonexistent: false, withCounters: false });
  }, TEST_TIMEOUT_MS);
  afterEach(() => hubs.reset());
  afterAll(() => hubs.stop());

  async function ask({ url }: RunningProgram): Promise<{ status: number; lines: string[] }> {
    const answer = await fetch(`${url}/readyz`);
    return { status: answer.status, lines: (await answer.text()).trimEnd().split('\n') };
  }

  /** Waits until these lines are among the answer's. */
  async function says(program: RunningProgram, status: number, ...lines: string[]): Promise<void> {
    await eventually(async () => {
      const answer = await ask(program);
      expect(answer.lines).toEqual(expect.arrayContaining(lines));
      expect(answer.status).toBe(status);
    }, WAIT_MS_MAX);
  }

  test.each([
    [[], [...OWN['--web'], ...OWN['--worker'], ...OWN['--beat']]],
    [['--web'], OWN['--web']],
    [['--worker'], OWN['--worker']],
    [['--beat'], OWN['--beat']],
    [
      ['--worker', '--beat'],
      [...OWN['--worker'], ...OWN['--beat']],
    ],
  ] as const)('of %j has a line for each check', async (args, own) => {
    const program = await hubs.start(...args);
    expect(await ask(program)).toEqual({ status: 200, lines: [...EVERYWHERE, ...PIPELINE, ...own] });
  });

  test(
    'while Redis is away: what serves pages is ready with a warning, a worker or beat is not',
    async () => {
      const [web, all, worker, beat] = await Promise.all([
        hubs.start('--web'),
        hubs.start(),
        hubs.start('--worker'),
        hubs.start('--beat'),
      ]);
      await hubs.redis.kill('SIGKILL');
      expect((await fetch(web.url + PAGE)).status).toBe(200);
      await says(web, 200, 'warn redis: down', 'warn counting: views wait for Redis');
      await says(all, 200, 'warn redis: down', 'warn worker: jobs wait');
      await says(worker, 503, 'FAIL redis: down', 'FAIL worker: jobs wait');
      await says(beat, 503, 'FAIL redis: down');
      expect((await ask(web)).lines).toHaveLength(EVERYWHERE.length + 2);

      await hubs.redis.start();
      await says(web, 200, 'ok   redis: up', 'ok   counting: current');
      await says(all, 200, 'ok   redis: up', 'ok   worker: current');
      await says(worker, 200, 'ok   redis: up', 'ok   worker: current');
      await says(beat, 200, 'ok   redis: up', 'ok   flush: current');
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'while Redis says nothing is answered all the same',
    async () => {
      const [web, worker] = await Promise.all([hubs.start('--web'), hubs.start('--worker')]);
      await hubs.redis.pause();
      await says(web, 200, 'warn redis: down');
      await says(worker, 503, 'FAIL redis: down');
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'tells a Redis that may forget, and one that is unfit',
    async () => {
      const [web, beat] = await Promise.all([hubs.start('--web'), hubs.start('--beat')]);
      await hubs.redis.command('CONFIG', 'SET', 'appendonly', 'no');
      await says(web, 200, 'warn redis: up, and may forget');
      await says(beat, 200, 'warn redis: up, and may forget');
      await hubs.redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
      await says(web, 200, 'warn redis: unfit for counting');
      await says(beat, 503, 'FAIL redis: unfit for counting');
      await hubs.redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
      await hubs.redis.command('CONFIG', 'SET', 'appendonly', 'yes');
      await says(web, 200, 'ok   redis: up');
    },
    TEST_TIMEOUT_MS,
  );

  test('warns of what lies in Redis for too long, or cannot be counted', async () => {
    const web = await hubs.start('--web');
    const time = (Date.now() - LONG_AGO_MS).toString(16).padStart(12, '0');
    const id = `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
    await hubs.redis.command('RPUSH', 'views:queue', JSON.stringify({ v: 1, id, views: {} }));
    await says(web, 200, 'warn queue: late', 'ok   sealed batches: current');
    await hubs.redis.command('HSET', 'views:flushing', 'pages.videocontent', `b|1|${Date.now() - LONG_AGO_MS}|1|1`);
    await says(web, 200, 'warn sealed batches: late', 'ok   dead jobs: none');
    await hubs.redis.command('LPUSH', 'views:dead', '{}');
    await says(web, 200, 'warn dead jobs: to look at');
  });

  test('warns of orphans', async () => {
    const { database } = hubs;
    const { orphan } = database.tables;
    const web = await hubs.start('--web');
    await database.tx((tx) =>
      tx.rows(sql`
        insert into ${orphan} (source, label, batch_id, id, n, reason, created_at)
        values ('s', 'pages.videocontent', 'b', '7', 1, 'content removed', ${sql.param(new Date(), orphan.created_at)})`),
    );
    await says(web, 200, 'warn orphans: to look at');
    await database.tx((tx) => tx.rows(sql`delete from ${orphan}`));
    await says(web, 200, 'ok   orphans: none');
  });

  test(
    'tells a key of another type from a Redis that is away',
    async () => {
      const [web, worker] = await Promise.all([hubs.start('--web'), hubs.start('--worker')]);
      await hubs.redis.command('SET', 'views:queue', 'no list');
      await says(web, 200, 'warn redis: answers with errors');
      await says(worker, 503, 'FAIL redis: answers with errors', 'FAIL worker: jobs wait');
      await hubs.redis.command('DEL', 'views:queue');
      await says(worker, 200, 'ok   worker: current');
      await hubs.redis.command('SET', 'views:dead', 'no list');
      await hubs.redis.command('RPUSH', 'views:queue', 'no job');
      await says(worker, 503, 'FAIL redis: answers with errors', 'FAIL worker: jobs cannot be taken');
    },
    TEST_TIMEOUT_MS,
  );

  test('counts a flush as unfinished from the first run that left something behind to the first that did not', async () => {
    const { redis, database } = hubs;
    const log = createLog('error', 'json', () => {});
    const connection = await connect(redis, log);
    const flush = createFlush({
      database,
      connection,
      dial: () => connect(redis, log),
      keys,
      batchRows: 1000,
      hasGate: false,
      log,
      reach: reachNothing,
      sleep: Bun.sleep,
    });
    expect([await flush.run(), flush.state().unfinishedSince]).toEqual(['done', undefined]);
    await redis.command('SET', 'views:counter:pages.videocontent', 'no hash');
    expect(await flush.run()).toBe('failed');
    const since = flush.state().unfinishedSince;
    expect(since).toBeLessThanOrEqual(performance.now());
    expect([await flush.run(), flush.state().unfinishedSince]).toEqual(['failed', since]);
    await redis.command('DEL', 'views:counter:pages.videocontent');
    expect([await flush.run(), flush.state().unfinishedSince]).toEqual(['done', undefined]);
    connection.close();
  });

  test('names no address, key, label or error', async () => {
    const web = await hubs.start('--web');
    await hubs.redis.command('SET', 'views:queue', 'no list');
    await says(web, 200, 'warn redis: answers with errors');
    for (const line of (await ask(web)).lines) expect(line).toMatch(/^(ok {3}|warn |FAIL )[a-zR ,]+: [a-zR ,]+$/);
  });
});

describe('a process', () => {
  let target: TestDatabase;
  const idle: FlushState = {
    startedAt: performance.now() - LONG_AGO_MS,
    runs: 0,
    failures: 0,
    batches: 0,
    rows: 0,
    views: 0,
    rewound: 0,
    lost: 0,
    succeededAt: performance.now() - LONG_AGO_MS,
    unfinishedSince: undefined,
    heldSince: undefined,
    durations: createDurations([1]).read(),
  };
  const working: WorkerNumbers = {
    taken: 0,
    counted: 0,
    duplicate: 0,
    dead: 0,
    views: 0,
    stopped: '',
    failures: 0,
    failing: false,
  };
  const recorder: Probed['recorder'] = {
    record: () => {},
    state: () => ({
      recorded: 0,
      stored: 0,
      pending: 0,
      dropped: { full: 0, expired: 0, stopping: 0 },
      failing: false,
    }),
    stop: async () => 0,
  };

  beforeAll(async () => {
    target = await createTestDatabase('sqlite');
  });
  afterAll(() => target.drop());

  /** The lines that are not well. */
  async function troubles(roles: Roles, database = target.database): Promise<string[]> {
    const probed = { database, recorder, pipeline: undefined, config: { allowEviction: false } };
    const checks = await createReadiness(probed, roles).check();
    return checks.filter(({ grade }) => grade !== 'ok').map(({ name, state, grade }) => `${grade} ${name}: ${state}`);
  }

  test('with a beat that has had nothing to do for long is ready, however seldom FLUSH_CRON comes', async () => {
    expect(await troubles({ hasPages: false, beat: { state: () => idle } })).toEqual([]);
  });

  test('with a beat whose runs leave something behind, or do not end, is late after a while', async () => {
    const state = (msAgo: number) => ({ ...idle, unfinishedSince: performance.now() - msAgo });
    expect(await troubles({ hasPages: false, beat: { state: () => state(100) } })).toEqual([]);
    expect(await troubles({ hasPages: false, beat: { state: () => state(LONG_AGO_MS) } })).toEqual([
      'fail flush: late',
    ]);
    expect(await troubles({ hasPages: true, beat: { state: () => state(LONG_AGO_MS) } })).toEqual(['warn flush: late']);
  });

  test('with a gate that stays shut says what it waits for', async () => {
    const state = { ...idle, heldSince: performance.now() - LONG_AGO_MS };
    const line = 'gate: waits for the disk of Redis';
    expect(await troubles({ hasPages: false, beat: { state: () => state } })).toEqual([`fail ${line}`]);
    expect(await troubles({ hasPages: true, beat: { state: () => state } })).toEqual([`warn ${line}`]);
    const young = { ...idle, heldSince: performance.now() };
    expect(await troubles({ hasPages: false, beat: { state: () => young } })).toEqual([]);
  });

  test('that only works through the queue does not need the database', async () => {
    const away = await createTestDatabase('sqlite');
    await away.drop();
    const lines = (grade: string) => [`${grade} database: down`, `${grade} migrations: unknown`];
    const worker = { state: () => working };
    expect(await troubles({ hasPages: false, worker }, away.database)).toEqual(lines('warn'));
    expect(await troubles({ hasPages: true, worker }, away.database)).toEqual(lines('fail'));
    const beat = { state: () => idle };
    expect(await troubles({ hasPages: false, worker, beat }, away.database)).toEqual(lines('fail'));
  });

  test('that stops is not ready', async () => {
    const probed = { database: target.database, recorder, pipeline: undefined, config: { allowEviction: false } };
    const readiness = createReadiness(probed, { hasPages: true });
    readiness.startStopping();
    expect((await readiness.check())[0]).toEqual({ name: 'process', state: 'stopping', grade: 'fail' });
  });
});
