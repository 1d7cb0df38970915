import { expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { createPage, removePage, updatePage } from '../../src/store/pages.ts';
import { TESTER } from '../help/actor.ts';
import { type HubUnderTest, onEveryTarget } from './each_target.ts';

const PAGE = { title: 'One more', url: 'https://example.org/more/' };

function counts(under: HubUnderTest): void {
  async function count(): Promise<number> {
    return JSON.parse((await under.raw('GET', '/api/v1/pages/')).body).count;
  }

  test('the count of the list is exact after every kind of change, and unchanged after a rollback', async () => {
    const { database } = under.hub;
    expect(await count()).toBe(26);

    const id = await database.tx((tx) => createPage(tx, TESTER, PAGE));
    expect(await count()).toBe(27);

    await database.tx((tx) => updatePage(tx, TESTER, id, 1, { ...PAGE, title: 'Renamed' }, []));
    expect(await count()).toBe(27);

    await database.tx((tx) => removePage(tx, TESTER, id));
    expect(await count()).toBe(26);

    await database.tx((tx) =>
      tx.rows(sql`insert into pages_page (title, url, updated_at) select title, url, updated_at from pages_page`),
    );
    expect(await count()).toBe(52);

    await database.tx((tx) => tx.rows(sql`delete from pages_page where id > 20`));
    expect(await count()).toBe(20);

    const failed = database.tx(async (tx) => {
      await createPage(tx, TESTER, PAGE);
      await tx.rows(sql`delete from pages_page where id < 10`);
      throw new Error('changed my mind');
    });
    expect(failed).rejects.toThrow('changed my mind');
    await failed.catch(() => {});
    expect(await count()).toBe(20);

    await Promise.all(Array.from({ length: 10 }, () => database.tx((tx) => createPage(tx, TESTER, PAGE))));
    expect(await count()).toBe(30);

    await database.tx((tx) => tx.rows(sql`delete from pages_page`));
    expect((await under.raw('GET', '/api/v1/pages/')).body).toBe(
      '{"count":0,"next":null,"previous":null,"results":[]}',
    );
  });
}

// Written by the test itself, of which a cache hears nothing.
onEveryTarget(counts, { settings: { PAGE_CACHE_MS: '0' } });
