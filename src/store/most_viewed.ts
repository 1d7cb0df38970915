/**
 * The contents with the most views. A counter has no index, so that Postgres can update it in place: all contents are
 * read, a bounded number at a time, and whoever asks decides how much of the time may go to it.
 */
import { sql } from 'drizzle-orm';
import { contentTypes } from '../contents/index.ts';
import type { Connection } from '../db/connection.ts';
import { toInteger, toText } from '../db/rows.ts';
import { tableOf } from './contents.ts';

/** Contents read in one statement: on SQLite this holds up everything else for a few ms. */
const CHUNK_ROWS = 10_000;

export interface ViewedContent {
  readonly label: string;
  readonly id: number;
  readonly title: string;
  readonly counter: number;
}

/**
 * The contents of all types with the most views, most first; those without views are not among them.
 * @param rest called between the statements
 */
export async function findMostViewed(
  connection: Connection,
  limit: number,
  rest: () => Promise<void> = async () => {},
): Promise<ViewedContent[]> {
  let most: ViewedContent[] = [];
  for (const type of contentTypes) {
    const table = tableOf(connection, type);
    for (let after = 0; ; ) {
      const chunk = sql`select id from ${table} where id > ${after} order by id limit ${CHUNK_ROWS}`;
      const [range] = await connection.rows(sql`select max(id) as last from (${chunk}) chunk`);
      if (range === undefined || range.last === null) break;
      const last = toInteger(range.last);
      const floor = most.length < limit ? 0 : (most.at(-1)?.counter ?? 0);
      const rows = await connection.rows(sql`
        select id, title, counter from ${table} where id > ${after} and id <= ${last} and counter > ${floor}
        order by counter desc, id limit ${limit}`);
      const found = rows.map((row) => ({
        label: type.label,
        id: toInteger(row.id),
        title: toText(row.title),
        counter: toInteger(row.counter),
      }));
      // Sorting keeps the order of equals: who was first stays first.
      most = [...most, ...found].sort((a, b) => b.counter - a.counter).slice(0, limit);
      after = last;
      await rest();
    }
  }
  return most;
}
