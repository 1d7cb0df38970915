/** The hub in containers as its readers see it, and whether its counters say what they saw. */
import { expect, say, sum } from './checks.ts';
import { type Project, until } from './docker.ts';
import { type Seen, startLoad } from './load.ts';

const PORT = Number(process.env.HTTP_PORT ?? 80);
export const ORIGIN = PORT === 80 ? 'http://localhost' : `http://localhost:${PORT}`;
const AFTER_WORK_MS = 4000;
const COUNTED_SECONDS = 60;

export interface Hub {
  readonly project: Project;
  /** Ids of all pages. */
  pages(): Promise<readonly number[]>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** Opens a page once, and remembers that it was. */
  open(page: number): Promise<Response>;
  /** Does `work` while pages are opened at full speed, and for some seconds after. */
  underLoad(work: () => Promise<void>): Promise<Seen>;
  /** From now on this many views more may be missing. */
  allowLoss(views: number): void;
  /** From now on this many views more may be there: of answers that were made and did not arrive. */
  allowSurplus(views: number): void;
  /** The counters of all contents, by label and id. */
  counters(): Promise<ReadonlyMap<string, number>>;
  /** Waits for the counters to say what was opened, and says whether they did. */
  expectCounted(when: string): Promise<void>;
}

export function createHub(project: Project): Hub {
  const opened = new Map<number, number>();
  let mayBeLost = 0;
  let mayBeMore = 0;

  function note(page: number, times: number): void {
    opened.set(page, (opened.get(page) ?? 0) + times);
  }
  const get: Hub['get'] = (path, headers = {}) => fetch(`${ORIGIN}${path}`, { headers, redirect: 'manual' });
  const pages = async () => (await project.sql('select id from pages_page order by id')).split('\n').map(Number);

  async function counters(): Promise<Map<string, number>> {
    const rows = await project.sql(`
      select 'pages.videocontent:' || id, counter from pages_videocontent
      union all select 'pages.audiocontent:' || id, counter from pages_audiocontent`);
    return new Map(rows.split('\n').map((row) => [row.split('|')[0] ?? '', Number(row.split('|')[1])]));
  }

  /** What the counters should be: one for each opening of a page and distinct content on it. */
  async function expected(): Promise<Map<string, number>> {
    const rows = await project.sql('select distinct page_id, content_type, object_id from pages_pagecontent');
    const views = new Map<string, number>();
    for (const row of rows.split('\n')) {
      const [page, label, id] = row.split('|');
      const key = `${label}:${id}`;
      views.set(key, (views.get(key) ?? 0) + (opened.get(Number(page)) ?? 0));
    }
    return views;
  }

  return {
    project,
    pages,
    get,
    async open(page) {
      const answer = await get(`/api/v1/pages/${page}/`);
      if (answer.status === 200) note(page, 1);
      return answer;
    },
    async underLoad(work) {
      const load = startLoad(ORIGIN, await pages());
      await work();
      await Bun.sleep(AFTER_WORK_MS);
      const seen = await load.stop();
      for (const [page, times] of seen.opened) note(page, times);
      const rate = Math.round(sum(Object.values(seen.statuses)) / seen.seconds);
      say(`       ${JSON.stringify(seen.statuses)}, ${seen.errors} without an answer, ${rate}/s`);
      return seen;
    },
    allowLoss(views) {
      mayBeLost += views;
    },
    allowSurplus(views) {
      mayBeMore += views;
    },
    counters,
    async expectCounted(when) {
      const wanted = await expected();
      let now = await counters();
      const isRight = () =>
        [...wanted].every(([key, views]) => (now.get(key) ?? 0) <= views + mayBeMore) &&
        sum(wanted.values()) - sum(now.values()) <= mayBeLost &&
        sum(now.values()) - sum(wanted.values()) <= mayBeMore;
      const deadline = until('counted', COUNTED_SECONDS, async () => {
        now = await counters();
        return isRight() ? true : undefined;
      });
      const isCounted = await deadline.catch(() => false);
      const bounds = mayBeLost + mayBeMore === 0 ? '' : ` (up to ${mayBeLost} may be lost, ${mayBeMore} more)`;
      expect(`${when}: ${sum(now.values())} views counted of ${sum(wanted.values())}${bounds}`, isCounted, {
        wrong: [...wanted].filter(([key, views]) => now.get(key) !== views).slice(0, 5),
      });
    },
  };
}

/** Answers with a status of 500 or more. */
export function serverErrors({ statuses }: Seen): number {
  return sum(Object.entries(statuses).map(([status, count]) => (Number(status) >= 500 ? count : 0)));
}
