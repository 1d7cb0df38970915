/** Constant load on a hub's pages, and what its counters may say afterwards. */
import { expect } from 'bun:test';
import { sql } from 'drizzle-orm';
import { audio } from '../../src/contents/audio.ts';
import { video } from '../../src/contents/video.ts';
import type { Database } from '../../src/db/connection.ts';
import { toInteger, toText } from '../../src/db/rows.ts';
import { createContent } from '../../src/store/contents.ts';
import { type ContentReference, createPage } from '../../src/store/pages.ts';
import { TESTER } from '../help/actor.ts';

const URL = 'https://example.org/film.mp4';

/** Pages and the contents each shows; contents are named `label:id`. */
export type Pages = ReadonlyMap<number, readonly string[]>;

/** Three videos and an audio on four pages, some on several, one twice on the same. */
export async function createPages(database: Database): Promise<Pages> {
  return database.tx(async (tx) => {
    const films: ContentReference[] = [];
    for (let n = 0; n < 3; n++) {
      films.push({
        label: video.label,
        id: await createContent(tx, TESTER, video, { title: `Film ${n}`, file_url: URL }),
      });
    }
    const text = { label: audio.label, id: await createContent(tx, TESTER, audio, { title: 'Text', text: 'Text' }) };
    const shown = [films, [...films.slice(0, 1), text], [text, ...films.slice(1, 2), text], films.slice(2)];
    const pages = new Map<number, string[]>();
    for (const contents of shown) {
      const id = await createPage(tx, TESTER, { title: 'Page', url: URL }, contents);
      pages.set(id, [...new Set(contents.map((content) => `${content.label}:${content.id}`))]);
    }
    return pages;
  });
}

/** One request; `answeredAt` (of `performance.now`) is there when it was answered with 200. */
interface Sent {
  readonly page: number;
  answeredAt?: number;
  /** Answered with something else: it counts for nothing. */
  isRefused?: true;
}

export interface Load {
  readonly sent: readonly Sent[];
  /** Ends it once every request was answered or has failed. */
  stop(): Promise<void>;
}

/** Requests pages one after another in `clients` loops, until it is stopped; failed requests are not sent again. */
export function startLoad(urls: readonly string[], pages: Pages, clients: number): Load {
  const sent: Sent[] = [];
  const ids = [...pages.keys()];
  let isOver = false;
  const loops = Array.from({ length: clients }, async (_, client) => {
    for (let n = client; !isOver; n++) {
      const page = ids[n % ids.length] ?? 0;
      const request: Sent = { page };
      sent.push(request);
      try {
        const answer = await fetch(`${urls[client % urls.length]}/api/v1/pages/${page}/`);
        await answer.arrayBuffer();
        if (answer.status === 200) request.answeredAt = performance.now();
        else request.isRefused = true;
      } catch {
        // The connection ended: nobody knows whether it counted. Not again at once: the port may be closed.
        await Bun.sleep(2);
      }
    }
  });
  return {
    sent,
    async stop() {
      isOver = true;
      await Promise.all(loops);
    },
  };
}

/** Views of each content, from the requests that `isCounted` accepts. */
export function viewsOf(
  pages: Pages,
  sent: readonly Sent[],
  isCounted: (request: Sent) => boolean,
): Map<string, number> {
  const views = new Map<string, number>();
  for (const contents of pages.values()) for (const content of contents) views.set(content, 0);
  for (const request of sent.filter(isCounted)) {
    for (const content of pages.get(request.page) ?? []) views.set(content, (views.get(content) ?? 0) + 1);
  }
  return views;
}

/** Each content's counter. */
export async function readCounters(database: Database): Promise<Map<string, number>> {
  const rows = await database.rows(sql`
    select ${video.label} as label, id, counter from pages_videocontent
    union all select ${audio.label}, id, counter from pages_audiocontent`);
  return new Map(rows.map((row) => [`${toText(row.label)}:${toInteger(row.id)}`, toInteger(row.counter)]));
}

/** What the ledger has taken in is in the counters and the orphans, and nowhere else. */
export async function assertBalanced(database: Database): Promise<void> {
  const [row] = await database.rows(sql`select
    (select coalesce(sum(views_total), 0) from impression_ledger) as taken,
    (select coalesce(sum(counter), 0) from pages_videocontent) + (select coalesce(sum(counter), 0) from pages_audiocontent)
      + (select coalesce(sum(n), 0) from impression_orphans) as counted`);
  expect(toInteger(row?.counted)).toBe(toInteger(row?.taken));
}

/** Every answered request is counted; one without an answer at most once. */
export async function assertExact(database: Database, pages: Pages, sent: readonly Sent[]): Promise<void> {
  const answered = viewsOf(pages, sent, (request) => request.answeredAt !== undefined);
  const possible = viewsOf(pages, sent, (request) => request.isRefused === undefined);
  for (const [content, counter] of await readCounters(database)) {
    expect({
      content,
      counter,
      tooFew: counter < (answered.get(content) ?? 0),
      tooMany: counter > (possible.get(content) ?? 0),
    }).toEqual({
      content,
      counter,
      tooFew: false,
      tooMany: false,
    });
  }
  await assertBalanced(database);
}
