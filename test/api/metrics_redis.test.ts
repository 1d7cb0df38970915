/** What /metrics tells of counting through Redis, by the built executable in each of its roles. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { loadFixtures } from '../../src/commands/fixtures/load.ts';
import { eventually } from '../help/eventually.ts';
import { createInstallation, type Installation } from '../help/installation.ts';
import type { RunningProgram } from '../help/program.ts';
import { type MetricFamily, parseMetrics, sampleOf } from '../help/prometheus.ts';
import { DUMP } from './each_target.ts';

const WAIT_MS_MAX = 15_000;
const TEST_TIMEOUT_MS = 60_000;
const VIDEO = 'pages.videocontent';
const AUDIO = 'pages.audiocontent';
/** A page of the dump with videos. */
const PAGE = '/api/v1/pages/1/';

let hubs: Installation;

beforeAll(async () => {
  hubs = await createInstallation();
  await loadFixtures(hubs.database, [DUMP], { ignoreNonexistent: false, withCounters: false });
}, TEST_TIMEOUT_MS);
afterEach(() => hubs.reset());
afterAll(() => hubs.stop());

async function scrape({ url }: RunningProgram): Promise<Map<string, MetricFamily>> {
  const answer = await fetch(`${url}/metrics`);
  expect(answer.status).toBe(200);
  return parseMetrics(await answer.text());
}

/** The values of some metrics, by name. */
async function read(program: RunningProgram, names: readonly string[]): Promise<Record<string, number | undefined>> {
  const families = await scrape(program);
  return Object.fromEntries(names.map((name) => [name, sampleOf(families, name)]));
}

/** Waits until these are the values. */
async function reads(program: RunningProgram, expected: Readonly<Record<string, number | undefined>>): Promise<void> {
  await eventually(async () => expect(await read(program, Object.keys(expected))).toEqual(expected), WAIT_MS_MAX);
}

async function openPage({ url }: RunningProgram): Promise<number> {
  const { contents } = (await (await fetch(url + PAGE)).json()) as { contents: unknown[] };
  return contents.length;
}

describe('/metrics of a process with all roles', () => {
  test(
    'follows views from the answer to the database',
    async () => {
      const hub = await hubs.start();
      await reads(hub, {
        redis_up: 1,
        queue_jobs: 0,
        flush_batches_total: 0,
        'sealed_batches{label="pages.videocontent"}': 0,
      });
      const failures = sampleOf(await scrape(hub), 'flush_failures_total');
      const views = await openPage(hub);
      expect(views).toBeGreaterThan(0);
      await reads(hub, {
        views_recorded_total: views,
        views_stored_total: views,
        views_pending: 0,
        views_blocked: 0,
        views_counted_total: views,
        views_applied_total: views,
        flush_rows_total: views,
        jobs_taken_total: 1,
        jobs_counted_total: 1,
        jobs_duplicate_total: 0,
        jobs_dead_total: 0,
        worker_failures_total: 0,
        flush_failures_total: failures,
        flush_rewound_total: 0,
        flush_lost_total: 0,
        gate_held_seconds: 0,
        queue_jobs: 0,
        queue_oldest_job_seconds: 0,
        [`pending_contents{label="${VIDEO}"}`]: 0,
        [`sealed_batches{label="${VIDEO}"}`]: 0,
        redis_errors_total: 0,
        database_errors_total: 0,
      });
      await eventually(async () => {
        expect(sampleOf(await scrape(hub), 'flush_duration_seconds_count')).toBeGreaterThan(0);
      }, WAIT_MS_MAX);
      const families = await scrape(hub);
      const batches = sampleOf(families, 'flush_batches_total') ?? 0;
      const runs = sampleOf(families, 'flush_runs_total') ?? 0;
      const timed = sampleOf(families, 'flush_duration_seconds_count') ?? 0;
      expect(batches).toBeGreaterThan(0);
      // Runs that found nothing are not timed.
      expect(timed).toBeLessThanOrEqual(batches);
      expect(sampleOf(families, 'flush_duration_seconds_sum')).toBeGreaterThan(0);
      await eventually(async () => {
        expect(sampleOf(await scrape(hub), 'flush_runs_total')).toBeGreaterThan(runs + 1);
      }, WAIT_MS_MAX);
      expect(sampleOf(await scrape(hub), 'flush_duration_seconds_count')).toBe(timed);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'tells jobs that came twice and jobs that cannot be counted',
    async () => {
      const hub = await hubs.start();
      const job = JSON.stringify({ v: 1, id: Bun.randomUUIDv7(), views: { [VIDEO]: { 1: 2 } } });
      await hubs.redis.command('RPUSH', 'views:queue', job, job, 'no job');
      await reads(hub, {
        jobs_taken_total: 3,
        jobs_counted_total: 1,
        jobs_duplicate_total: 1,
        jobs_dead_total: 1,
        views_counted_total: 2,
        dead_jobs: 1,
        dead_jobs_total: 1,
      });
      await hubs.redis.command('DEL', 'views:dead');
      await reads(hub, { dead_jobs: 0, dead_jobs_total: 1 });
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'is answered while Redis is away or says nothing, and tells so',
    async () => {
      const hub = await hubs.start();
      await reads(hub, { redis_up: 1, redis_errors_total: 0 });
      await hubs.redis.pause();
      await reads(hub, { redis_up: 0, queue_jobs: undefined, dead_jobs_total: undefined });
      await hubs.redis.kill('SIGKILL');
      const views = await openPage(hub);
      await reads(hub, { redis_up: 0, views_pending: views, views_stored_total: 0, views_blocked: 1, database_up: 1 });
      await eventually(async () => {
        const families = await scrape(hub);
        for (const name of ['redis_errors_total', 'worker_failures_total', 'flush_failures_total']) {
          expect(sampleOf(families, name), name).toBeGreaterThan(0);
        }
      }, WAIT_MS_MAX);
      const families = await scrape(hub);
      expect(families.get('contenthub_pending_contents')?.samples.size).toBe(0);
      const age = sampleOf(families, 'flush_success_age_seconds') ?? 0;
      await eventually(async () => {
        expect(sampleOf(await scrape(hub), 'flush_success_age_seconds')).toBeGreaterThan(age + 1);
      }, WAIT_MS_MAX);
      await hubs.redis.start();
      await reads(hub, { redis_up: 1, views_pending: 0, views_stored_total: views, views_applied_total: views });
      expect(sampleOf(await scrape(hub), 'flush_success_age_seconds')).toBeLessThan(age + 1);
    },
    TEST_TIMEOUT_MS,
  );
});

describe('/metrics of a process that serves pages only', () => {
  test(
    'tells what lies in Redis, by label',
    async () => {
      const web = await hubs.start('--web');
      const views = await openPage(web);
      await reads(web, { queue_jobs: 1, views_stored_total: views });
      await eventually(async () => {
        expect(sampleOf(await scrape(web), 'queue_oldest_job_seconds')).toBeGreaterThan(1);
      }, WAIT_MS_MAX);
      const sealedAt = Date.now() - 60_000;
      await hubs.redis.command('HSET', `views:counter:${VIDEO}`, '1', '5', '2', '6');
      await hubs.redis.command('SADD', 'views:labels', VIDEO, 'pages.later');
      await hubs.redis.command('HSET', 'views:flush:pages.later', '1', '5');
      await hubs.redis.command('HSET', 'views:flushing', 'pages.later', `b|7|${sealedAt}|12|3`);
      await hubs.redis.command('LPUSH', 'views:dead', '{}', '{}');
      await hubs.redis.command('SET', 'views:dead:total', '9');
      await reads(web, {
        [`pending_contents{label="${VIDEO}"}`]: 2,
        [`pending_contents{label="${AUDIO}"}`]: 0,
        [`sealed_batches{label="${VIDEO}"}`]: 0,
        [`sealed_age_seconds{label="${VIDEO}"}`]: 0,
        'sealed_batches{label="pages.later"}': 1,
        'sealed_contents{label="pages.later"}': 12,
        dead_jobs: 2,
        dead_jobs_total: 9,
        // Roles that do not run here.
        jobs_taken_total: undefined,
        flush_runs_total: undefined,
        flush_success_age_seconds: undefined,
      });
      const age = sampleOf(await scrape(web), 'sealed_age_seconds{label="pages.later"}') ?? 0;
      expect(Math.abs(age - (Date.now() - sealedAt) / 1000)).toBeLessThan(5);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'escapes what labels Redis holds',
    async () => {
      const web = await hubs.start('--web');
      await hubs.redis.command('SADD', 'views:labels', 'a"b\\c\nd');
      await reads(web, { 'pending_contents{label="a\\"b\\\\c\\nd"}': 0 });
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'asks Redis once a second, however many scrape',
    async () => {
      const web = await hubs.start('--web');
      const asked = async () =>
        Number(/cmdstat_lindex:calls=(\d+)/.exec(String(await hubs.redis.command('INFO', 'commandstats')))?.[1] ?? 0);
      await hubs.redis.command('CONFIG', 'RESETSTAT');
      const began = performance.now();
      for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 20 }, () => scrape(web)));
      const seconds = (performance.now() - began) / 1000;
      expect(await asked()).toBeGreaterThan(0);
      expect(await asked()).toBeLessThanOrEqual(1 + seconds);
    },
    TEST_TIMEOUT_MS,
  );
});

describe.each(['--worker', '--beat'])('a process with %s alone', (role) => {
  test(
    'that is given a port answers probes and scrapers, and nothing else',
    async () => {
      const program = await hubs.start(role);
      const status = async (path: string) => (await fetch(program.url + path, { redirect: 'manual' })).status;
      for (const path of ['/livez', '/readyz', '/metrics', '/health/']) expect(await status(path), path).toBe(200);
      for (const path of ['/', PAGE, '/api/v1/pages/', '/api/schema/', '/api/docs/', '/static/app.css', '/nothing']) {
        expect(await status(path), path).toBe(404);
      }
      expect(await (await fetch(`${program.url}/`)).text()).toBe('not found\n');
      const [own, other] =
        role === '--worker' ? ['jobs_taken_total', 'flush_runs_total'] : ['flush_runs_total', 'jobs_taken_total'];
      const families = await scrape(program);
      expect(sampleOf(families, own ?? '')).toBeGreaterThanOrEqual(0);
      for (const name of [other, 'views_recorded_total', 'views_dropped_total', 'views_blocked']) {
        expect(families.get(`contenthub_${name}`)?.samples.size, name).toBe(0);
      }
      expect(sampleOf(families, 'http_request_duration_seconds_count{route="other",status="404"}')).toBeGreaterThan(5);
    },
    TEST_TIMEOUT_MS,
  );
});
