/**
 * Filling a hub that has neither pages nor contents. All that comes is new then, which saves asking, and what is found in
 * an index is put there when all is written: a million records are loaded in a fraction of the time.
 */
import { sql } from 'drizzle-orm';
import { contentTypes } from '../contents/index.ts';
import type { Connection } from '../db/connection.ts';
import { setAsideIndexes } from '../db/indexes.ts';
import { gatherStatistics, keepToOneself, takeTurnToFill } from '../db/sql_tables.ts';
import { isEmpty } from './fixtures.ts';
import { SEARCH_TABLES, SearchFilling } from './search_filling.ts';

/** A hub being filled. */
export interface Filling {
  /** Tables without a row that this load has not written; each record comes once. */
  readonly tables: ReadonlySet<string>;
  readonly search: Pick<SearchFilling, 'add'>;
  /** Makes what is found in indexes; to be called when all rows are written and their links are known to be right. */
  end(): Promise<void>;
}

/**
 * Prepares an empty hub to be filled; until the transaction ends, Postgres lets nobody else read or write its content.
 * @returns undefined when there are pages or contents
 */
export async function beginFilling(tx: Connection): Promise<Filling | undefined> {
  // First, for whoever has read these tables and then wants them for himself waits for others who did the same.
  const turn = takeTurnToFill(tx.dialect);
  if (turn !== undefined) await tx.rows(turn);
  if (!(await isEmpty(tx))) return undefined;
  const tables = ['pages_page', 'pages_pagecontent', ...contentTypes.map((type) => type.table)];
  const lock = keepToOneself(tx.dialect, [...tables, ...SEARCH_TABLES]);
  if (lock !== undefined) await tx.rows(lock);
  // Somebody may have been faster.
  if (!(await isEmpty(tx))) return undefined;
  for (const table of SEARCH_TABLES) await tx.rows(sql`delete from ${sql.identifier(table)}`);
  const makeIndexes = await setAsideIndexes(tx, [...tables, ...SEARCH_TABLES]);
  const search = new SearchFilling(tx);
  return {
    search,
    tables: new Set(tables),
    async end() {
      await search.end();
      await makeIndexes();
      const statistics = gatherStatistics(tx.dialect, [...tables, ...SEARCH_TABLES]);
      if (statistics !== undefined) await tx.rows(statistics);
    },
  };
}
