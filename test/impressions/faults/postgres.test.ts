/** A Postgres that is away, hangs, or is held up by others, and a wire to it that breaks in the worst moments: exact in the end. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { audio } from '../../../src/contents/audio.ts';
import { video } from '../../../src/contents/video.ts';
import { eventually } from '../../help/eventually.ts';
import { type PrivateServer, startPrivatePostgres } from '../../help/postgres.ts';
import { isCommit, startTcpProxy, type TcpProxy, type Verdict } from '../../help/tcp_proxy.ts';
import { countBatches, createFilms } from './contents.ts';
import { keepPushing } from './jobs.ts';
import { IS_FULL_RUN, TEST_TIMEOUT_MS, WAIT_MS_MAX } from './limits.ts';
import { type Stage, withStage } from './stage.ts';

/** Durable with the reply: the gate does not hold up what is not about the gate. */
const REDIS_CONFIG = { appendfsync: process.env.TEST_APPENDFSYNC || 'always' };
const CUTS = IS_FULL_RUN ? 60 : 10;
const RESTARTS = 10;
const AWAY_MS = IS_FULL_RUN ? 60_000 : 8000;
const PAUSED_MS = IS_FULL_RUN ? 20_000 : 4000;
/** More than the time for which a flush waits (5 s), which it takes anyway. */
const LOCKED_MS = IS_FULL_RUN ? 30_000 : 0;
/** What a beat says of films that it could not bring in. */
const WAITS_FOR_LOCK =
  /could not be brought into the database","label":"pages.videocontent","error":"[^"]*lock timeout/;
const ENDED_BY_DEADLOCK = /could not be brought into the database","label":"pages.videocontent","error":"[^"]*deadlock/;
const BULK_MS = IS_FULL_RUN ? 30_000 : 5000;

describe('the wire between beat and Postgres', () => {
  test.concurrent(
    'cut before COMMIT arrives, or after it and before its reply: no batch is lost or counted twice',
    () =>
      withStage({ redisConfig: REDIS_CONFIG }, async (stage) => {
        const url = new URL(stage.databaseUrl);
        const wire = await startTcpProxy(Number(url.port));
        try {
          url.port = `${wire.port}`;
          const cuts = cutCommits(wire, stage);
          await Promise.all([stage.start(['worker']), stage.start(['beat'], { databaseUrl: url.href })]);
          const pushing = keepPushing(() => stage.pushJobs(50), 50);
          await eventually(() => expect(cuts.length).toBe(CUTS), WAIT_MS_MAX);
          await stage.assertCounts(await pushing.stop());
          expect(new Set(cuts)).toEqual(new Set(['cut', 'pass_then_cut']));
        } finally {
          await wire.cut();
        }
      }),
    TEST_TIMEOUT_MS,
  );
});

/** Cuts the wire at the first CUTS commits, in one way or the other. @returns how it was done, one after the other */
function cutCommits(wire: TcpProxy, { random }: Stage): Verdict[] {
  const cuts: Verdict[] = [];
  wire.onClientData((chunk) => {
    if (cuts.length === CUTS || !isCommit(chunk)) return 'pass';
    // The first two of different kinds.
    const verdict = cuts.length === 0 || (cuts.length > 1 && random() < 0.5) ? 'pass_then_cut' : 'cut';
    cuts.push(verdict);
    return verdict;
  });
  return cuts;
}

describe('editors', () => {
  test.concurrent(
    'who keep a row locked for longer than a flush waits: its batch waits, the others go on',
    () =>
      withStage({ redisConfig: REDIS_CONFIG }, async (stage) => {
        const [film = ''] = await createFilms(stage.database, 1);
        const contents = [film, ...stage.pages.values().toArray().flat()];
        const [beat] = await Promise.all([stage.start(['beat']), stage.start(['worker'])]);
        const pushing = keepPushing(() => stage.pushJobs(20, { contents }), 50);
        await counted(stage, 1);
        await stage.database.tx(async (tx) => {
          await tx.rows(sql`update pages_videocontent set title = 'Mine' where id = ${Number(film.split(':')[1])}`);
          await Bun.sleep(LOCKED_MS);
          const audios = await countBatches(stage.database, audio.label);
          await eventually(() => expect(beat.log()).toMatch(WAITS_FOR_LOCK), WAIT_MS_MAX);
          await eventually(
            async () => expect(await countBatches(stage.database, audio.label)).toBeGreaterThan(audios),
            WAIT_MS_MAX,
          );
        });
        await stage.assertCounts(await pushing.stop());
      }),
    TEST_TIMEOUT_MS,
  );

  test.concurrent(
    'who update the same rows in the other order, again and again: deadlocks end, and every view counts once',
    () =>
      withStage({ redisConfig: REDIS_CONFIG }, async (stage) => {
        const contents = await createFilms(stage.database, 40);
        const [beat] = await Promise.all([
          stage.start(['beat'], { failpoints: 'flush.chunk=wait:10', settings: { FLUSH_BATCH_ROWS: '7' } }),
          stage.start(['worker']),
        ]);
        const pushing = keepPushing(() => stage.pushJobs(50, { contents }), 50);
        const until = performance.now() + BULK_MS;
        // Postgres ends one of the two; it has to be the flush at least once.
        while (performance.now() < until || !ENDED_BY_DEADLOCK.test(beat.log())) await updateBackwards(stage, contents);
        await stage.assertCounts(await pushing.stop());
      }),
    TEST_TIMEOUT_MS,
  );
});

/** Updates every row in one transaction, the last one first; whether a deadlock ends it does not matter. */
async function updateBackwards({ database }: Stage, contents: readonly string[]): Promise<void> {
  const work = database.tx(async (tx) => {
    for (const content of contents.toReversed()) {
      await tx.rows(sql`update pages_videocontent set title = 'Bulk' where id = ${Number(content.split(':')[1])}`);
      await Bun.sleep(1);
    }
  });
  await work.catch((error: unknown) => expect(error).toMatchObject({ kind: 'unavailable' }));
}

describe('a Postgres', () => {
  let server: PrivateServer;

  beforeAll(async () => {
    server = await startPrivatePostgres();
  }, TEST_TIMEOUT_MS);
  afterAll(() => server.stop(), TEST_TIMEOUT_MS);

  test(
    `ended at once, ${RESTARTS} times in the middle of a flush: every view counts once`,
    () =>
      withStage({ redisConfig: REDIS_CONFIG, postgresUrl: server.url }, async (stage) => {
        const contents = await createFilms(stage.database, 2000);
        await Promise.all([
          stage.start(['worker']),
          stage.start(['beat'], { failpoints: 'flush.chunk=wait:50', settings: { FLUSH_BATCH_ROWS: '200' } }),
        ]);
        const pushing = keepPushing(() => stage.pushJobs(300, { contents }), 100);
        for (let round = 0; round < RESTARTS; round++) {
          await isApplying(stage);
          await Bun.sleep(stage.random() * 200);
          await server.end('SIGQUIT');
          await server.start();
        }
        await stage.assertCounts(await pushing.stop());
      }),
    TEST_TIMEOUT_MS,
  );

  test(
    'away for a while: views wait in Redis, and all are counted when it is back',
    () =>
      withStage({ redisConfig: REDIS_CONFIG, postgresUrl: server.url }, (stage) =>
        faultUnderLoad(stage, async () => {
          await server.end('SIGINT');
          await Bun.sleep(AWAY_MS);
          await server.start();
        }),
      ),
    TEST_TIMEOUT_MS,
  );

  test(
    'that hangs for a while: every view counts once when it goes on',
    () =>
      withStage({ redisConfig: REDIS_CONFIG, postgresUrl: server.url }, (stage) =>
        faultUnderLoad(stage, async () => {
          server.pause();
          await Bun.sleep(PAUSED_MS);
          server.resume();
        }),
      ),
    TEST_TIMEOUT_MS,
  );
});

/** Waits until a flush has begun its transaction, and not ended it. */
async function isApplying({ database }: Stage): Promise<void> {
  await eventually(async () => {
    const rows = await database.rows(sql`select 1 from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and state = 'idle in transaction'`);
    expect(rows.length).toBeGreaterThan(0);
  }, WAIT_MS_MAX);
}

/** Lets something happen between requests and jobs that come before, in the meantime and after, and looks at the books. */
async function faultUnderLoad(stage: Stage, fault: () => Promise<void>): Promise<void> {
  const [web] = await Promise.all([stage.start(['web']), stage.start(['worker']), stage.start(['beat'])]);
  const load = stage.load([web.url], 2);
  const pushing = keepPushing(() => stage.pushJobs(20), 50);
  await counted(stage, 1);
  await fault();
  await counted(stage, (await countBatches(stage.database, video.label)) + 1);
  await load.stop();
  await stage.assertExact(load.sent, { pushed: await pushing.stop() });
}

/** Waits until so many batches of films are in the database. */
async function counted({ database }: Stage, batches: number): Promise<void> {
  const count = () => countBatches(database, video.label);
  await eventually(async () => expect(await count()).toBeGreaterThanOrEqual(batches), WAIT_MS_MAX);
}
