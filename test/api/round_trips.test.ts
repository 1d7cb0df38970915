import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { loadFixtures } from '../../src/commands/fixtures/load.ts';
import type { Connection } from '../../src/db/connection.ts';
import { listPages } from '../../src/store/page_list.ts';
import { readPages } from '../../src/store/page_reader.ts';
import { createTestDatabase, DIALECTS, type TestDatabase } from '../help/databases.ts';
import { DUMP } from './each_target.ts';

const ROUND_TRIPS_MAX = 2;
const CONTENTS = 300;

/** The same connection, telling how often it was used. */
function counted(connection: Connection): { connection: Connection; times: () => number } {
  let times = 0;
  const count = <Args extends unknown[], Result>(run: (...args: Args) => Result) => {
    return (...args: Args): Result => {
      times += 1;
      return run(...args);
    };
  };
  return {
    connection: {
      ...connection,
      rows: count((query) => connection.rows(query)),
      prepare: (build) => count(connection.prepare(build)),
      prepareBytes: (build) => count(connection.prepareBytes(build)),
    },
    times: () => times,
  };
}

for (const dialect of DIALECTS) {
  describe(dialect, () => {
    let under: TestDatabase;

    beforeAll(async () => {
      under = await createTestDatabase(dialect);
      await loadFixtures(under.database, [DUMP], { ignoreNonexistent: false, withCounters: false });
      await under.database.tx(async (tx) => {
        for (let order = 0; order < CONTENTS; order++) {
          const label = order % 2 === 0 ? 'pages.videocontent' : 'pages.audiocontent';
          await tx.rows(sql`
            insert into pages_pagecontent (page_id, content_type, object_id, "order")
            values (4, ${label}, ${(order % 4) + 1}, ${order})`);
        }
      });
    });

    afterAll(() => under.drop());

    test.each([
      [1, 4],
      [2, 3],
      [3, 4],
      [4, CONTENTS],
      [999, undefined],
    ])('page %i with %p contents takes at most two round trips', async (id, length) => {
      const { connection, times } = counted(under.database);
      const page = await readPages(connection).find(id);
      expect(page?.contents.length).toBe(length);
      expect(times()).toBeWithin(1, ROUND_TRIPS_MAX + 1);
    });

    test('a list page with its count takes one', async () => {
      const { connection, times } = counted(under.database);
      expect(await readPages(connection).list(0, 100)).toMatchObject({ count: 26 });
      expect(times()).toBe(1);
    });

    test('a list page in the middle and one at the end take one each', async () => {
      const { connection, times } = counted(under.database);
      const lists = listPages(connection, 2);
      for (const offset of [12, 23]) expect(await lists.list(offset, 3)).toMatchObject({ count: 26 });
      expect(times()).toBe(2);
    });
  });
}
