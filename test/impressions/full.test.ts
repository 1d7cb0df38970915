/** A disk and a Redis without room: pages are served, views wait and are counted once there is room, and whoever asks is told. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createFolder } from '../help/databases.ts';
import { eventually } from '../help/eventually.ts';
import { createInstallation, type Installation } from '../help/installation.ts';
import { type RunningProgram, runProgram, SOURCE, startProgram } from '../help/program.ts';
import { parseMetrics, sampleOf } from '../help/prometheus.ts';
import { createPages, type Pages, readCounters } from './load.ts';

const WAIT_MS_MAX = 20_000;
const TEST_TIMEOUT_MS = 60_000;
const OPENINGS = 5;
const BLOCK_BYTES = 4096;
const FIXTURE = join(import.meta.dirname, '..', '..', 'fixtures', 'sample_content.json');
const PAGE = '[{ "model": "pages.page", "pk": 99, "fields": { "title": "Late", "url": "https://example.org/" } }]';
/** Fills a small disk, which is there for a program alone, with a hub's database, and starts the program: DISK FIXTURE PROGRAM. */
const SCRIPT = `disk=$1 fixture=$2; shift 2
mount -t tmpfs -o size=8m hub "$disk" && "$@" migrate >&2 && "$@" loaddata "$fixture" >&2 && exec "$@"`;
const ON_SMALL_DISK = ['unshare', '-rm', 'sh', '-c', SCRIPT, 'sh'];

async function readyz({ url }: RunningProgram): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${url}/readyz`);
  return { status: answer.status, text: await answer.text() };
}

async function metric({ url }: RunningProgram, sample: string): Promise<number | undefined> {
  return sampleOf(parseMetrics(await (await fetch(`${url}/metrics`)).text()), sample);
}

/** Opens a page so often; each time it must be answered. */
async function view({ url }: RunningProgram, page: number): Promise<void> {
  for (let n = 0; n < OPENINGS; n++) expect((await fetch(`${url}/api/v1/pages/${page}/`)).status).toBe(200);
}

const place = createFolder();
const hasSmallDisks = Bun.spawnSync([...ON_SMALL_DISK, place.path, FIXTURE, 'true']).exitCode === 0;
afterAll(() => place.remove());

describe('a full disk under SQLite', () => {
  test.skipIf(!hasSmallDisks)(
    'is survived: pages are served, edits are refused, views wait, and are stored once there is room (needs unshare -rm)',
    async () => {
      const settings = { DATABASE_URL: `sqlite:${place.path}/hub.db`, PAGE_CACHE_MS: '0' };
      const hub = await startProgram([...ON_SMALL_DISK, place.path, FIXTURE, ...SOURCE], [], { settings });
      // The disk is there for the hub alone; this is the way to it from outside.
      const ballast = `/proc/${hub.pid}/root${place.path}/ballast`;
      const beside = ['nsenter', '--user', '--mount', '--preserve-credentials', '--target', String(hub.pid), ...SOURCE];
      const edit = () => runProgram(beside, ['loaddata', '-'], { settings, stdin: PAGE });
      try {
        fill(ballast);
        await view(hub, 1);
        await eventually(async () => {
          expect(await readyz(hub)).toEqual({
            status: 503,
            text: expect.stringMatching(/^ok {3}database: up\n(.*\n)*FAIL counting: views wait for the database\n/m),
          });
        }, WAIT_MS_MAX);
        const pending = (await metric(hub, 'views_pending')) ?? 0;
        expect(pending).toBeGreaterThanOrEqual(OPENINGS);
        expect(pending).toBe((await metric(hub, 'views_recorded_total')) ?? 0);
        expect(await metric(hub, 'views_blocked')).toBe(1);
        expect(await metric(hub, 'database_errors_total')).toBeGreaterThan(0);
        expect(hub.log()).toMatch(/"message":"views wait: they could not be stored".*full/);
        expect(await edit()).toMatchObject({ code: 1, stderr: expect.stringContaining('full') });
        expect((await fetch(`${hub.url}/api/v1/pages/99/`)).status).toBe(404);
        await view(hub, 1);

        rmSync(ballast);
        await eventually(async () => expect((await readyz(hub)).status).toBe(200), WAIT_MS_MAX);
        await eventually(async () => expect(await metric(hub, 'views_pending')).toBe(0), WAIT_MS_MAX);
        expect(hub.log()).toContain('"message":"views are stored again"');
        expect(await metric(hub, 'views_dropped_total{reason="full"}')).toBe(0);
        expect(await readCountersOf(hub, 1)).toEqual([2 * OPENINGS]);
        expect((await edit()).code).toBe(0);
        expect((await fetch(`${hub.url}/api/v1/pages/99/`)).status).toBe(200);
        expect(await hub.end('SIGTERM')).toBe(0);
      } finally {
        await hub.end('SIGKILL');
      }
    },
    TEST_TIMEOUT_MS,
  );
});

/** The counters of a page's contents, each different one once. */
async function readCountersOf({ url }: RunningProgram, page: number): Promise<number[]> {
  const answer = await fetch(`${url}/api/v1/pages/${page}/`);
  const { contents } = (await answer.json()) as { contents: readonly { counter: number }[] };
  return [...new Set(contents.map(({ counter }) => counter))];
}

/** Writes until there is no room for another block. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  const block = new Uint8Array(BLOCK_BYTES);
  try {
    while (writeSync(file, block) === BLOCK_BYTES);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    // Open, it would take its room with it.
    closeSync(file);
  }
}

describe('a full Redis', () => {
  let hubs: Installation;
  let pages: Pages;
  beforeAll(async () => {
    hubs = await createInstallation();
    pages = await createPages(hubs.database);
  }, TEST_TIMEOUT_MS);
  afterEach(() => hubs.reset());
  afterAll(() => hubs.stop());

  test(
    'is survived: pages are served, views wait in the web, and are counted once there is room',
    async () => {
      const [web, worker, beat] = await Promise.all([
        hubs.start('--web'),
        hubs.start('--worker'),
        hubs.start('--beat'),
      ]);
      const [[page, contents] = [0, []]] = pages;
      const views = OPENINGS * contents.length;
      await hubs.redis.command('CONFIG', 'SET', 'maxmemory', '1');
      await view(web, page);
      await eventually(async () => {
        const answer = await readyz(web);
        expect(answer).toEqual({ status: 200, text: expect.stringContaining('warn redis: full\n') });
        expect(answer.text).toContain('warn counting: views wait for Redis\n');
      }, WAIT_MS_MAX);
      for (const role of [worker, beat]) {
        expect(await readyz(role)).toEqual({ status: 200, text: expect.stringContaining('warn redis: full\n') });
      }
      expect(await metric(web, 'views_blocked')).toBe(1);
      expect(await metric(web, 'views_pending')).toBe(views);
      expect(await metric(web, 'redis_max_bytes')).toBe(1);
      expect(await metric(web, 'redis_used_bytes')).toBeGreaterThan(100_000);

      await hubs.redis.command('CONFIG', 'SET', 'maxmemory', '0');
      await eventually(async () => {
        const counters = await readCounters(hubs.database);
        expect(contents.map((content) => counters.get(content))).toEqual(contents.map(() => OPENINGS));
      }, WAIT_MS_MAX);
      await eventually(async () => {
        expect((await readyz(web)).text).toContain('ok   redis: up\n');
        expect(await metric(web, 'views_blocked')).toBe(0);
      }, WAIT_MS_MAX);
      expect(await metric(web, 'views_pending')).toBe(0);
    },
    TEST_TIMEOUT_MS,
  );
});
