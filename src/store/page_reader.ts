import { type SQL, sql } from 'drizzle-orm';
import type { ContentType } from '../contents/content.ts';
import { contentTypes } from '../contents/index.ts';
import type { Connection, Row } from '../db/connection.ts';
import { toInteger, toText } from '../db/rows.ts';
import { jsonArray } from '../db/sql.ts';
import { countRows, tableOf } from './contents.ts';

export interface PageSummary {
  readonly id: number;
  readonly title: string;
  readonly url: string;
}

/** A content where a page shows it; `values` are the type's own fields in the type's order. */
export interface PlacedContent {
  readonly type: ContentType;
  readonly id: number;
  readonly title: string;
  readonly counter: number;
  readonly values: readonly string[];
}

export interface PageDetail extends PageSummary {
  readonly contents: readonly PlacedContent[];
}

/** The reads behind the API, compiled once for a connection. Each is one round trip, a list without rows two. */
export interface PageReader {
  /** The number of all pages and the rows of one list page, ordered by id, of one moment unless there are none. */
  list(offset: number, limit: number): Promise<{ count: number; pages: PageSummary[] }>;
  /** A page with its contents in their order, or undefined. */
  find(id: number): Promise<PageDetail | undefined>;
}

/** Prepares the API's reads. The statement of `find` has one branch for each registered type, whatever a page shows. */
export function readPages(connection: Connection): PageReader {
  const list = connection.prepare(listStatement(connection));
  const find = connection.prepare(findStatement(connection));
  return {
    async list(offset, limit) {
      const rows = await list({ offset, limit });
      const [first] = rows;
      const count = first === undefined ? await countRows(connection, 'pages_page') : toInteger(first.count);
      return { count, pages: rows.map(toSummary) };
    },
    async find(id) {
      const [page, ...contents] = await find({ id });
      if (page === undefined) return undefined;
      const [title, url] = parseValues(page);
      return { id, title: toText(title), url: toText(url), contents: contents.map(toPlacedContent) };
    },
  };
}

function listStatement({ tables: { page, rowCount } }: Connection): SQL {
  return sql`
    select (select ${rowCount.n} from ${rowCount} where ${rowCount.table_name} = 'pages_page') as count, id, title, url
    from ${page} order by id limit ${sql.placeholder('limit')} offset ${sql.placeholder('offset')}`;
}

/**
 * One statement for the page (kind −1) and its contents (kind: place in the registry), so that all is of one moment.
 * The page's links are read first and once: a planner without statistics would otherwise go through every link of a
 * type to find those of one page.
 */
function findStatement(connection: Connection): SQL {
  const { dialect, tables } = connection;
  const { page, pageContent: link } = tables;
  const branches = contentTypes.map((type, kind) => {
    const table = tableOf(connection, type);
    const own = Object.keys(type.fields).map((name) => sql`${table}.${sql.identifier(name)}`);
    const values = jsonArray(dialect, [sql`${table.id}`, sql`${table.title}`, sql`${table.counter}`, ...own]);
    return sql`
      select ${sql.raw(String(kind))} as kind, links.place, links.link, ${values} as data
      from links join ${table} on ${table.id} = links.object_id
      where links.content_type = ${sql.raw(`'${type.label}'`)}`;
  });
  const head = sql`
    select -1 as kind, 0 as place, 0 as link, ${jsonArray(dialect, [sql`${page.title}`, sql`${page.url}`])} as data
    from ${page} where ${page.id} = ${sql.placeholder('id')}`;
  return sql`
    with links as materialized (
      select ${link.id} as link, ${link.order} as place, ${link.content_type}, ${link.object_id}
      from ${link} where ${link.page_id} = ${sql.placeholder('id')}
    )
    select kind, data from (${sql.join([head, ...branches], sql` union all `)}) parts
    order by kind >= 0, place, link`;
}

function toSummary(row: Row): PageSummary {
  return { id: toInteger(row.id), title: toText(row.title), url: toText(row.url) };
}

function parseValues(row: Row): unknown[] {
  const values: unknown = JSON.parse(toText(row.data));
  if (!Array.isArray(values)) throw new TypeError('the database answered no JSON array');
  return values;
}

function toPlacedContent(row: Row): PlacedContent {
  const type = contentTypes[toInteger(row.kind)];
  if (type === undefined) throw new RangeError(`no content type ${String(row.kind)}`);
  const [id, title, counter, ...values] = parseValues(row);
  return { type, id: toInteger(id), title: toText(title), counter: toInteger(counter), values: values.map(toText) };
}
