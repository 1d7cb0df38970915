/**
 * The list of all pages by id, read by place. An offset costs as much as the rows it passes over, so a list page is read
 * from the nearest of three places: the front; the end, which the kept count (`row_count`) tells; or the block of ids it
 * begins in, which the running sum of the kept blocks (`page_block`) tells. Each of the three is one statement, which sees
 * rows, count and blocks of one moment and is exact for every place and however ids lie; only what it costs differs. So
 * the count seen last is enough to choose by.
 */
import { type SQL, sql } from 'drizzle-orm';
import type { Connection, Row } from '../db/connection.ts';
import { toInteger, toText } from '../db/rows.ts';
import { PAGE_BLOCK_BITS } from '../db/schema.ts';

export interface PageSummary {
  readonly id: number;
  readonly title: string;
  readonly url: string;
}

export interface PageList {
  /** The number of all pages, and the rows of one list page: of one moment, unless there are no rows. */
  list(offset: number, limit: number): Promise<{ count: number; pages: PageSummary[] }>;
  /** The number of all pages. */
  count(): Promise<number>;
}

/** To pass over so many rows takes about as long as to find a block. */
const NEAR_ROWS = 1000;

/** Prepares the reads. @param nearRows how many rows are passed over from the front or the end */
export function listPages(connection: Connection, nearRows = NEAR_ROWS): PageList {
  const fromFront = connection.prepare(() => frontStatement(connection));
  const fromEnd = connection.prepare(() => endStatement(connection));
  const fromBlock = connection.prepare(() => blockStatement(connection));
  const countAll = connection.prepare(() => sql`select n as count from (${keptCount(connection)}) kept`);
  let seen: number | undefined;

  function choose(offset: number, limit: number) {
    if (offset <= nearRows) return fromFront;
    return seen !== undefined && seen - offset - limit <= nearRows ? fromEnd : fromBlock;
  }
  async function count(): Promise<number> {
    const [row] = await countAll();
    seen = toInteger(row?.count);
    return seen;
  }
  return {
    async list(offset, limit) {
      const rows = await choose(offset, limit)({ offset, limit });
      const [first] = rows;
      if (first === undefined) return { count: await count(), pages: [] };
      seen = toInteger(first.count);
      return { count: seen, pages: rows.map(toSummary) };
    },
    count,
  };
}

const offset = sql.placeholder('offset');
const limit = sql.placeholder('limit');

/** A select of the number of all pages, as `n`. */
function keptCount({ tables: { rowCount } }: Connection): SQL {
  return sql`select ${rowCount.n} as n from ${rowCount} where ${rowCount.table_name} = 'pages_page'`;
}

function frontStatement(connection: Connection): SQL {
  return sql`
    select (${keptCount(connection)}) as count, id, title, url
    from ${connection.tables.page} order by id limit ${limit} offset ${offset}`;
}

/** No more rows than there are behind the offset, and as many passed over as stand behind them. */
function endStatement(connection: Connection): SQL {
  const kept = keptCount(connection);
  return sql`
    select (${kept}) as count, id, title, url
    from (
      select id, title, url from ${connection.tables.page} order by id desc
      limit (select case when n <= ${offset} then 0 when n - ${offset} < ${limit} then n - ${offset} else ${limit} end from (${kept}) kept)
      offset (select case when n - ${offset} > ${limit} then n - ${offset} - ${limit} else 0 end from (${kept}) kept)
    ) ending order by id`;
}

/** No block, and so no row, when the offset is at the end or behind it. */
function blockStatement(connection: Connection): SQL {
  const { page, pageBlock } = connection.tables;
  const bits = sql.raw(String(PAGE_BLOCK_BITS));
  return sql`
    with place as materialized (
      select block << ${bits} as start, ${offset} - before as skipped
      from (select block, n, cast(sum(n) over (order by block rows unbounded preceding) as bigint) - n as before from ${pageBlock}) sums
      where before <= ${offset} and ${offset} - before < n
    )
    select (${keptCount(connection)}) as count, id, title, url
    from ${page} where id >= (select start from place) order by id
    limit ${limit} offset coalesce((select skipped from place), 0)`;
}

function toSummary(row: Row): PageSummary {
  return { id: toInteger(row.id), title: toText(row.title), url: toText(row.url) };
}
