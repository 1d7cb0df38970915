/** Redis stopped, killed, crashed, emptied, full, and hard to reach, while pages are asked for. */
import { describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { eventually } from '../../help/eventually.ts';
import type { RedisBinary } from '../../help/redis_binary.ts';
import { startTcpProxy, type TcpProxy } from '../../help/tcp_proxy.ts';
import { type Load, viewsOf } from '../load.ts';
import { sumCounts } from './books.ts';
import { holdFsync, holdFsyncMissing } from './fsync.ts';
import { IS_FULL_RUN, TEST_TIMEOUT_MS, WAIT_MS_MAX } from './limits.ts';
import { SERVERS } from './servers.ts';
import { type Stage, type StageProgram, withStage } from './stage.ts';

const CLIENTS = 2;
const JOBS = 40;
const PAUSE_MS = IS_FULL_RUN ? 10_000 : 3000;
const CRASHES = IS_FULL_RUN ? 10 : 2;
const CUTS = IS_FULL_RUN ? 100 : 10;
const CLIENT_KILLS = IS_FULL_RUN ? 500 : 50;
/** What an fsync each second may lose, and how late a push may be on a busy machine. */
const EVERYSEC_MS = 2000;

/** The three roles, each a process, and load on the first. */
async function startAll(stage: Stage, clients = CLIENTS): Promise<{ load: Load; programs: readonly StageProgram[] }> {
  const programs = await Promise.all((['web', 'worker', 'beat'] as const).map((role) => stage.start([role])));
  const load = stage.load([programs[0]?.url ?? ''], clients);
  await answered(load, 100);
  return { load, programs };
}

/** Waits for so many more answers. */
function answered(load: Load, more: number): Promise<void> {
  const before = countAnswers(load, 0, Number.POSITIVE_INFINITY);
  return eventually(() => {
    const now = countAnswers(load, 0, Number.POSITIVE_INFINITY);
    expect(now).toBeGreaterThanOrEqual(before + more);
  }, WAIT_MS_MAX);
}

function countAnswers({ sent }: Load, from: number, to: number): number {
  let answers = 0;
  for (const { answeredAt = -1 } of sent) if (answeredAt >= from && answeredAt < to) answers += 1;
  return answers;
}

function queueIsEmpty({ redis }: Stage): Promise<void> {
  return eventually(async () => expect(await redis.command('LLEN', 'views:queue')).toBe(0), WAIT_MS_MAX);
}

/** I2: at no moment more is counted than was asked for. */
async function assertNotTooMany(stage: Stage, { sent }: Load): Promise<void> {
  const counts = await stage.readCounts();
  const possible = viewsOf(stage.pages, sent, () => true);
  for (const [content, counted] of counts) {
    const most = possible.get(content) ?? 0;
    expect({ content, counted, most, isTooMany: counted > most }).toMatchObject({ content, isTooMany: false });
  }
}

async function expectNothingHeld({ database }: Stage): Promise<void> {
  expect(await database.rows(sql`select reason, n from impression_orphans`)).toEqual([]);
}

describe('Redis that does not answer', () => {
  test(
    `for ${PAUSE_MS} ms: pages are answered as before, and every view is counted`,
    () =>
      withStage({}, async (stage) => {
        const { load, programs } = await startAll(stage, 4);
        await answered(load, 1000);
        const calm = performance.now();
        await Bun.sleep(PAUSE_MS / 3);
        await stage.redis.pause();
        const paused = performance.now();
        await Bun.sleep(PAUSE_MS);
        const over = performance.now();
        stage.redis.resume();
        // As many clients as before, each of which asks again when it has its answer. Not on average: what waits for Redis
        // may do so only from the first time-out on.
        const least = countAnswers(load, calm, paused) / (paused - calm) / 5;
        const third = (over - paused) / 3;
        for (const from of [paused, paused + third, paused + 2 * third]) {
          expect(countAnswers(load, from, from + third) / third).toBeGreaterThan(least);
        }
        await answered(load, 100);
        await load.stop();
        await stage.assertExact(load.sent);
        for (const program of programs) expect(await program.end('SIGTERM')).toBe(0);
      }),
    TEST_TIMEOUT_MS,
  );
});

/** Killed under load, again and again; `always` has everything on the disk that was ever accepted. */
async function killRedis(binary: RedisBinary): Promise<void> {
  await withStage({ redisBinary: binary, redisConfig: { appendfsync: 'always' } }, async (stage) => {
    const { redis, random } = stage;
    const { load } = await startAll(stage);
    for (let time = 0; time < CRASHES; time++) {
      await Bun.sleep(500 + random() * 1000);
      await redis.kill('SIGKILL');
      await Bun.sleep(random() * 500);
      await redis.start();
      await answered(load, 100);
      await assertNotTooMany(stage, load);
    }
    await load.stop();
    await stage.assertExact(load.sent);
    await expectNothingHeld(stage);
  });
}

/** Its machine crashes under load, again and again, and it comes back as it was when the last fsync began. */
async function crashRedis(binary: RedisBinary): Promise<void> {
  await withStage({ redisBinary: binary, redisConfig: { appendfsync: 'everysec' } }, async (stage) => {
    const { redis, random } = stage;
    const { load } = await startAll(stage);
    const lost: { readonly from: number; readonly to: number }[] = [];
    for (let time = 0; time < CRASHES; time++) {
      await Bun.sleep(2000 + random() * 1000);
      const from = performance.now() - EVERYSEC_MS;
      const disk = await holdFsync(redis);
      try {
        await Bun.sleep(random() * 3000);
        await disk.crash();
      } finally {
        await disk.end();
      }
      lost.push({ from, to: performance.now() });
      await redis.start();
      await answered(load, 100);
      await assertNotTooMany(stage, load);
    }
    await load.stop();
    const isCertain = ({ answeredAt = 0 }: Load['sent'][number]) =>
      !lost.some(({ from, to }) => answeredAt >= from && answeredAt <= to);
    await stage.assertExact(load.sent, { isCertain });
    // What was applied was on the disk: Redis never came back to before it.
    await expectNothingHeld(stage);
  });
}

describe.each(SERVERS)('$name under load', ({ binary, missing }) => {
  const always = `killed ${CRASHES} times, appendfsync always: every view is counted once`;
  if (binary === undefined) test.skip(`${always} (${missing})`, () => {});
  else test.concurrent(always, () => killRedis(binary), TEST_TIMEOUT_MS);

  const everysec = `its machine crashed ${CRASHES} times, appendfsync everysec: only the last moments are lost, nothing counts twice`;
  const reason = missing ?? holdFsyncMissing;
  if (binary === undefined || reason !== undefined) test.skip(`${everysec} (${reason})`, () => {});
  else test.concurrent(everysec, () => crashRedis(binary), TEST_TIMEOUT_MS);
});

describe('Redis that is restarted, emptied or full', () => {
  test.concurrent(
    'restarted between two pages of a sealed hash: read again, and counted once',
    () =>
      withStage({}, async (stage) => {
        const { redis } = stage;
        await stage.start(['worker']);
        const contents = Array.from({ length: 5000 }, (_, n) => `pages.videocontent:${n + 1}`);
        const pushed = await stage.pushJobs(2000, { contents });
        expect(pushed.size).toBeGreaterThan(2500);
        await queueIsEmpty(stage);
        const beat = await stage.start(['beat'], { failpoints: 'flush.scanning=stop@2' });
        await eventually(() => expect(beat.isPaused()).toBe(true), WAIT_MS_MAX);
        await redis.kill('SIGKILL');
        await redis.start();
        beat.signal('SIGCONT');
        await stage.assertCounts(pushed);
      }),
    TEST_TIMEOUT_MS,
  );

  test.concurrent(
    'FLUSHALL, also with a batch sealed, and a new empty Redis: the loss is reported, and counting goes on',
    () =>
      withStage({}, async (stage) => {
        const { redis } = stage;
        const empty = await redis.copyData();
        await stage.start(['worker']);
        const kept = [await stage.pushJobs(JOBS)];
        await queueIsEmpty(stage);
        // Sealed at once, all of it: the second time is for what is lost.
        const beat = await stage.start(['beat'], { failpoints: 'flush.sealed=stop@2' });
        await stage.assertCounts(sumCounts(kept));
        await stage.pushJobs(JOBS);
        await eventually(() => expect(beat.isPaused()).toBe(true), WAIT_MS_MAX);
        await redis.command('FLUSHALL');
        beat.signal('SIGCONT');
        kept.push(await stage.pushJobs(JOBS));
        await stage.assertCounts(sumCounts(kept));
        await eventually(() => expect(countLosses(beat)).toBe(1), WAIT_MS_MAX);

        await redis.kill('SIGKILL');
        await redis.restoreData(empty);
        await redis.start();
        kept.push(await stage.pushJobs(JOBS));
        await stage.assertCounts(sumCounts(kept));
        await eventually(() => expect(countLosses(beat)).toBe(2), WAIT_MS_MAX);
      }),
    TEST_TIMEOUT_MS,
  );

  test.concurrent(
    'at maxmemory: what is there is drained, and views that cannot be pushed wait, or are named at a stop',
    () =>
      withStage({}, async (stage) => {
        const { redis, pages } = stage;
        const pushed = await stage.pushJobs(2000);
        const webs = [await stage.start(['web']), await stage.start(['web'])] as const;
        await redis.command('CONFIG', 'SET', 'maxmemory', '1');
        const loads = webs.map(({ url }) => stage.load([url], 1));
        for (const load of loads) await answered(load, 200);
        for (const load of loads) await load.stop();
        for (const web of webs) {
          await eventually(() => expect(web.log()).toContain('they could not be pushed to Redis'), WAIT_MS_MAX);
        }
        await stage.start(['worker']);
        await stage.start(['beat']);
        await stage.assertCounts(pushed);

        const [kept, lost] = loads.map(({ sent }) => sent);
        let left = 0;
        for (const n of viewsOf(pages, lost ?? [], () => true).values()) left += n;
        expect(await webs[1].end('SIGTERM')).toBe(1);
        expect(webs[1].log()).toContain(`${left} view(s) could not be pushed`);
        if (IS_FULL_RUN) {
          await eventually(() => expect(webs[0].log()).toMatch(/"views dropped".*"expired":[1-9]/), WAIT_MS_MAX);
          await stage.assertCounts(pushed);
        }
        await redis.command('CONFIG', 'SET', 'maxmemory', '0');
        await stage.assertExact(IS_FULL_RUN ? [] : (kept ?? []), { pushed });
      }),
    TEST_TIMEOUT_MS,
  );
});

function countLosses(beat: StageProgram): number {
  return beat.log().split('Redis was emptied or replaced').length - 1;
}

describe('connections to Redis under load', () => {
  test.concurrent(
    `cut, silenced, slowed down and sliced ${CUTS} times at random: every view is counted once`,
    () =>
      withStage({}, async (stage) => {
        const { redis, random } = stage;
        const wires: TcpProxy[] = [];
        try {
          for (let n = 0; n < 3; n++) wires.push(await startTcpProxy(redis.port));
          const urls = wires.map(({ port }) => `redis://127.0.0.1:${port}`);
          const [web] = await Promise.all(
            (['web', 'worker', 'beat'] as const).map((role, n) => stage.start([role], { redisUrl: urls[n] ?? '' })),
          );
          const load = stage.load([web?.url ?? ''], CLIENTS);
          const faults: readonly ((wire: TcpProxy) => unknown)[] = [
            (wire) => wire.cut(),
            (wire) => wire.blackhole(),
            (wire) => wire.delay(random() * 300),
            (wire) => wire.slice(1 + random() * 64),
          ];
          for (let time = 0; time < CUTS; time++) {
            const wire = wires[Math.floor(random() * wires.length)];
            if (wire !== undefined) await faults[Math.floor(random() * faults.length)]?.(wire);
            await Bun.sleep(random() * 1500);
            await wire?.restore();
            await assertNotTooMany(stage, load);
          }
          await load.stop();
          await stage.assertExact(load.sent);
        } finally {
          for (const wire of wires) await wire.cut();
        }
      }),
    TEST_TIMEOUT_MS,
  );

  test.concurrent(
    `ended ${CLIENT_KILLS} times by Redis at random: every view is counted once`,
    () =>
      withStage({}, async (stage) => {
        const { redis, random } = stage;
        const { load } = await startAll(stage);
        for (let killed = 0; killed < CLIENT_KILLS; ) {
          const clients = String(await redis.command('CLIENT', 'LIST')).match(/^id=\d+(?=.* name=contenthub-)/gm) ?? [];
          const [, id = ''] = clients[Math.floor(random() * clients.length)]?.split('=') ?? [];
          if (id !== '') killed += Number(await redis.command('CLIENT', 'KILL', 'ID', id));
          await Bun.sleep(random() * 100);
        }
        await load.stop();
        await stage.assertExact(load.sent);
      }),
    TEST_TIMEOUT_MS,
  );
});
