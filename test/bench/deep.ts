/**
 * How fast list pages are answered at the end and in the middle of 1,000,000 pages, on both databases, with the cache of
 * answers off. The pair of each figure is the first list page, asked in turn.
 */
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { migrate } from '../../src/db/migrate.ts';
import { type DatabaseAddress, openDatabase } from '../../src/db/open.ts';
import { type Bench, CONNECTIONS } from './bench.ts';
import { measureRate, type Server, startServer } from './servers.ts';
import { judge, median, medianRatio, row, say } from './table.ts';

const SIZES = { full: { pages: 1_000_000, rounds: 7, seconds: 2 }, quick: { pages: 50_000, rounds: 3, seconds: 1 } };
/** Of a list page, when nobody asks for another size. */
const PAGE_ROWS = 10;
const WARM_UP_SECONDS = 0.3;
/** The last takes at most three times as long as the first. */
const RATIO_MIN = 0.33;

/** One statement each: so many pages, ids from 1. */
const FILLS = {
  sqlite: (pages: number) => sql`
    with recursive ids(id) as (select 1 union all select id + 1 from ids where id < ${pages})
    insert into pages_page (id, title, url, updated_at)
    select id, 'Page ' || id, 'https://example.org/pages/' || id, 0 from ids`,
  postgres: (pages: number) => sql`
    insert into pages_page (id, title, url, updated_at)
    select id, 'Page ' || id, 'https://example.org/pages/' || id, now() from generate_series(1, ${pages}::bigint) id`,
};

export async function measureDeep(bench: Bench): Promise<void> {
  const { pages } = bench.isQuick ? SIZES.quick : SIZES.full;
  const addresses: { url: string; address: DatabaseAddress }[] = [];
  const path = join(bench.folder, 'deep.db');
  addresses.push({ url: `sqlite:${path}`, address: { dialect: 'sqlite', path } });
  const url = await bench.createPostgres();
  if (url !== undefined) addresses.push({ url, address: { dialect: 'postgres', url } });
  for (const database of addresses) {
    await migrate(database.address);
    const settings = { DATABASE_URL: database.url, PAGE_CACHE_MS: '0' };
    // Before the pages, which would otherwise be gone through for search first.
    const server = await startServer([bench.program], '/health/', settings);
    bench.atEnd(() => server.stop());
    await fill(database.address, pages);
    await measure(bench, server, database.address.dialect, pages);
  }
}

async function fill(address: DatabaseAddress, pages: number): Promise<void> {
  const database = openDatabase(address);
  await database.tx((tx) => tx.rows(FILLS[address.dialect](pages)));
  if (address.dialect === 'postgres') await database.rows(sql`vacuum analyze pages_page`);
  await database.close();
}

async function measure({ isQuick, wrk }: Bench, server: Server, name: string, pages: number): Promise<void> {
  const { rounds, seconds } = isQuick ? SIZES.quick : SIZES.full;
  const last = pages / PAGE_ROWS;
  // The last but one is where a block is looked for longest.
  const [first, ...deep] = [1, last / 2, last * 0.98, last].map((page) => ({ page, rates: [] as number[] }));
  if (first === undefined) throw new Error('no first page');
  const ask = async (page: number, duration: number) => {
    const load = { path: `/api/v1/pages/?page=${page}`, ids: 1, connections: CONNECTIONS, seconds: duration };
    return (await measureRate(server, load, wrk)).requestsPerSecond;
  };
  for (const { page } of [first, ...deep]) await ask(page, WARM_UP_SECONDS);
  for (let round = 0; round < rounds; round++) {
    for (const each of [first, ...deep]) each.rates.push(await ask(each.page, seconds));
  }
  row([`list of ${pages.toLocaleString('en')} pages, ${name}, uncached`, 'a second', 'page 1', 'ratio']);
  for (const { page, rates } of deep) {
    const ratio = medianRatio(rates, first.rates);
    const cells = [`page ${page}`, median(rates).toFixed(0), median(first.rates).toFixed(0)];
    if (page === last) judge(cells, ratio, `≥ ${RATIO_MIN}`, ratio >= RATIO_MIN);
    else row([...cells, ratio.toFixed(2)]);
  }
  say();
}
