/** Which pages show a content. */
import { sql } from 'drizzle-orm';
import type { Connection } from '../db/connection.ts';
import { toInteger, toText } from '../db/rows.ts';
import { isOneOf } from '../db/sql.ts';

/** Pages that are counted for one content; a list that says so has "more than". */
export const USES_COUNTED_MAX = 10_000;

/** A page by its name. */
export interface PageTitle {
  readonly id: number;
  readonly title: string;
}

/** The first pages that show a content, and how many there are: USES_COUNTED_MAX + 1 for any more than that. */
export interface ContentUses {
  readonly pages: readonly PageTitle[];
  readonly count: number;
}

/** Pages that show a content, the oldest first. @param limit pages that are named */
export async function findUses(connection: Connection, label: string, id: number, limit: number): Promise<ContentUses> {
  const { page, pageContent: link } = connection.tables;
  const ids = await connection.rows(sql`
    select distinct ${link.page_id} as id from ${link}
    where ${link.content_type} = ${label} and ${link.object_id} = ${id}
    order by id limit ${USES_COUNTED_MAX + 1}`);
  const named = ids.slice(0, limit).map((row) => toInteger(row.id));
  const pages = await connection.rows(sql`
    select id, title from ${page} where ${isOneOf(connection.dialect, page.id, named)} order by id`);
  return { pages: pages.map((row) => ({ id: toInteger(row.id), title: toText(row.title) })), count: ids.length };
}
