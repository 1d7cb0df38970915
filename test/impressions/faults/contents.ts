import { sql } from 'drizzle-orm';
import { video } from '../../../src/contents/video.ts';
import type { Database } from '../../../src/db/connection.ts';
import { toInteger, toText } from '../../../src/db/rows.ts';

/** Creates films that no page shows. @returns their names, `label:id` */
export async function createFilms(database: Database, count: number): Promise<string[]> {
  const rows = await database.tx((tx) =>
    tx.rows(sql`insert into pages_videocontent (title, updated_at)
      select 'Film', ${tx.dialect === 'postgres' ? sql`now()` : sql`0`} from (
        with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${count}) select n from numbers
      ) many returning id`),
  );
  return rows.map((row) => `${video.label}:${toInteger(row.id)}`);
}

/** How many batches of a label were applied: a source numbers them 1, 2, 3, … */
export async function countBatches(database: Database, label: string): Promise<number> {
  const [row] = await database.rows(
    sql`select coalesce(sum(last_seq), 0) as n from impression_ledger where label = ${label}`,
  );
  return toInteger(row?.n);
}

export interface Orphans {
  readonly content: string;
  readonly n: number;
  readonly reason: string;
}

/** Views set aside, by content and reason. */
export async function listOrphans(database: Database): Promise<Orphans[]> {
  const rows = await database.rows(
    sql`select label, id, reason, sum(n) as n from impression_orphans group by label, id, reason order by label, id`,
  );
  return rows.map((row) => ({
    content: `${toText(row.label)}:${toText(row.id)}`,
    n: toInteger(row.n),
    reason: toText(row.reason),
  }));
}
