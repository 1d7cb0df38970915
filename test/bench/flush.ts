/** How fast counted views get into Postgres, beside the same rows in one bare UPDATE that psql runs from a file. */
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { readConfig } from '../../src/config.ts';
import type { Database } from '../../src/db/connection.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { createFlush, type Flush } from '../../src/impressions/flush.ts';
import { openPipeline } from '../../src/impressions/pipeline.ts';
import { createLog } from '../../src/log.ts';
import { parseRedisAddress } from '../../src/redis_address.ts';
import type { TestRedis } from '../help/redis.ts';
import type { Bench } from './bench.ts';
import { beginSection, findInstalledRedis, startBenchRedis } from './redis.ts';
import { readOutput } from './servers.ts';
import { judge, median, medianRatio, row, say } from './table.ts';

const ROUNDS = { full: 9, quick: 3 };
const CASES = [
  { name: '100,000 ids, a view each', ids: 100_000, views: 1 },
  { name: '10,000 ids, 1,000,000 views', ids: 10_000, views: 100 },
];
const IDS_MAX = 100_000;
const LABEL = 'pages.videocontent';
const RATIO_MAX = 1.3;
const FIELDS_PER_COMMAND = 1000;

interface Times {
  readonly own: number[];
  readonly bare: number[];
}

export async function measureFlush(bench: Bench): Promise<void> {
  const [binary, psql, url] = [await findInstalledRedis(), Bun.which('psql'), await bench.createPostgres()];
  if (!beginSection('flush', { Redis: binary, psql, Postgres: url }) || !binary || !psql || !url) return;
  const redis = await startBenchRedis(bench, binary);
  await migrate({ dialect: 'postgres', url });
  const database = openDatabase({ dialect: 'postgres', url });
  bench.atEnd(() => database.close());
  await database.rows(sql`
    insert into pages_videocontent (title, counter, version, updated_at, file_url, subtitles_url)
    select 'Film', 0, 1, now(), 'https://example.org/film.mp4', '' from generate_series(1, ${IDS_MAX}::int)`);
  const flush = openFlush(bench, redis, database);

  const rounds = bench.isQuick ? ROUNDS.quick : ROUNDS.full;
  const times = CASES.map((): Times => ({ own: [], bare: [] }));
  let expected = 0;
  // One more than is counted: the first grows the table and the connections.
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { ids, views }] of CASES.entries()) {
      const bare = () => runBare(bench, psql, url, database, ids, views);
      const own = () => runFlush(flush, redis, database, ids, views);
      // Each comes first as often as last.
      const [first, second] = round % 2 === 0 ? [await bare(), await own()] : [await own(), await bare()];
      expected += 2 * ids * views;
      if (round === 0) continue;
      const [bareMs, ownMs] = round % 2 === 0 ? [first, second] : [second, first];
      times[index]?.bare.push(bareMs);
      times[index]?.own.push(ownMs);
    }
  }
  await checkCounters(database, expected);
  row([`flush into Postgres, gate off (median of ${rounds})`, 'ms', 'ids/s', 'bare UPDATE, ms', 'ratio']);
  for (const [index, { name, ids }] of CASES.entries()) {
    const { own, bare } = times[index] ?? { own: [], bare: [] };
    const ratio = medianRatio(own, bare);
    const cells = [name, median(own).toFixed(0), ((ids / median(own)) * 1000).toFixed(0), median(bare).toFixed(0)];
    judge(cells, ratio, `≤ ${RATIO_MAX.toFixed(2)}`, ratio <= RATIO_MAX);
  }
  say();
}

/** A flush as the beat has it. */
function openFlush(bench: Bench, redis: TestRedis, database: Database): Flush {
  const log = createLog('warn', 'json', (line) => void process.stderr.write(line));
  const pipeline = openPipeline(parseRedisAddress(redis.url), '', log, false);
  bench.atEnd(() => pipeline.close());
  return createFlush({
    database,
    connection: pipeline.open('flush'),
    dial: () => pipeline.dial('flush'),
    keys: pipeline.keys,
    batchRows: readConfig({}).flushBatchRows,
    hasGate: false,
    log,
    reach: async () => {},
    sleep: Bun.sleep,
  });
}

/** @returns milliseconds from seal to acknowledge */
async function runFlush(flush: Flush, redis: TestRedis, database: Database, ids: number, views: number) {
  for (let first = 1; first <= ids; first += FIELDS_PER_COMMAND) {
    const fields: string[] = [];
    for (let id = first; id < first + FIELDS_PER_COMMAND; id++) fields.push(String(id), String(views));
    await redis.command('HSET', `views:counter:${LABEL}`, ...fields);
  }
  await settle(database);
  const started = performance.now();
  const outcome = await flush.run();
  const ms = performance.now() - started;
  if (outcome !== 'done') throw new Error('the flush failed');
  return ms;
}

/** @returns milliseconds of the statement, as psql measures it: without its own start and its connection */
async function runBare(bench: Bench, psql: string, url: string, database: Database, ids: number, views: number) {
  const file = join(bench.folder, `update-${ids}.sql`);
  const rows = Array.from({ length: ids }, (_, index) => `(${index + 1}::bigint,${views}::bigint)`).join(',');
  await Bun.write(
    file,
    `\\timing on\nupdate pages_videocontent t set counter = counter + v.n from (values ${rows}) v(id, n) where t.id = v.id;\n`,
  );
  await settle(database);
  const text = await readOutput([psql, '-q', '-X', '-v', 'ON_ERROR_STOP=1', '-f', file, url]);
  const [, ms] = /^Time: ([\d.]+) ms/m.exec(text) ?? [];
  return Number(ms);
}

/** The same table before each measurement: without the dead rows of the last one, which would be removed in the middle. */
async function settle(database: Database): Promise<void> {
  await database.rows(sql`vacuum analyze pages_videocontent`);
}

/** @throws Error unless each view was added once */
async function checkCounters(database: Database, expected: number): Promise<void> {
  const [sums] = await database.rows(sql`select sum(counter) as counted from pages_videocontent`);
  if (Number(sums?.counted) !== expected) throw new Error(`${sums?.counted} of ${expected} views are in the counters`);
}
