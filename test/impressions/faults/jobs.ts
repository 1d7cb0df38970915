import type { TestRedis } from '../../help/redis.ts';
import { type Counts, sumCounts } from './books.ts';

/** Pairs of one job, and jobs of one RPUSH. */
const JOB_PAIRS_MAX = 5;
const PUSH_JOBS_MAX = 500;
const PAIR_VIEWS_MAX = 9;

export interface PushOptions {
  readonly random: () => number;
  /** Which contents (`label:id`) are seen. */
  readonly contents: readonly string[];
}

/** The text of one job: views of contents (`label:id`). */
export function jobOf(views: Iterable<readonly [content: string, n: number]>, id: string = Bun.randomUUIDv7()): string {
  const byLabel: Record<string, Record<string, number>> = {};
  for (const [content, n] of views) {
    const [label = '', contentId = ''] = content.split(':');
    byLabel[label] ??= {};
    byLabel[label][contentId] = n;
  }
  return JSON.stringify({ v: 1, id, views: byLabel });
}

/** Pushes jobs, each with an id of its own, of a few contents each. @returns what they add up to */
export async function pushJobs(
  redis: TestRedis,
  count: number,
  { random, contents }: PushOptions,
): Promise<Map<string, number>> {
  const sum = new Map<string, number>();
  for (let first = 0; first < count; first += PUSH_JOBS_MAX) {
    const jobs = Array.from({ length: Math.min(PUSH_JOBS_MAX, count - first) }, () => {
      const views = new Map<string, number>();
      for (let pair = 0; pair < 1 + random() * JOB_PAIRS_MAX; pair++) {
        const content = contents[Math.floor(random() * contents.length)] ?? '';
        views.set(content, 1 + Math.floor(random() * PAIR_VIEWS_MAX));
      }
      for (const [content, n] of views) sum.set(content, (sum.get(content) ?? 0) + n);
      return jobOf(views);
    });
    await redis.command('RPUSH', 'views:queue', ...jobs);
  }
  return sum;
}

/** Jobs that keep coming. */
export interface Pushing {
  /** Ends it. @returns what all of them add up to */
  stop(): Promise<Counts>;
}

/** Pushes a number of jobs again and again until it is stopped. @param everyMs about how often */
export function keepPushing(push: () => Promise<Counts>, everyMs: number): Pushing {
  const pushes: Counts[] = [];
  let isOver = false;
  const running = (async () => {
    while (!isOver) {
      pushes.push(await push());
      await Bun.sleep(everyMs);
    }
  })();
  // Whoever stops it hears of it.
  running.catch(() => {});
  return {
    async stop() {
      isOver = true;
      await running;
      return sumCounts(pushes);
    },
  };
}
