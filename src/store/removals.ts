/** Deleting several objects at once: what would go, and what has to stay. */
import { sql } from 'drizzle-orm';
import type { ContentType } from '../contents/content.ts';
import type { Connection } from '../db/connection.ts';
import { toInteger, toText } from '../db/rows.ts';
import { isOneOf, lockForRemoval } from '../db/sql.ts';
import { contentValues, tableOf, toContent } from './contents.ts';
import { type Actor, type Change, recordHistory } from './history.ts';
import { removeSearchEntries } from './search_entries.ts';

/** An object by its name. */
export interface Named {
  readonly id: number;
  readonly title: string;
}

/** Pages among these ids that exist, and the places they have for contents. */
export async function findPagesToRemove(
  connection: Connection,
  ids: readonly number[],
): Promise<{ readonly pages: readonly Named[]; readonly places: number }> {
  const { page, pageContent: link } = connection.tables;
  const pages = await connection.rows(sql`
    select id, title from ${page} where ${isOneOf(connection.dialect, page.id, ids)} order by id`);
  const [places] = await connection.rows(sql`
    select count(*) as n from ${link} where ${isOneOf(connection.dialect, link.page_id, ids)}`);
  return { pages: pages.map(toNamed), places: toInteger(places?.n) };
}

/** Contents among these ids that exist: those that can go, and those that pages show. */
export async function findContentsToRemove(
  connection: Connection,
  type: ContentType,
  ids: readonly number[],
): Promise<{ readonly free: readonly Named[]; readonly used: readonly Named[] }> {
  const table = tableOf(connection, type);
  const rows = await connection.rows(sql`
    select id, title from ${table} where ${isOneOf(connection.dialect, table.id, ids)} order by id`);
  const shown = await findShown(connection, type, ids);
  const { free = [], used = [] } = Object.groupBy(rows.map(toNamed), ({ id }) => (shown.has(id) ? 'used' : 'free'));
  return { free, used };
}

/**
 * Removes those contents that no page shows. Ids that are gone already are passed over.
 * @returns how many went, and how many stay because a page shows them
 */
export async function removeContents(
  tx: Connection,
  actor: Actor,
  type: ContentType,
  ids: readonly number[],
): Promise<{ readonly removed: number; readonly kept: number }> {
  const table = tableOf(tx, type);
  // In the order of ids, as links lock them. Whoever stores a link meanwhile has done so before the look at the links, or
  // finds the content gone.
  const rows = await tx.rows(sql`
    select * from ${table} where ${isOneOf(tx.dialect, table.id, ids)} order by id ${lockForRemoval(tx.dialect)}`);
  const shown = await findShown(tx, type, ids);
  const free = rows.map((row) => toContent(type, row)).filter(({ id }) => !shown.has(id));
  const gone = free.map(({ id }) => id);
  await tx.rows(sql`delete from ${table} where ${isOneOf(tx.dialect, table.id, gone)}`);
  await removeSearchEntries(tx, type.label, gone);
  const changes = free.map((content): Change => {
    const { id, title } = content;
    return { action: 'delete', label: type.label, id, title, before: contentValues(content) };
  });
  await recordHistory(tx, actor, changes);
  return { removed: free.length, kept: rows.length - free.length };
}

/** Those of a type's contents that pages show. */
async function findShown(connection: Connection, type: ContentType, ids: readonly number[]): Promise<Set<number>> {
  const { pageContent: link } = connection.tables;
  const rows = await connection.rows(sql`
    select distinct object_id as id from ${link}
    where content_type = ${type.label} and ${isOneOf(connection.dialect, link.object_id, ids)}`);
  return new Set(rows.map(({ id }) => toInteger(id)));
}

function toNamed(row: Readonly<Record<string, unknown>>): Named {
  return { id: toInteger(row.id), title: toText(row.title) };
}
