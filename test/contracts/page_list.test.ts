/** Pages by their place, read in three ways that a plain OFFSET must agree with. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { migrations } from '../../drizzle/embedded.ts';
import { INTEGER_MAX } from '../../src/contents/content.ts';
import type { Connection, Database } from '../../src/db/connection.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { toInteger, toText } from '../../src/db/rows.ts';
import { PAGE_BLOCK_BITS } from '../../src/db/schema.ts';
import { listPages, type PageList } from '../../src/store/page_list.ts';
import { fixtureWriter, load, page } from '../commands/fixtures/loading.ts';
import {
  createEmptyDatabase,
  createFolder,
  createTestDatabase,
  DIALECTS,
  type EmptyDatabase,
  type TestDatabase,
} from '../help/databases.ts';
import { choiceOf } from '../help/random.ts';

const BLOCK_IDS = 2 ** PAGE_BLOCK_BITS;
/** So few that lists of some dozen pages are read in each of the three ways. */
const NEAR_ROWS = 2;
const SIZES = [1, 3, 7, 100];

async function insert(connection: Connection, ids: readonly number[]): Promise<void> {
  const time = sql.param(new Date(0), connection.tables.page.updated_at);
  const values = ids.map((id) => sql`(${id}, ${`Page ${id}`}, 'https://example.org/', ${time})`);
  await connection.rows(
    sql`insert into pages_page (id, title, url, updated_at) values ${sql.join(values, sql`, `)} on conflict (id) do update set title = 'Again'`,
  );
}

/** Every list page of some sizes, and one past the end, beside what OFFSET says. */
async function expectEveryPlace(database: Database, lists: PageList): Promise<void> {
  const all = (await database.rows(sql`select id, title, url from pages_page order by id`)).map((row) => ({
    id: toInteger(row.id),
    title: toText(row.title),
    url: toText(row.url),
  }));
  expect(await lists.count()).toBe(all.length);
  for (const size of SIZES) {
    for (let offset = 0; offset <= all.length + size; offset += size) {
      const expected = { size, offset, count: all.length, pages: all.slice(offset, offset + size) };
      expect({ size, offset, ...(await lists.list(offset, size)) }).toEqual(expected);
    }
  }
}

async function expectExactBlocks(database: Database): Promise<void> {
  const kept = await database.rows(sql`select block, n from page_block order by block`);
  const counted = await database.rows(
    sql`select id >> ${sql.raw(String(PAGE_BLOCK_BITS))} as block, count(*) as n from pages_page group by 1 order by 1`,
  );
  expect([...kept]).toEqual([...counted]);
}

describe.each(DIALECTS)('the list of all pages on %s', (dialect) => {
  let opened: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    opened = await createTestDatabase(dialect);
    database = opened.database;
  });
  beforeEach(async () => {
    await database.tx((tx) => tx.rows(sql`delete from pages_page`));
  });
  afterAll(() => opened.drop());

  const expectExact = async (lists = listPages(database, NEAR_ROWS)) => {
    await expectExactBlocks(database);
    await expectEveryPlace(database, lists);
  };

  test('has each page in its place after any inserts, upserts and deletes, single and in bulk', async () => {
    const choose = choiceOf(7);
    // It chooses by what it saw before the change.
    const lists = listPages(database, NEAR_ROWS);
    await expectExact(lists);
    for (let round = 0; round < 12; round++) {
      await database.tx(async (tx) => {
        const ids = new Set(Array.from({ length: 1 + choose(20) }, () => 1 + choose(8 * BLOCK_IDS)));
        await insert(tx, [...ids]);
        for (const id of [...ids].slice(0, 2)) await tx.rows(sql`delete from pages_page where id = ${id}`);
        const block = choose(8) * BLOCK_IDS;
        await tx.rows(sql`delete from pages_page where id between ${block} and ${block + BLOCK_IDS}`);
      });
      await expectExact(lists);
    }
    await insertTooMuch();
    await expectExact(lists);
  });

  /** What a transaction takes back moves no page. */
  async function insertTooMuch(): Promise<void> {
    const taken = database.tx(async (tx) => {
      await insert(tx, [1, 2, 3, BLOCK_IDS, 9 * BLOCK_IDS]);
      await tx.rows(sql`delete from pages_page where id > ${2 * BLOCK_IDS}`);
      throw new Error('taken back');
    });
    await expect(taken).rejects.toThrow('taken back');
  }

  test('has each page in its place at the edges of blocks, with ids as far apart as ids can be', async () => {
    const edges = [1, 2, 40, 2 ** 31].flatMap((block) => [-1, 0, 1].map((beside) => block * BLOCK_IDS + beside));
    await database.tx((tx) => insert(tx, [1, ...edges, INTEGER_MAX - 1, INTEGER_MAX]));
    await expectExact();
    await database.tx((tx) => tx.rows(sql`delete from pages_page where id in (${edges[3]}, ${INTEGER_MAX})`));
    await expectExact();
  });

  test('has each page in its place after fixtures, loaded twice', async () => {
    const folder = createFolder();
    const ids = [3, 1, 2, 5 * BLOCK_IDS, 7, 5 * BLOCK_IDS + 1, 2 ** 52, 9000, 9001, 9002];
    const file = fixtureWriter(folder.path)(ids.map((id) => page(id)));
    for (let times = 0; times < 2; times++) await load(database, file);
    folder.remove();
    expect(await listPages(database).count()).toBe(ids.length);
    await expectExact();
  });

  test('is empty, with no block, when all pages are gone at once', async () => {
    const ids = Array.from({ length: 30 }, (_, n) => 1 + n * 1000);
    await database.tx((tx) => insert(tx, ids));
    const lists = listPages(database, NEAR_ROWS);
    await expectExact(lists);
    await database.tx((tx) =>
      tx.rows(dialect === 'postgres' ? sql`truncate pages_page cascade` : sql`delete from pages_page`),
    );
    await expectExact(lists);
    expect(await database.rows(sql`select * from page_block`)).toHaveLength(0);
  });

  test('has each page in its place when many insert and delete at once', async () => {
    await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        database.tx(async (tx) => {
          const [here, there] = [1 + n + (n % 3) * BLOCK_IDS, 1 + n + ((n + 1) % 3) * BLOCK_IDS + 100];
          await insert(tx, [here]);
          await insert(tx, [there]);
          if (n % 2 === 0) await tx.rows(sql`delete from pages_page where id = ${here}`);
        }),
      ),
    );
    expect(await listPages(database).count()).toBe(45);
    await expectExact();
  });

  test('says of one moment what it says, while pages come and go', async () => {
    const ids = Array.from({ length: 60 }, (_, n) => 1 + n * 1000);
    await database.tx((tx) => insert(tx, ids));
    const writer = openDatabase(opened.address);
    let isOver = false;
    const writing = (async () => {
      for (let times = 0; times < 40; times++) {
        await writer.tx((tx) => tx.rows(sql`delete from pages_page where id between 1 and 30000`));
        // Lets the reader go on.
        await Bun.sleep(1);
        await writer.tx((tx) => insert(tx, ids.slice(0, 30)));
        await Bun.sleep(1);
      }
      isOver = true;
    })();
    const lists = listPages(database, NEAR_ROWS);
    const counts = new Set<number>();
    const firsts = new Map([
      [60, ids[25]],
      [30, ids[55]],
    ]);
    for (let times = 0; !isOver; times++) {
      const { count, pages } = await lists.list(25, 1 + (times % 8));
      counts.add(count);
      expect([count, pages[0]?.id]).toEqual([count, firsts.get(count)]);
      await Bun.sleep(0);
    }
    await writing;
    await writer.close();
    expect([...counts].sort()).toEqual([30, 60]);
  });
});

describe.each(DIALECTS)('a hub of the version before on %s', (dialect) => {
  let empty: EmptyDatabase;
  beforeAll(async () => {
    empty = await createEmptyDatabase(dialect);
  });
  afterAll(() => empty.drop());

  test('has each page in its place once it is migrated', async () => {
    const before = migrations[dialect].filter(({ tag }) => tag < '0003');
    await migrate(empty.address, () => {}, { ...migrations, [dialect]: before });
    const database = openDatabase(empty.address);
    const ids = Array.from({ length: 40 }, (_, n) => 1 + n * 1500);
    await database.tx((tx) => insert(tx, ids));
    expect(await migrate(empty.address)).toContain('0003_page_block');
    await expectExactBlocks(database);
    await database.tx((tx) => insert(tx, [5, 2 ** 40]));
    await database.tx((tx) => tx.rows(sql`delete from pages_page where id between 3000 and 20000`));
    await expectExactBlocks(database);
    await expectEveryPlace(database, listPages(database, NEAR_ROWS));
    await database.close();
  });
});
