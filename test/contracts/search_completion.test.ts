/** Hubs that were filled before search had its words, and before pages were searched. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { migrations } from '../../drizzle/embedded.ts';
import { contentTypes } from '../../src/contents/index.ts';
import { video } from '../../src/contents/video.ts';
import type { Database } from '../../src/db/connection.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { listRows } from '../../src/store/listing.ts';
import { createPage, PAGE_LABEL, updatePage } from '../../src/store/pages.ts';
import { searchContents } from '../../src/store/search.ts';
import { completeSearch } from '../../src/store/search_completion.ts';
import { TESTER } from '../help/actor.ts';
import { createEmptyDatabase, DIALECTS, type EmptyDatabase } from '../help/databases.ts';
import { runProgram, SOURCE, startProgram } from '../help/program.ts';

const LABELS = [...contentTypes.map(({ label }) => label), PAGE_LABEL];
const URL = 'https://example.org/';
/** More than are written at a time. */
const PAGES = 1203;
const CONTENTS = 7;

describe.each(DIALECTS)('a hub of the first version on %s', (dialect) => {
  let empty: EmptyDatabase;
  let database: Database;

  beforeEach(async () => {
    empty = await createEmptyDatabase(dialect);
    await migrate(empty.address, () => {}, { ...migrations, [dialect]: migrations[dialect].slice(0, 1) });
    database = openDatabase(empty.address);
    await database.tx(async (tx) => {
      const now = sql.param(new Date(), tx.tables.page.updated_at);
      for (let id = 1; id <= PAGES; id++) {
        await tx.rows(sql`
          insert into pages_page (title, url, updated_at) values (${`Page of МИМОЛЁТНОЕ ${id}`}, ${URL}, ${now})`);
      }
      for (let id = 1; id <= CONTENTS; id++) {
        await tx.rows(sql`
          insert into pages_videocontent (title, file_url, updated_at) values (${`The Sunset ${id}`}, ${URL}, ${now})`);
        await tx.rows(sql`
          insert into pages_searchentry (content_type, object_id, title, folded)
          values (${video.label}, ${id}, ${`The Sunset ${id}`}, ${`the sunset ${id}`})`);
      }
    });
  });
  afterEach(async () => {
    await database.close();
    await empty.drop();
  });

  async function expectAllFound(): Promise<void> {
    const count = async (term: string, label: string) =>
      (await listRows(database, { label, sort: 'id', term, limit: 900 })).rows.length;
    expect(await count('мимолетное', PAGE_LABEL)).toBe(900);
    for (const term of ['the', 'SUN', 'unse']) expect([term, await count(term, video.label)]).toEqual([term, CONTENTS]);
    expect((await searchContents(database, `летное ${PAGES}`, LABELS)).results.map(({ id }) => id)).toEqual([PAGES]);
    const titles = await listRows(database, { label: PAGE_LABEL, sort: '-title', limit: 1 });
    expect(titles.rows.map(({ title }) => title)).toEqual(['Page of МИМОЛЁТНОЕ 999']);
  }

  test('is searched in full once its titles are gone through, which happens once', async () => {
    await migrate(empty.address);
    expect((await searchContents(database, 'sunset', LABELS)).results).toEqual([]);
    expect(await completeSearch(database)).toBe(PAGES + CONTENTS);
    await expectAllFound();
    expect(await completeSearch(database)).toBe(0);
  });

  test('may be edited before, and gone through twice', async () => {
    await migrate(empty.address);
    await database.tx((tx) => updatePage(tx, TESTER, PAGES, 1, { title: 'Page of МИМОЛЁТНОЕ 1203', url: URL }, []));
    await database.tx((tx) => createPage(tx, TESTER, { title: 'Another', url: URL }));
    await completeSearch(database);
    await database.tx((tx) => tx.rows(sql`delete from pages_searchstate`));
    expect(await completeSearch(database)).toBe(PAGES + 1 + CONTENTS);
    await expectAllFound();
  });

  test('is completed by `contenthub migrate`', async () => {
    const { code, stdout } = await runProgram(SOURCE, ['migrate'], { settings: { DATABASE_URL: empty.url } });
    expect([code, stdout]).toEqual([0, expect.stringContaining(`made ${PAGES + CONTENTS} titles searchable\n`)]);
    await expectAllFound();
  });

  test('is completed by a hub that migrates at its start', async () => {
    const hub = await startProgram(SOURCE, [], { settings: { DATABASE_URL: empty.url } });
    await hub.end('SIGTERM');
    await expectAllFound();
  });
});
