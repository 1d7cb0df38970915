/** Stopping processes that count through Redis while the database hangs, or while Redis has not written what was sealed. */
import { beforeAll, describe, expect, test } from 'bun:test';
import { createTestDatabase, type TestDatabase } from '../help/databases.ts';
import { eventually } from '../help/eventually.ts';
import { buildBinary, type RunningProgram, startProgram } from '../help/program.ts';
import { startRedis, type TestRedis } from '../help/redis.ts';
import { startTcpProxy, type TcpProxy } from '../help/tcp_proxy.ts';
import { assertBalanced, createPages, type Pages, readCounters } from './load.ts';

const BUILD_TIMEOUT_MS = 120_000;
const TEST_TIMEOUT_MS = 180_000;
const PATIENCE_MS = 60_000;
/** What the program promises. */
const STOP_MS_MAX = 10_000;
const ROUNDS = 2;
const OPENINGS = 20;
const EVERYTHING = ['--web', '--worker', '--beat'];
const NOT_STORED =
  'stopped, but counted views wait in Redis for the next start: they could not be brought into the database';
const NOT_DURABLE = 'counted views wait in Redis for the next start: Redis has not written them to its disk yet';

describe('stopping', () => {
  beforeAll(buildBinary, BUILD_TIMEOUT_MS);

  test.concurrent(
    'all in one process, again and again while the database hangs: exit 1 in time, saying where the views are',
    scene(async ({ opened, wire, run, view, assertCounts }) => {
      for (let round = 0; round < ROUNDS; round++) {
        const hub = await run(EVERYTHING);
        // The page is in the hub's memory from here on.
        await view(hub, 1);
        await assertCounts();
        wire.blackhole();
        // Some of these are not even pushed when the signal comes.
        await view(hub, OPENINGS);
        const { code, took } = await stop(hub);
        expect({ code, isInTime: took < STOP_MS_MAX, log: hub.log() }).toEqual({
          code: 1,
          isInTime: true,
          log: expect.stringContaining(NOT_STORED),
        });
        await wire.restore();
        const next = await run(EVERYTHING);
        await assertCounts();
        expect((await stop(next)).code).toBe(0);
      }
      await assertBalanced(opened.database);
    }),
    TEST_TIMEOUT_MS,
  );

  test.concurrent(
    'roles of their own while the database hangs: exit 0 in time, for the views are in Redis',
    scene(async ({ opened, wire, run, view, assertCounts }) => {
      for (let round = 0; round < ROUNDS; round++) {
        const hubs = await Promise.all(EVERYTHING.map((role) => run([role])));
        const [web] = hubs;
        if (web === undefined) throw new Error('no web was started');
        await view(web, 1);
        await assertCounts();
        wire.blackhole();
        await view(web, OPENINGS);
        const ends = await Promise.all(hubs.map(stop));
        expect(ends.map(({ code, took }) => [code, took < STOP_MS_MAX])).toEqual(ends.map(() => [0, true]));
        await wire.restore();
        const rest = await Promise.all(EVERYTHING.slice(1).map((role) => run([role])));
        await assertCounts();
        for (const hub of rest) expect((await stop(hub)).code).toBe(0);
      }
      await assertBalanced(opened.database);
    }),
    TEST_TIMEOUT_MS,
  );

  test.concurrent(
    'all in one process while a replica of Redis hangs: exit 0, saying that views wait, and the next start counts them',
    scene(async ({ redis, startReplica, run, view, assertCounts }) => {
      const replica = await startReplica();
      const hub = await run(EVERYTHING);
      await view(hub, 1);
      await assertCounts();
      await replica.pause();
      await view(hub, OPENINGS);
      const { code, took } = await stop(hub);
      expect({ code, isInTime: took < STOP_MS_MAX, log: hub.log() }).toEqual({
        code: 0,
        isInTime: true,
        log: expect.stringContaining(NOT_DURABLE),
      });
      expect(await redis.command('EXISTS', 'views:flushing')).toBe(1);
      replica.resume();
      await run(EVERYTHING);
      await assertCounts();
    }),
    TEST_TIMEOUT_MS,
  );
});

interface Scene {
  readonly opened: TestDatabase;
  readonly redis: TestRedis;
  /** Between the processes and Postgres. */
  readonly wire: TcpProxy;
  startReplica(): Promise<TestRedis>;
  /** Starts a process, which ends with the test. */
  run(roles: readonly string[]): Promise<RunningProgram>;
  /** Opens the first page so often. */
  view(hub: RunningProgram, times: number): Promise<void>;
  /** Waits until the page's contents have exactly the views so far. */
  assertCounts(): Promise<void>;
}

/** Tests that mostly wait, and so run beside each other. */
function scene(play: (scene: Scene) => Promise<void>): () => Promise<void> {
  return async () => {
    const closers: (() => unknown)[] = [];
    try {
      await play(await open(closers));
    } finally {
      for (const close of closers.reverse()) await close();
    }
  };
}

async function open(closers: (() => unknown)[]): Promise<Scene> {
  const opened = await createTestDatabase('postgres');
  closers.push(() => opened.drop());
  const redis = await startRedis({ config: { 'repl-diskless-sync-delay': '0' } });
  closers.push(redis.stop);
  const url = new URL(opened.url);
  const wire = await startTcpProxy(Number(url.port));
  closers.push(() => wire.cut());
  url.port = String(wire.port);
  const pages: Pages = await createPages(opened.database);
  const [[page, contents] = [0, []]] = pages;
  let views = 0;
  return {
    opened,
    redis,
    wire,
    async startReplica() {
      const replica = await startRedis({ config: { replicaof: `127.0.0.1 ${redis.port}` } });
      closers.push(replica.stop);
      await eventually(
        async () => expect(String(await redis.command('INFO', 'replication'))).toContain('state=online'),
        PATIENCE_MS,
      );
      return replica;
    },
    async run(roles) {
      const settings = { DATABASE_URL: url.href, REDIS_URL: redis.url, PAGE_CACHE_MS: '60000' };
      const program = await startProgram([await buildBinary()], roles, { settings });
      closers.push(() => program.end('SIGKILL'));
      return program;
    },
    async view(hub, times) {
      for (let n = 0; n < times; n++) {
        expect((await fetch(`${hub.url}/api/v1/pages/${page}/`)).status).toBe(200);
        views += 1;
      }
    },
    assertCounts: () =>
      eventually(async () => {
        const counters = await readCounters(opened.database);
        expect(contents.map((content) => [content, counters.get(content)])).toEqual(
          contents.map((content) => [content, views]),
        );
      }, PATIENCE_MS),
  };
}

async function stop(hub: RunningProgram): Promise<{ code: number; took: number }> {
  const began = performance.now();
  const code = await hub.end('SIGTERM');
  return { code, took: performance.now() - began };
}
