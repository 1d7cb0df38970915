import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { ContentType } from '../contents/content.ts';
import { contentTypes } from '../contents/index.ts';
import type { BytesRow, Connection } from '../db/connection.ts';
import { toInteger } from '../db/rows.ts';
import { asBytes, jsonObject, linkedRows } from '../db/sql_json.ts';
import { tableOf } from './contents.ts';
import { listPages, type PageList } from './page_list.ts';

/** A content where a page shows it. */
export interface PlacedContent {
  readonly type: ContentType;
  readonly id: number;
}

export interface PageDetail {
  /** `{"id":1,"title":"…","url":"…","contents":[{"id":1,"type":"video",…},…]}`, compact, in UTF-8. */
  readonly json: Uint8Array<ArrayBuffer>;
  readonly contents: readonly PlacedContent[];
}

/** The reads behind the API, compiled once for a connection. Each is one round trip, a list without rows two. */
export interface PageReader extends PageList {
  /** A page with its contents in their order, or undefined. */
  find(id: number): Promise<PageDetail | undefined>;
}

/** Prepares the API's reads. The statement of `find` has one branch for each registered type, whatever a page shows. */
export function readPages(connection: Connection): PageReader {
  const find = connection.prepareBytes(() => findStatement(connection));
  return {
    ...listPages(connection),
    async find(id) {
      const [page, ...rows] = await find({ id });
      const head = page?.[CONTENTS];
      return head ? createDetail(head, rows) : undefined;
    },
  };
}

/** The columns of `findStatement`. */
const NAMES = 0;
const CONTENTS = 1;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const OPENING = encoder.encode(',"contents":[');
const COMMA = encoder.encode(',');
const CLOSING = encoder.encode(']}');

/**
 * @param head `{"id":1,"title":"…","url":"…"}`
 * @param rows of contents, in their order: one or many in each
 */
function createDetail(head: Uint8Array, rows: readonly BytesRow[]): PageDetail {
  const parts = [head.subarray(0, -1), OPENING];
  const contents: PlacedContent[] = [];
  for (const row of rows) {
    const [names, objects] = [row[NAMES], row[CONTENTS]];
    // All rows in one are one without contents, too.
    if (!names || !objects) continue;
    if (contents.length > 0) parts.push(COMMA);
    parts.push(objects);
    for (const name of decoder.decode(names).split(',')) contents.push(toPlacedContent(name));
  }
  parts.push(CLOSING);
  return { json: Bun.concatArrayBuffers(parts, Number.POSITIVE_INFINITY, true), contents };
}

/**
 * One statement for the page, which is the first row, and its contents, so that all is of one moment. The database makes
 * the JSON: reading columns and writing them again takes a third longer.
 */
function findStatement(connection: Connection): SQL {
  const { dialect, tables } = connection;
  const { page, pageContent: link } = tables;
  const links = sql`
    select ${link.order} as place, ${link.id} as link, ${link.content_type}, ${link.object_id}
    from ${link} where ${link.page_id} = ${sql.placeholder('id')}`;
  const branches = contentTypes.map((type) => {
    const table = tableOf(connection, type);
    const own = Object.keys(type.fields).map((name) => text(name, sql`${table}.${sql.identifier(name)}`));
    const value = jsonObject(dialect, [
      integer('id', table.id),
      text('type', sql.raw(`cast('${type.type}' as text)`)),
      text('title', table.title),
      integer('counter', table.counter),
      ...own,
    ]);
    return { label: type.label, table, value };
  });
  const head = jsonObject(dialect, [integer('id', page.id), text('title', page.title), text('url', page.url)]);
  return sql`
    select ${asBytes(dialect, sql`names`)}, ${asBytes(dialect, sql`contents`)} from (
      select 0 as part, 0 as place, 0 as link, '' as names, ${head} as contents
      from ${page} where ${page.id} = ${sql.placeholder('id')}
      union all select 1 as part, linked.* from (${linkedRows(dialect, links, branches)}) linked
    ) parts order by part, place, link`;
}

const text = (name: string, value: SQLWrapper) => ({ name, value, type: 'text' as const });
const integer = (name: string, value: SQLWrapper) => ({ name, value, type: 'bigint' as const });

/** @param name the place of its type in the registry, and its id: `0:11` */
function toPlacedContent(name: string): PlacedContent {
  const colon = name.indexOf(':');
  const type = contentTypes[Number(name.slice(0, colon))];
  if (type === undefined) throw new RangeError(`no content type ${name}`);
  return { type, id: toInteger(name.slice(colon + 1)) };
}
