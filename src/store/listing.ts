/**
 * Lists of pages and of contents of one type, at the same speed wherever in them: a cursor names the row next to which
 * the next part begins, and an index has the order. The order of titles is that of search (`search_words.ts`).
 */
import { type SQL, sql } from 'drizzle-orm';
import { findContentType } from '../contents/index.ts';
import type { Connection, Row } from '../db/connection.ts';
import { toDate, toInteger, toText } from '../db/rows.ts';
import { isOneOf } from '../db/sql.ts';
import { countRows, tableOf } from './contents.ts';
import { type Cursor, readCursor, writeCursor } from './cursor.ts';
import { PAGE_LABEL } from './pages.ts';
import { COUNTED_PAGES_MAX, SEARCH_RESULTS_MAX, searchTitles } from './search.ts';
import { fold } from './search_words.ts';

const SORTS = ['id', '-id', 'title', '-title', 'updated', '-updated'] as const;
/** What a list is sorted by, `-` for descending; rows that are equal in it by id. */
export type Sort = (typeof SORTS)[number];

/** The order a text names, or undefined. */
export function parseSort(text: string): Sort | undefined {
  return SORTS.find((sort) => sort === text);
}

/** The cursor of a list's end, where nothing is searched for. */
export const LAST_PART = 'last';

export interface ListOptions {
  /** `pages.page` or a content model. */
  readonly label: string;
  readonly sort: Sort;
  /** Only titles that search finds for it, as search ranks them and not as `sort` says. */
  readonly term?: string;
  /** From an earlier answer, or LAST_PART; the list begins anew for any other text. */
  readonly cursor?: string;
  readonly limit: number;
}

export interface ListedRow {
  readonly id: number;
  readonly title: string;
  readonly updatedAt: Date;
  /** Of pages. */
  readonly url?: string;
  /** Of contents. */
  readonly counter?: number;
  /** How many contents a page shows, or on how many pages a content stands; COUNTED_PAGES_MAX at most. */
  readonly links: number;
}

export interface Listing {
  readonly rows: readonly ListedRow[];
  readonly next?: string;
  readonly previous?: string;
  /** All rows there are; undefined where a term finds more than were looked at. */
  readonly count: number | undefined;
}

/** A part of a list, with the cursors of its neighbours. @throws Error for a label without a table: a programming error */
export async function listRows(connection: Connection, options: ListOptions): Promise<Listing> {
  const cursor = options.cursor === undefined ? undefined : readCursor(options.cursor);
  if (fold(options.term ?? '') !== '') return findRows(connection, options, cursor);
  const order = orderOf(connection, options);
  const start = cursor?.sort === options.sort && order.isKey(cursor.key) ? cursor : undefined;
  const isLast = options.cursor === LAST_PART;
  const isBackwards = isLast || start?.direction === 'previous';
  const read = await readPart(connection, options, order, start, isBackwards);
  // What was there has gone, or less is left in front than a part holds.
  const hasStart = start !== undefined || isLast;
  const isAtStart = !hasStart || read.length === 0 || (isBackwards && read.length <= options.limit);
  const found = isAtStart && hasStart ? await readPart(connection, options, order, undefined, false) : read;
  const kept = found.slice(0, options.limit);
  if (isBackwards && !isAtStart) kept.reverse();
  const hasNext = isBackwards && !isAtStart ? !isLast : found.length > options.limit;
  const cursorAt = (row: Row | undefined, direction: Cursor['direction']) =>
    row && writeCursor({ sort: options.sort, direction, key: order.readKey(row), id: toInteger(row.id) });
  const next = hasNext ? cursorAt(kept.at(-1), 'next') : undefined;
  const previous = isAtStart ? undefined : cursorAt(kept[0], 'previous');
  return {
    rows: kept.map(toListedRow),
    ...(next !== undefined && { next }),
    ...(previous !== undefined && { previous }),
    count: await countRows(connection, tableName(options.label)),
  };
}

/** The rows of one page of search results. */
async function findRows(connection: Connection, options: ListOptions, cursor: Cursor | undefined): Promise<Listing> {
  const { label, term = '', limit } = options;
  const asked = cursor?.sort === 'rank' && typeof cursor.key === 'number' && cursor.key > 0 ? cursor.key : 0;
  const searchAt = (page: number) => searchTitles(connection, term, [label], page * limit, limit);
  const there = await searchAt(asked);
  const page = there.results.length === 0 ? 0 : asked;
  const { results, more } = page === asked ? there : await searchAt(page);
  const ids = results.map(({ id }) => id);
  const table = tableFor(connection, label);
  const rows = await connection.rows(sql`
    select ${columnsFor(connection, label, sql`t`)} from ${table} t where ${isOneOf(connection.dialect, sql`t.id`, ids)}`);
  const byId = new Map(rows.map((row) => [toInteger(row.id), toListedRow(row)]));
  const found = page * limit + results.length;
  const cursorOf = (key: number) => writeCursor({ sort: 'rank', direction: 'next', key, id: 0 });
  return {
    rows: ids.flatMap((id) => byId.get(id) ?? []),
    ...(more && { next: cursorOf(page + 1) }),
    ...(page > 0 && { previous: cursorOf(page - 1) }),
    count: more || found >= SEARCH_RESULTS_MAX ? undefined : found,
  };
}

/** Rows behind (or before) a cursor, or else an end of the list, nearest first, one more than a part holds when there are as many. */
function readPart(
  connection: Connection,
  { label, sort, limit }: ListOptions,
  order: Order,
  start: Cursor | undefined,
  isBackwards: boolean,
): Promise<Row[]> {
  const isDescending = sort.startsWith('-') !== isBackwards;
  const direction = isDescending ? sql`desc` : sql`asc`;
  const sorted = sql.join(
    order.columns.map((column) => sql`${column} ${direction}`),
    sql`, `,
  );
  const where =
    start === undefined
      ? order.where
      : sql`${order.where} and (${sql.join([...order.columns], sql`, `)}) ${isDescending ? sql`<` : sql`>`} (${sql.join(order.values(start), sql`, `)})`;
  return connection.rows(sql`
    select ${columnsFor(connection, label, sql`t`)}, key from (
      select t.*, ${order.key} as key from ${order.from} where ${where} order by ${sorted} limit ${limit + 1}) t
    order by key ${direction}, id ${direction}`);
}

/** One way to sort one table. */
interface Order {
  readonly from: SQL;
  readonly where: SQL;
  /** What an index sorts by; the last is the id. */
  readonly columns: readonly SQL[];
  /** What rows are sorted by, besides the id. */
  readonly key: SQL;
  isKey(key: string | number): boolean;
  readKey(row: Row): string | number;
  values(cursor: Cursor): SQL[];
}

function orderOf(connection: Connection, { label, sort }: ListOptions): Order {
  const table = tableFor(connection, label);
  const { page, searchWord } = connection.tables;
  const id = sql`t.id`;
  const from = sql`${table} t`;
  if (sort === 'id' || sort === '-id') {
    const readKey = (row: Row) => toInteger(row.key);
    const isKey = (key: string | number) => typeof key === 'number';
    return { from, where: sql`1 = 1`, columns: [id], key: id, isKey, readKey, values: ({ id: at }) => [sql`${at}`] };
  }
  if (sort === 'updated' || sort === '-updated') {
    const key = sql`t.updated_at`;
    const readKey = (row: Row) => toDate(row.key).getTime();
    const values = (at: Cursor) => [sql`${sql.param(new Date(at.key), page.updated_at)}`, sql`${at.id}`];
    return { from, where: sql`1 = 1`, columns: [key, id], key, isKey: isStoredTime, readKey, values };
  }
  return {
    from: sql`${searchWord} w join ${table} t on t.id = w.object_id`,
    where: sql`w.content_type = ${label} and w.position = 1`,
    columns: [sql`w.start`, sql`w.object_id`],
    key: sql`w.start`,
    isKey: (key) => typeof key === 'string',
    readKey: (row) => toText(row.key),
    values: (at) => [sql`${at.key}`, sql`${at.id}`],
  };
}

/** The moments both databases store: the years 1 to 9999. */
function isStoredTime(key: string | number): boolean {
  if (typeof key !== 'number') return false;
  const year = new Date(key).getUTCFullYear();
  return year >= 1 && year <= 9999;
}

function tableName(label: string): string {
  return label === PAGE_LABEL ? 'pages_page' : (findContentType(label)?.table ?? '');
}

function tableFor(connection: Connection, label: string) {
  const type = findContentType(label);
  if (label === PAGE_LABEL) return connection.tables.page;
  if (type === undefined) throw new Error(`no table for ${label}`);
  return tableOf(connection, type);
}

/** The columns of a listed row, of a table called `t`. */
function columnsFor(connection: Connection, label: string, t: SQL): SQL {
  const { pageContent: link } = connection.tables;
  const max = sql.raw(String(COUNTED_PAGES_MAX));
  const shared = sql`${t}.id, ${t}.title, ${t}.updated_at`;
  if (label === PAGE_LABEL) {
    return sql`${shared}, ${t}.url, (select count(*) from (
      select 1 from ${link} where ${link.page_id} = ${t}.id limit ${max}) counted) as links`;
  }
  return sql`${shared}, ${t}.counter, (select count(*) from (
    select distinct ${link.page_id} from ${link}
    where ${link.content_type} = ${label} and ${link.object_id} = ${t}.id limit ${max}) counted) as links`;
}

function toListedRow(row: Row): ListedRow {
  return {
    id: toInteger(row.id),
    title: toText(row.title),
    updatedAt: toDate(row.updated_at),
    ...(row.url !== undefined && { url: toText(row.url) }),
    ...(row.counter !== undefined && { counter: toInteger(row.counter) }),
    links: toInteger(row.links),
  };
}
