/** Beats killed and stopped at each step of a flush, with load all the while: another goes on, and the books are exact. */
import { describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { video } from '../../../src/contents/video.ts';
import { eventually } from '../../help/eventually.ts';
import { countBatches, createFilms, listOrphans } from './contents.ts';
import { keepPushing } from './jobs.ts';
import { IS_FULL_RUN, TEST_TIMEOUT_MS, WAIT_MS_MAX } from './limits.ts';
import { type Stage, withStage } from './stage.ts';

/** A batch of many has several pages of HSCAN (of about 1000) and several UPDATEs. */
const FILMS = 4000;
const SETTINGS = { FLUSH_BATCH_ROWS: '500' };
/** Durable with the reply: the gate does not hold up what is not about the gate. */
const REDIS_CONFIG = { appendfsync: process.env.TEST_APPENDFSYNC || 'always' };
const ROUNDS = IS_FULL_RUN ? 5 : 1;
const STOPPED_MS = IS_FULL_RUN ? 15_000 : 0;

/** Each step, and at which of its times, at the earliest: of a beat with audios and films, the films’ batch comes second. */
const STEPS = [
  ['flush.sealed', 1],
  ['flush.passed', 1],
  ['flush.scanning', 3],
  ['flush.loaded', 2],
  ['flush.begun', 2],
  ['flush.ledger', 2],
  ['flush.chunk', 4],
  ['flush.committed', 2],
  ['flush.acknowledged', 1],
] as const;

describe('beats', () => {
  test.concurrent(
    'killed at each step of a flush: the next one goes on, and every view counts once',
    () =>
      withStage({ redisConfig: REDIS_CONFIG }, async (stage) => {
        const contents = [...(await createFilms(stage.database, FILMS)), ...stage.pages.values().toArray().flat()];
        await stage.start(['worker']);
        const pushing = keepPushing(() => stage.pushJobs(500, { contents }), 100);
        for (const [step, time] of Array.from({ length: ROUNDS }, () => STEPS).flat()) {
          const at = time + Math.floor(stage.random() * 2);
          const beat = await stage.start(['beat'], { failpoints: `${step}=kill@${at}`, settings: SETTINGS });
          expect({ step, code: await beat.ended() }).toEqual({ step, code: 137 });
          if (step === 'flush.scanning') await assertManyPages(stage);
        }
        await stage.start(['beat'], { settings: SETTINGS });
        await stage.assertCounts(await pushing.stop());
      }),
    TEST_TIMEOUT_MS,
  );

  test.concurrent(
    'one stopped with a batch that it has read, while another applies that one and more: it goes on and adds nothing twice',
    () =>
      withStage({ redisConfig: REDIS_CONFIG }, async (stage) => {
        const contents = await createFilms(stage.database, FILMS);
        await stage.start(['worker']);
        const pushing = keepPushing(() => stage.pushJobs(200, { contents }), 100);
        const late = await stage.start(['beat'], { failpoints: 'flush.loaded=stop@1', settings: SETTINGS });
        await eventually(() => expect(late.isPaused()).toBe(true), WAIT_MS_MAX);
        const other = await stage.start(['beat'], { settings: SETTINGS });
        await Bun.sleep(STOPPED_MS);
        // The one that it has read, and two more.
        await applies(stage, 3);
        late.signal('SIGCONT');
        await other.end('SIGKILL');
        await applies(stage, (await countBatches(stage.database, video.label)) + 2);
        await stage.assertCounts(await pushing.stop());
        expect(await listOrphans(stage.database)).toEqual([]);
      }),
    TEST_TIMEOUT_MS,
  );

  test.concurrent(
    'one stopped before it could clear what it has applied, while another seals the next batch: it clears nothing of that',
    () =>
      withStage({ redisConfig: REDIS_CONFIG }, async (stage) => {
        const contents = await createFilms(stage.database, FILMS);
        await stage.start(['worker']);
        const pushing = keepPushing(() => stage.pushJobs(200, { contents }), 100);
        const late = await stage.start(['beat'], { failpoints: 'flush.committed=stop@1', settings: SETTINGS });
        await eventually(() => expect(late.isPaused()).toBe(true), WAIT_MS_MAX);
        // It finds the first batch applied and clears it; the second it has sealed and read when it stops.
        const other = await stage.start(['beat'], { failpoints: 'flush.loaded=stop@2', settings: SETTINGS });
        await eventually(() => expect(other.isPaused()).toBe(true), WAIT_MS_MAX);
        late.signal('SIGCONT');
        await applies(stage, 2);
        await other.end('SIGKILL');
        await stage.assertCounts(await pushing.stop());
      }),
    TEST_TIMEOUT_MS,
  );

  test.concurrent(
    'one stopped in the middle of its transaction, while another waits for it: both go on, and every view counts once',
    () =>
      withStage({ redisConfig: REDIS_CONFIG }, async (stage) => {
        const contents = await createFilms(stage.database, FILMS);
        await stage.start(['worker']);
        const pushing = keepPushing(() => stage.pushJobs(200, { contents }), 100);
        const late = await stage.start(['beat'], { failpoints: 'flush.chunk=stop@2', settings: SETTINGS });
        await eventually(() => expect(late.isPaused()).toBe(true), WAIT_MS_MAX);
        const other = await stage.start(['beat'], { settings: SETTINGS });
        await eventually(async () => {
          const rows = await stage.database.rows(
            sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          );
          expect(rows.length).toBeGreaterThan(0);
        }, WAIT_MS_MAX);
        // The database ends a transaction that does nothing for 20 s.
        if (IS_FULL_RUN) await applies(stage, 3);
        late.signal('SIGCONT');
        await applies(stage, (await countBatches(stage.database, video.label)) + 2);
        await other.end('SIGKILL');
        await applies(stage, (await countBatches(stage.database, video.label)) + 2);
        await stage.assertCounts(await pushing.stop());
        expect(await listOrphans(stage.database)).toEqual([]);
      }),
    TEST_TIMEOUT_MS,
  );
});

/** Waits until so many batches of films were applied. */
async function applies({ database }: Stage, count: number): Promise<void> {
  await eventually(
    async () => expect(await countBatches(database, video.label)).toBeGreaterThanOrEqual(count),
    WAIT_MS_MAX,
  );
}

/** The sealed batch that a killed beat has left is no short one that comes in a single page. */
async function assertManyPages({ redis }: Stage): Promise<void> {
  expect(await redis.command('HLEN', `views:flush:${video.label}`)).toBeGreaterThan(1000);
}
