/** Many editors who change the same pages and contents at once, in no order: whatever they are answered, what is stored fits together. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { video } from '../../src/contents/video.ts';
import type { Database } from '../../src/db/connection.ts';
import { toInteger, toText } from '../../src/db/rows.ts';
import { findDanglingLinks } from '../../src/store/fixtures.ts';
import { type HistoryValues, listHistory } from '../../src/store/history.ts';
import { findPage, formatReference, PAGE_LABEL, pageValues } from '../../src/store/pages.ts';
import { enter, type Visitor } from '../help/admin.ts';
import { DIALECTS } from '../help/databases.ts';
import { readFields } from '../help/html.ts';
import { PAGE_URL, type PageHub, startPageHub } from '../help/page_hub.ts';
import { choiceOf } from '../help/random.ts';

const SEED = 20_261_125;
const EDITORS = 6;
const EDITS = 25;
const FILMS = 8;
const ANSWERS = [200, 303, 404, 409, 422];

/** What each page is called: a title and contents of two different versions do not fit. */
const titleOf = (contents: readonly string[]) => `Shows ${contents.join(' ')}`;

/** The ids of a table's rows. */
async function idsOf(database: Database, table: 'page' | 'film'): Promise<number[]> {
  const name = sql.identifier(table === 'page' ? 'pages_page' : video.table);
  return (await database.rows(sql`select id from ${name} order by id`)).map(({ id }) => toInteger(id));
}

describe.each(DIALECTS)('of many editors at once (%s)', (dialect) => {
  let on: PageHub;

  beforeAll(async () => {
    on = await startPageHub(dialect);
    for (let film = 0; film < FILMS; film += 1) await on.makeVideo(`Film ${film}`);
    for (let page = 0; page < EDITORS; page += 1) await on.makePage(titleOf([on.a]), [on.a]);
  });
  afterAll(() => on.stop());

  /** One editor's work. @returns the statuses of the answers */
  async function work(visitor: Visitor, choose: (below: number) => number): Promise<number[]> {
    const statuses: number[] = [];
    const pick = <T>(list: readonly T[]): T | undefined => list[choose(list.length)];
    const post = async (path: string, fields: Parameters<Visitor['post']>[1] = {}) => {
      const { status } = await visitor.post(path, fields);
      statuses.push(status);
    };
    const read = async (path: string, form: RegExp) => {
      const answer = await visitor.get(path);
      statuses.push(answer.status);
      return answer.status === 200 ? readFields(await answer.text(), form) : undefined;
    };
    const films = async () =>
      (await idsOf(on.hub.database, 'film')).map((id) => formatReference({ label: video.label, id }));
    const edits: readonly ((page: string) => Promise<void>)[] = [
      async (page) => {
        const fields = await read(page, /data-draft/);
        const all = await films();
        const contents = Array.from({ length: choose(4) }, () => pick(all) ?? on.a);
        const sent = { title: titleOf(contents), url: PAGE_URL, version: fields?.version ?? '' };
        if (fields !== undefined) await post(page, { ...sent, contents });
      },
      (page) => post(`${page}duplicate/`),
      async (page) => {
        if (choose(3) === 0) await post(`${page}delete/`);
        else await post('/admin/contents/video/add/', { title: 'Another', file_url: PAGE_URL, subtitles_url: '' });
      },
      async () => {
        const ids = (await idsOf(on.hub.database, 'film')).filter(() => choose(4) === 0).map(String);
        await post('/admin/contents/video/delete/', { ids, confirmed: '1' });
      },
      async (page) => {
        const history = await (await visitor.get(`${page}history/`)).text();
        const [, path] = pick([...history.matchAll(/href="([^"]*\/restore\/)"/g)]) ?? [];
        const fields = path && (await read(path, /name="version"/));
        if (path && fields) await post(path, fields);
      },
    ];
    for (let edit = 0; edit < EDITS; edit += 1) {
      const id = pick(await idsOf(on.hub.database, 'page')) ?? 1;
      await pick([...edits, ...edits.slice(0, 1)])?.(`/admin/pages/${id}/`);
    }
    return statuses;
  }

  test('each is answered, no page shows what is not there, and history leads to what is stored', async () => {
    const { database } = on.hub;
    const visitors = await Promise.all(Array.from({ length: EDITORS }, () => enter(on.hub, 'editor')));
    const statuses = await Promise.all(visitors.map((visitor, place) => work(visitor, choiceOf(SEED + place))));
    expect(statuses.flat().filter((status) => !ANSWERS.includes(status))).toEqual([]);
    expect(await database.tx((tx) => findDanglingLinks(tx, 10))).toEqual([]);
    for (const id of await idsOf(database, 'page')) {
      const page = await findPage(database, id);
      if (page === undefined) throw new Error(`page ${id} went while nobody was at work`);
      const contents = page.contents.map(formatReference);
      expect(page.title.replaceAll(' (copy)', '')).toBe(titleOf(contents));
      const entries = (await listHistory(database, { label: PAGE_LABEL, id, limit: 1000 })).toReversed();
      let values: HistoryValues = {};
      for (const { before, after } of entries) {
        expect(values).toMatchObject(before ?? {});
        values = { ...values, ...after };
      }
      expect(values).toEqual(pageValues(page));
      expect(page.version).toBe(entries.length);
    }
  }, 60_000);

  test('search knows every page and film by its last title, and nothing else', async () => {
    const { database } = on.hub;
    const { searchEntry: entry } = database.tables;
    for (const [label, table] of [
      [PAGE_LABEL, 'pages_page'],
      [video.label, video.table],
    ] as const) {
      const known = await database.rows(sql`
        select object_id as id, title from ${entry} where content_type = ${label} order by object_id`);
      const stored = await database.rows(sql`select id, title from ${sql.identifier(table)} order by id`);
      const name = (row: Readonly<Record<string, unknown>>) => `${toInteger(row.id)} ${toText(row.title)}`;
      expect(known.map(name)).toEqual(stored.map(name));
    }
  });
});
