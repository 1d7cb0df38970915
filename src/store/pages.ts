/** Pages as editors see them. What the API reads is in `page_reader.ts`. */
import { sql } from 'drizzle-orm';
import { pageFields } from '../contents/page.ts';
import { validate } from '../contents/validate.ts';
import type { Connection } from '../db/connection.ts';
import { toDate, toInteger, toText } from '../db/rows.ts';
import { isOneOf, lockForEditing, valuesTable } from '../db/sql.ts';
import { AppError } from '../errors.ts';
import { lockContents } from './contents.ts';
import { type Actor, type Change, differences, type HistoryValues, recordHistory } from './history.ts';
import { removeSearchEntries, writeSearchEntries } from './search_entries.ts';

/** What history and search call a page. */
export const PAGE_LABEL = 'pages.page';
const PLACE = { page_id: 'bigint', label: 'text', id: 'bigint', place: 'bigint' } as const;

/** A content by model and id, as a page's form and links name it. */
export interface ContentReference {
  readonly label: string;
  readonly id: number;
}

/** A page as its form shows it; what its contents are called is asked for apart. */
export interface Page {
  readonly id: number;
  readonly title: string;
  readonly url: string;
  readonly version: number;
  readonly updatedAt: Date;
  /** In their order. */
  readonly contents: readonly ContentReference[];
}

/** `pages.videocontent:42`, as forms, the chooser and history write a reference. */
export function formatReference({ label, id }: ContentReference): string {
  return `${label}:${id}`;
}

/** What a form, a draft or history wrote as a reference; undefined for what is none. Whether it exists is another question. */
export function parseReference(text: string): ContentReference | undefined {
  const [, label = '', digits = ''] = /^([a-z0-9_.]{1,100}):([1-9]\d{0,15})$/.exec(text) ?? [];
  const id = Number(digits);
  return label !== '' && Number.isSafeInteger(id) ? { label, id } : undefined;
}

/** The page, or undefined. */
export function findPage(connection: Connection, id: number): Promise<Page | undefined> {
  return readPage(connection, id, false);
}

async function readPage(connection: Connection, id: number, forEditing: boolean): Promise<Page | undefined> {
  const { page, pageContent } = connection.tables;
  const lock = forEditing ? lockForEditing(connection.dialect) : sql``;
  const [row] = await connection.rows(sql`select * from ${page} where id = ${id} ${lock}`);
  if (row === undefined) return undefined;
  const links = await connection.rows(sql`
    select content_type, object_id from ${pageContent} where page_id = ${id} order by "order", id`);
  return {
    id,
    title: toText(row.title),
    url: toText(row.url),
    version: toInteger(row.version),
    updatedAt: toDate(row.updated_at),
    contents: links.map((link) => ({ label: toText(link.content_type), id: toInteger(link.object_id) })),
  };
}

function valuesOf(input: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const validated = validate(pageFields, input);
  if ('problems' in validated) {
    throw new AppError('invalid', 'this page cannot be stored', { fields: validated.problems });
  }
  return validated.values;
}

/** The values of a page that history keeps. */
export function pageValues(page: Pick<Page, 'title' | 'url' | 'contents'>): HistoryValues {
  return { title: page.title, url: page.url, contents: page.contents.map(formatReference) };
}

/** Stores a new page showing these contents in this order, and returns its id. @throws AppError `invalid` */
export async function createPage(
  tx: Connection,
  actor: Actor,
  input: Readonly<Record<string, unknown>>,
  contents: readonly ContentReference[] = [],
): Promise<number> {
  const { title = '', url = '' } = valuesOf(input);
  const { page } = tx.tables;
  const [row] = await tx.rows(sql`
    insert into ${page} (title, url, updated_at) values (${title}, ${url}, ${sql.param(new Date(), page.updated_at)}) returning id`);
  const id = toInteger(row?.id);
  await writeSearchEntries(tx, PAGE_LABEL, [{ id, title }]);
  await placeContents(tx, id, contents);
  const after = pageValues({ title, url, contents });
  await recordHistory(tx, actor, [{ action: 'create', label: PAGE_LABEL, id, title, after }]);
  return id;
}

/**
 * Stores an edit of a page and replaces what it shows; one that changes nothing leaves version and history alone.
 * @param version the version the editor saw
 * @throws AppError `invalid`, `not_found`, or `conflict` when somebody saved another version since
 */
export async function updatePage(
  tx: Connection,
  actor: Actor,
  id: number,
  version: number,
  input: Readonly<Record<string, unknown>>,
  contents: readonly ContentReference[],
): Promise<void> {
  const { title = '', url = '' } = valuesOf(input);
  const { page, pageContent } = tx.tables;
  const old = await readPage(tx, id, true);
  if (old === undefined) throw new AppError('not_found', `no page ${id}`);
  if (old.version !== version) throw new AppError('conflict', `page ${id} was changed by somebody else meanwhile`);
  const difference = differences(pageValues(old), pageValues({ title, url, contents }));
  if (difference === undefined) return;
  await tx.rows(sql`
    update ${page} set title = ${title}, url = ${url}, version = version + 1, updated_at = ${sql.param(new Date(), page.updated_at)}
    where id = ${id}`);
  if ('contents' in difference.after) {
    await tx.rows(sql`delete from ${pageContent} where page_id = ${id}`);
    await placeContents(tx, id, contents);
  }
  await writeSearchEntries(tx, PAGE_LABEL, [{ id, title }]);
  await recordHistory(tx, actor, [{ action: 'update', label: PAGE_LABEL, id, title, ...difference }]);
}

/** Removes a page and its places; the contents stay. @throws AppError `not_found` */
export async function removePage(tx: Connection, actor: Actor, id: number): Promise<void> {
  const removed = await removePages(tx, actor, [id]);
  if (removed === 0) throw new AppError('not_found', `no page ${id}`);
}

/** Removes pages and their places; the contents stay. Ids that are gone already are passed over. @returns how many there were */
export async function removePages(tx: Connection, actor: Actor, ids: readonly number[]): Promise<number> {
  const { page } = tx.tables;
  const changes: Change[] = [];
  // In the order of ids, so that two who remove the same pages do not wait for each other.
  for (const id of [...new Set(ids)].sort((a, b) => a - b)) {
    const old = await readPage(tx, id, true);
    if (old === undefined) continue;
    changes.push({ action: 'delete', label: PAGE_LABEL, id, title: old.title, before: pageValues(old) });
  }
  const gone = changes.flatMap(({ id }) => id ?? []);
  await tx.rows(sql`delete from ${page} where ${isOneOf(tx.dialect, sql`id`, gone)}`);
  await removeSearchEntries(tx, PAGE_LABEL, gone);
  await recordHistory(tx, actor, changes);
  return changes.length;
}

async function placeContents(tx: Connection, page: number, contents: readonly ContentReference[]): Promise<void> {
  if (contents.length === 0) return;
  const idsByLabel = Map.groupBy(contents, ({ label }) => label);
  // In the order of labels, as views are applied.
  for (const label of [...idsByLabel.keys()].sort()) {
    await lockContents(tx, label, idsByLabel.get(label)?.map(({ id }) => id) ?? []);
  }
  const { pageContent } = tx.tables;
  const rows = contents.map(({ label, id }, place) => [page, label, id, place]);
  await tx.rows(sql`
    insert into ${pageContent} (page_id, content_type, object_id, "order")
    select v.page_id, v.label, v.id, v.place from ${valuesTable(tx.dialect, PLACE, rows)}
    order by v.place`);
}
