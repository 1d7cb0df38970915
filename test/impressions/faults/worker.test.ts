/** Webs and workers killed, stopped, and made to count the same again: what the books say afterwards. */
import { describe, expect, test } from 'bun:test';
import { type Load, viewsOf } from '../load.ts';
import { type Counts, readJob, sumCounts } from './books.ts';
import { jobOf } from './jobs.ts';
import { IS_FULL_RUN, TEST_TIMEOUT_MS } from './limits.ts';
import { type Stage, withStage } from './stage.ts';

/** Jobs of one run of the script; see src/impressions/ingest.ts. */
const RUN_JOBS = 200;
const KILLS = IS_FULL_RUN ? 20 : 3;
const CHAOS_MS = IS_FULL_RUN ? 180_000 : 6000;
const STOP_MS_MAX = 1500;
const WEB_KILLS = IS_FULL_RUN ? 20 : 4;
/** What a web has gathered for IMPRESSION_PUSH_MS and not pushed, and how late timers and answers are on a busy machine. */
const LOST_MS_MAX = 20 + 500;

describe('workers', () => {
  test.concurrent(
    'killed again and again before and after the script has run: every job counts once',
    () =>
      withStage({}, async (stage) => {
        await stage.start(['beat']);
        const pushes: Counts[] = [];
        for (let round = 0; round < 2 * KILLS; round++) {
          pushes.push(await stage.pushJobs(8 * RUN_JOBS));
          const place = round % 2 === 0 ? 'ingest.before' : 'ingest.after';
          const worker = await stage.start(['worker'], {
            failpoints: `${place}=kill@${1 + Math.floor(stage.random() * 7)}`,
          });
          expect(await worker.ended()).toBe(137);
        }
        await stage.start(['worker']);
        await stage.assertCounts(sumCounts(pushes));
      }),
    TEST_TIMEOUT_MS,
  );

  test.concurrent(
    'a job that is delivered a thousand times counts once',
    () =>
      withStage({}, async (stage) => {
        const [content = ''] = stage.pages.values().next().value ?? [];
        const job = jobOf([[content, 7]]);
        await Promise.all([stage.start(['worker']), stage.start(['worker']), stage.start(['beat'])]);
        const pushes: Counts[] = [new Map([[content, 7]])];
        for (let round = 0; round < 10; round++) {
          await stage.redis.command('RPUSH', 'views:queue', ...Array.from({ length: 100 }, () => job));
          pushes.push(await stage.pushJobs(20));
        }
        await stage.assertCounts(sumCounts(pushes));
        // And after all of it has reached the database.
        await stage.redis.command('RPUSH', 'views:queue', job);
        await stage.assertCounts(sumCounts(pushes));
      }),
    TEST_TIMEOUT_MS,
  );

  test.concurrent(
    'three, killed and stopped at random for a while: every job counts once',
    () =>
      withStage({}, async (stage) => {
        await stage.start(['beat']);
        const until = performance.now() + CHAOS_MS;
        const harassing = Array.from({ length: 3 }, () => harassWorker(stage, until));
        const pushes: Counts[] = [];
        while (performance.now() < until) {
          // Often few, so that workers have to wait for jobs, and sometimes enough for several runs.
          pushes.push(await stage.pushJobs(Math.floor(stage.random() ** 4 * 3 * RUN_JOBS)));
          await Bun.sleep(stage.random() * 100);
        }
        await Promise.all(harassing);
        await stage.assertCounts(sumCounts(pushes));
      }),
    TEST_TIMEOUT_MS,
  );

  test.concurrent(
    'a Redis that forgets its scripts a hundred times: every view counts once',
    () =>
      withStage({}, async (stage) => {
        const [web] = await Promise.all([stage.start(['web']), stage.start(['worker']), stage.start(['beat'])]);
        const load = stage.load([web.url], 4);
        const pushes: Counts[] = [];
        for (let round = 0; round < 100; round++) {
          await stage.redis.command('SCRIPT', 'FLUSH', round % 2 === 0 ? 'SYNC' : 'ASYNC');
          pushes.push(await stage.pushJobs(10));
          await Bun.sleep(stage.random() * 50);
        }
        await load.stop();
        expect(load.sent.length).toBeGreaterThan(100);
        await stage.assertExact(load.sent, { pushed: sumCounts(pushes) });
      }),
    TEST_TIMEOUT_MS,
  );
});

/** Stops and kills a worker at random moments, and leaves one that runs. */
async function harassWorker(stage: Stage, until: number): Promise<void> {
  while (performance.now() < until) {
    const worker = await stage.start(['worker']);
    await Bun.sleep(stage.random() * 300);
    worker.signal('SIGSTOP');
    await Bun.sleep(stage.random() * STOP_MS_MAX);
    worker.signal('SIGCONT');
    await Bun.sleep(stage.random() * 300);
    expect(await worker.end('SIGKILL')).toBe(137);
  }
  await stage.start(['worker']);
}

describe('webs', () => {
  test(
    'killed again and again under load: lost is at most what was answered in the last moments, and what Redis has counts once',
    () =>
      withStage({}, async (stage) => {
        const sent: Load['sent'][number][] = [];
        const uncertain: { readonly from: number; readonly to: number }[] = [];
        for (let round = 0; round < WEB_KILLS; round++) {
          const web = await stage.start(['web']);
          const load = stage.load([web.url], 4);
          await Bun.sleep(LOST_MS_MAX + stage.random() * 500);
          const from = performance.now() - LOST_MS_MAX;
          expect(await web.end('SIGKILL')).toBe(137);
          await load.stop();
          uncertain.push({ from, to: performance.now() });
          sent.push(...load.sent);
        }
        const isCertain = ({ answeredAt = 0 }) =>
          !uncertain.some(({ from, to }) => answeredAt > from && answeredAt <= to);
        // No worker has run: what was accepted lies in the queue, as it came.
        const accepted = await readQueue(stage);
        const certain = viewsOf(stage.pages, sent, (request) => request.answeredAt !== undefined && isCertain(request));
        for (const [content, n] of certain) expect(accepted.get(content) ?? 0).toBeGreaterThanOrEqual(n);
        expect([...certain.values()].every((n) => n > 0)).toBe(true);

        await Promise.all([stage.start(['worker']), stage.start(['beat'])]);
        await stage.assertExact(sent, { isCertain });
        await stage.assertCounts(accepted);
      }),
    TEST_TIMEOUT_MS,
  );
});

/** Views of the jobs in the queue, each job once. */
async function readQueue({ redis }: Stage): Promise<Map<string, number>> {
  const texts = await redis.command('LRANGE', 'views:queue', '0', '-1');
  const jobs = (Array.isArray(texts) ? texts : []).map((text) => readJob(String(text)));
  return sumCounts(new Map(jobs.map(({ id, views }) => [id, views])).values());
}
