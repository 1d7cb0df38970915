/** What becomes of views that no counter took, on both databases. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { audio } from '../../src/contents/audio.ts';
import { INTEGER_MAX } from '../../src/contents/content.ts';
import { video } from '../../src/contents/video.ts';
import type { Connection, Database } from '../../src/db/connection.ts';
import { openDatabase } from '../../src/db/open.ts';
import { toInteger } from '../../src/db/rows.ts';
import { createContent } from '../../src/store/contents.ts';
import { applyBatch, holdBatch, type ImpressionBatch } from '../../src/store/impressions.ts';
import { applyOrphans, countOrphans, discardOrphans, removeOldOrphans, sumOrphans } from '../../src/store/orphans.ts';
import { TESTER } from '../help/actor.ts';
import { createTestDatabase, DIALECTS, type TestDatabase } from '../help/databases.ts';

const ID_MAX = '9223372036854775807';

describe.each(DIALECTS)('views set aside on %s', (dialect) => {
  let opened: TestDatabase;
  let database: Database;
  let films: number[];
  let text: number;

  beforeAll(async () => {
    opened = await createTestDatabase(dialect);
    database = opened.database;
  });
  afterAll(() => opened.drop());
  beforeEach(async () => {
    await database.tx(async (tx) => {
      for (const table of ['impression_ledger', 'impression_orphans', 'pages_videocontent', 'pages_audiocontent']) {
        await tx.rows(sql`delete from ${sql.identifier(table)}`);
      }
      const create = () =>
        createContent(tx, TESTER, video, { title: 'Film', file_url: 'https://example.org/film.mp4' });
      films = [await create(), await create()];
      text = await createContent(tx, TESTER, audio, { title: 'Text', text: 'Text' });
    });
  });

  /** Sets a batch aside, as a flush does when Redis went back in time. */
  async function hold(label: string, views: readonly (readonly [number, number])[], beyond: [string, number][] = []) {
    const batch: ImpressionBatch = {
      source: 'test',
      label,
      seq: 1,
      batchId: crypto.randomUUID(),
      views: new Map(views),
      idsBeyond: new Map(beyond),
    };
    await database.tx((tx) =>
      applyBatch(tx, { ...batch, batchId: 'first', views: new Map(), idsBeyond: new Map() }, 10),
    );
    expect(await database.tx((tx) => holdBatch(tx, batch))).toBe(1);
    return batch;
  }
  async function counters(): Promise<number[]> {
    const rows = await database.rows(sql`
      select id, counter, 0 as kind from pages_videocontent union all select id, counter, 1 from pages_audiocontent order by kind, id`);
    return rows.map((row) => toInteger(row.counter));
  }
  async function viewsTotal(): Promise<number> {
    const rows = await database.rows(sql`select views_total from impression_ledger`);
    return rows.reduce((sum, row) => sum + toInteger(row.views_total), 0);
  }
  const apply = (label?: string) => database.tx((tx) => applyOrphans(tx, TESTER, label));
  const sums = async () => (await sumOrphans(database)).map((sum) => Object.values(sum));

  test('of a batch that is held twice are set aside once, and are in the ledger’s sum', async () => {
    const batch = await hold(video.label, [[films[0] ?? 0, 3]], [[ID_MAX, 4]]);
    expect(await database.tx((tx) => holdBatch(tx, batch))).toBe(1);
    expect([await sums(), await viewsTotal()]).toEqual([[[video.label, 'rewound', 2, 7]], 7]);
    expect(await counters()).toEqual([0, 0, 0]);
  });

  test('are summed up by label and reason', async () => {
    expect([await sums(), await countOrphans(database)]).toEqual([[], 0]);
    await hold(video.label, [
      [1, 2],
      [5, 3],
    ]);
    await hold(video.label, [[1, 7]]);
    await hold(audio.label, [[text, 4]]);
    await database.tx((tx) =>
      applyBatch(
        tx,
        { source: 'other', label: video.label, seq: 1, batchId: 'b', views: new Map([[INTEGER_MAX, 5]]) },
        10,
      ),
    );
    expect(await sums()).toEqual([
      [audio.label, 'rewound', 1, 4],
      [video.label, 'content removed', 1, 5],
      [video.label, 'rewound', 3, 12],
    ]);
    expect(await countOrphans(database)).toBe(5);
  });

  test('are added to the counters of contents that exist and have room, and the others stay', async () => {
    const [full = 0, roomy = 0] = films;
    await database.tx((tx) =>
      tx.rows(sql`update pages_videocontent set counter = ${INTEGER_MAX - 5} where id = ${full}`),
    );
    await hold(video.label, [
      [full, 6],
      [roomy, 2],
      [INTEGER_MAX, 1],
    ]);
    await hold(video.label, [[roomy, 3]], [[ID_MAX, 4]]);
    await hold(audio.label, [[text, 7]]);
    await hold('pages.unknown', [[1, 1]]);
    expect(await apply(audio.label)).toBe(7);
    expect(await counters()).toEqual([INTEGER_MAX - 5, 0, 7]);
    expect(await apply()).toBe(5);
    expect(await counters()).toEqual([INTEGER_MAX - 5, 5, 7]);
    expect(await apply()).toBe(0);
    expect(await sums()).toEqual([
      ['pages.unknown', 'rewound', 1, 1],
      [video.label, 'rewound', 3, 11],
    ]);
    // Several batches of one content that fit only one by one wait together.
    await database.tx((tx) => tx.rows(sql`update pages_videocontent set counter = 0 where id = ${full}`));
    expect(await apply()).toBe(6);
    expect(await counters()).toEqual([6, 5, 7]);
  });

  test('that come while others are added are not lost', async () => {
    const [film = 0] = films;
    await hold(video.label, [[film, 2]]);
    const other = openDatabase(opened.address);
    let coming: Promise<unknown> | undefined;
    const added = await database.tx(async (tx) => {
      const watched: Connection = {
        ...tx,
        async rows(query) {
          const rows = await tx.rows(query);
          // Beside the first statement that has a result; SQLite lets one transaction in at a time.
          if (rows.length > 0 && coming === undefined) {
            const batch = { source: 'test', label: video.label, seq: 1, batchId: 'late', views: new Map([[film, 5]]) };
            coming = other.tx((own) => holdBatch(own, batch));
            if (dialect === 'postgres') await coming;
          }
          return rows;
        },
      };
      return applyOrphans(watched, TESTER, undefined);
    });
    await coming;
    await other.close();
    const left = (await sumOrphans(database)).reduce((sum, { views }) => sum + views, 0);
    // Those that came are added too, or stay for the next time.
    expect([added + left, (await counters())[0]]).toEqual([7, added]);
    expect(added).toBeGreaterThanOrEqual(2);
  });

  test('that two add at once are added once', async () => {
    const ids = films.map((id) => [id, 3] as const);
    const other = openDatabase(opened.address);
    for (let round = 1; round <= 5; round++) {
      await hold(video.label, ids);
      const added = await Promise.all([apply(), other.tx((tx) => applyOrphans(tx, TESTER, undefined))]);
      expect(added.reduce((sum, n) => sum + n, 0)).toBe(6);
      expect(await counters()).toEqual([3 * round, 3 * round, 0]);
    }
    await other.close();
  });

  test('are discarded for good, of one label or all', async () => {
    await hold(video.label, [[films[0] ?? 0, 3]], [[ID_MAX, 4]]);
    await hold(audio.label, [[text, 5]]);
    expect(await database.tx((tx) => discardOrphans(tx, TESTER, video.label))).toBe(7);
    expect(await sums()).toEqual([[audio.label, 'rewound', 1, 5]]);
    expect(await database.tx((tx) => discardOrphans(tx, TESTER, undefined))).toBe(5);
    expect([await sums(), await counters()]).toEqual([[], [0, 0, 0]]);
  });

  test('are removed when they are old', async () => {
    await hold(video.label, [
      [1, 3],
      [2, 1],
    ]);
    const young = await hold(video.label, [[1, 4]]);
    const { orphan } = database.tables;
    await database.tx((tx) =>
      tx.rows(sql`
        update ${orphan} set created_at = ${sql.param(new Date(Date.now() - 100_000), orphan.created_at)}
        where ${orphan.batch_id} <> ${young.batchId}`),
    );
    expect(await database.tx((tx) => removeOldOrphans(tx, new Date(Date.now() - 60_000)))).toBe(2);
    expect(await database.tx((tx) => removeOldOrphans(tx, new Date(Date.now() - 60_000)))).toBe(0);
    expect(await sums()).toEqual([[video.label, 'rewound', 1, 4]]);
  });
});
