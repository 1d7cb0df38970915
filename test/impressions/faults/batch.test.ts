/** Batches that are large or odd, and contents that change while their views are on the way. */

import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { INTEGER_MAX } from '../../../src/contents/content.ts';
import { video } from '../../../src/contents/video.ts';
import { findContent, updateContent } from '../../../src/store/contents.ts';
import { type ContentReference, createPage, updatePage } from '../../../src/store/pages.ts';
import { TESTER } from '../../help/actor.ts';
import { eventually } from '../../help/eventually.ts';
import { type Counts, sumCounts } from './books.ts';
import { countBatches, createFilms, listOrphans } from './contents.ts';
import { jobOf, keepPushing } from './jobs.ts';
import { TEST_TIMEOUT_MS, WAIT_MS_MAX } from './limits.ts';
import { type Stage, type StageProgram, withStage } from './stage.ts';

/** Durable with the reply: the gate does not hold up what is not about the gate. */
const REDIS_CONFIG = { appendfsync: process.env.TEST_APPENDFSYNC || 'always' };
const IDS = 200_000;
const IDS_OF_JOB = 1000;
/** How much more memory a beat may have needed for a batch of that many ids than at rest. */
const MEMORY_RATIO_MAX = 4;
const SAVES = 200;
const URL = 'https://example.org/film.mp4';
/** Of a type that this program does not have. */
const FOREIGN = 'pages.podcastcontent';

describe('a batch', () => {
  test.concurrent(
    `of ${IDS} ids is applied whole, in bounded memory`,
    () =>
      withStage({ redisConfig: REDIS_CONFIG }, async (stage) => {
        const [films, beat] = await Promise.all([
          createFilms(stage.database, IDS),
          stage.start(['beat']),
          stage.start(['worker']),
        ]);
        const atRest = readMemoryPeak(beat);
        // One batch: nothing is sealed until all of it is counted.
        beat.signal('SIGSTOP');
        const expected = new Map(films.map((film, place) => [film, 1 + (place % 5)]));
        await pushAll(stage, expected);
        await isIngested(stage);
        beat.signal('SIGCONT');
        await stage.assertCounts(expected);
        expect(await countBatches(stage.database, video.label)).toBe(1);
        expect(readMemoryPeak(beat)).toBeLessThanOrEqual(MEMORY_RATIO_MAX * atRest);
      }),
    TEST_TIMEOUT_MS,
  );

  test.concurrent(
    'of a label that no content type claims stays in Redis, and the others go on',
    () =>
      withStage({ redisConfig: REDIS_CONFIG }, async (stage) => {
        await Promise.all([stage.start(['worker']), stage.start(['beat'])]);
        const foreign = [1, 2, 3].map((id) => `${FOREIGN}:${id}`);
        const films = await createFilms(stage.database, 3);
        const pushes = [];
        for (let round = 0; round < 3; round++) {
          const pushed = await stage.pushJobs(300, { contents: [...films, ...foreign] });
          pushes.push(pushed);
          const counted = sumCounts(pushes);
          const expected = new Map([...counted].filter(([content]) => !foreign.includes(content)));
          await stage.assertCounts(expected, { pending: [FOREIGN] });
          const left = new Map([...counted].filter(([content]) => foreign.includes(content)));
          expect(await readPending(stage, FOREIGN)).toEqual(left);
        }
      }),
    TEST_TIMEOUT_MS,
  );

  test.concurrent(
    'that a counter near 2^53 has no room for is set aside for that content, and counted for the others',
    () =>
      withStage({ redisConfig: REDIS_CONFIG }, async (stage) => {
        await Promise.all([stage.start(['worker']), stage.start(['beat'])]);
        const [full = '', other = ''] = await createFilms(stage.database, 2);
        await stage.setCounter(full, INTEGER_MAX - 10);
        const pushes: Counts[] = [];
        for (const [n, orphans] of [
          [7, 0],
          [7, 7],
          [3, 7],
          [1, 8],
        ] as const) {
          const views = new Map([
            [full, n],
            [other, n],
          ]);
          pushes.push(views);
          await pushAll(stage, views);
          await stage.assertCounts(sumCounts(pushes));
          const reason = 'counter full';
          expect(await listOrphans(stage.database)).toEqual(
            orphans === 0 ? [] : [{ content: full, n: orphans, reason }],
          );
        }
      }),
    TEST_TIMEOUT_MS,
  );
});

describe('a content', () => {
  test.concurrent.each([
    ['after its batch was read: its views are set aside', 'flush.loaded=stop@1', 'before'],
    ['while its batch is applied: its views are counted, and go with it', 'flush.chunk=stop@1', 'after'],
  ])(
    'removed %s',
    (_name, failpoints, moment) =>
      withStage({ redisConfig: REDIS_CONFIG }, async (stage) => {
        const films = await createFilms(stage.database, 5);
        const [gone = ''] = films;
        const expected = new Map(films.map((film, place) => [film, 3 + place]));
        const [beat] = await Promise.all([stage.start(['beat'], { failpoints }), stage.start(['worker'])]);
        await pushAll(stage, expected);
        await eventually(() => expect(beat.isPaused()).toBe(true), WAIT_MS_MAX);
        const removing = stage.removeContent(gone);
        if (moment === 'before') await removing;
        beat.signal('SIGCONT');
        await removing;
        await stage.assertCounts(expected);
        const orphan = { content: gone, n: 3, reason: 'content removed' };
        expect(await listOrphans(stage.database)).toEqual(moment === 'before' ? [orphan] : []);
        // Views that were on the way for longer.
        await pushAll(stage, expected);
        await stage.assertCounts(sumCounts([expected, expected]));
        const n = moment === 'before' ? 6 : 3;
        expect(await listOrphans(stage.database)).toEqual([{ ...orphan, n }]);
      }),
    TEST_TIMEOUT_MS,
  );

  test.concurrent(
    `whose form is saved ${SAVES} times during flushes, and its page’s, loses no view and no edit`,
    () =>
      withStage({ redisConfig: REDIS_CONFIG }, async (stage) => {
        const { database } = stage;
        const films = await createFilms(database, 1);
        const id = Number(films[0]?.split(':')[1]);
        const shown: ContentReference[] = [{ label: video.label, id }];
        const page = await database.tx((tx) => createPage(tx, TESTER, { title: 'Page', url: URL }, shown));
        // Each flush holds the row for a while.
        await Promise.all([stage.start(['beat'], { failpoints: 'flush.chunk=wait:150' }), stage.start(['worker'])]);
        const pushing = keepPushing(() => stage.pushJobs(50, { contents: films }), 50);
        for (let version = 1; version <= SAVES; version++) {
          const input = { title: `Film ${version}`, file_url: URL, counter: '0' };
          await database.tx((tx) => updateContent(tx, TESTER, video, id, version, input));
          if (version % 10 === 0) {
            const edit = { title: `Page ${version}`, url: URL };
            await database.tx((tx) => updatePage(tx, TESTER, page, version / 10, edit, shown));
          }
          await Bun.sleep(stage.random() * 30);
        }
        await stage.assertCounts(await pushing.stop());
        expect(await findContent(database, video, id)).toMatchObject({ version: SAVES + 1, title: `Film ${SAVES}` });
        expect(await countBatches(database, video.label)).toBeGreaterThan(2);
      }),
    TEST_TIMEOUT_MS,
  );
});

/** Pushes jobs that add up to these views. */
async function pushAll({ redis }: Stage, views: Counts): Promise<void> {
  const pairs = [...views];
  for (let first = 0; first < pairs.length; first += IDS_OF_JOB) {
    await redis.command('RPUSH', 'views:queue', jobOf(pairs.slice(first, first + IDS_OF_JOB)));
  }
}

async function isIngested({ redis }: Stage): Promise<void> {
  await eventually(async () => expect(await redis.command('LLEN', 'views:queue')).toBe(0), WAIT_MS_MAX);
}

/** Views of a label that wait in Redis. */
async function readPending({ redis }: Stage, label: string): Promise<Counts> {
  const fields = (await redis.command('HGETALL', `views:counter:${label}`)) ?? [];
  const pending = new Map<string, number>();
  if (!Array.isArray(fields)) return pending;
  for (let place = 0; place < fields.length; place += 2) {
    pending.set(`${label}:${fields[place]}`, Number(fields[place + 1]));
  }
  return pending;
}

/** The most memory that a process has had, in kB; 0 where the system does not tell. */
function readMemoryPeak({ pid }: StageProgram): number {
  const file = `/proc/${pid}/status`;
  return existsSync(file) ? Number(/VmHWM:\s+(\d+)/.exec(readFileSync(file, 'utf8'))?.[1]) : 0;
}
