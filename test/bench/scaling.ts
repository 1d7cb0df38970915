/** What a second web process on the same port adds, on a machine whose processors the load generator uses too. */
import { availableParallelism } from 'node:os';
import { findPort } from '../help/ports.ts';
import { type Bench, fill } from './bench.ts';
import { beginSection, findInstalledRedis, startBenchRedis } from './redis.ts';
import { measureRate, type Rate, type Server, startServer } from './servers.ts';
import { median, medianRatio, row, say } from './table.ts';

const SIZES = { full: { rounds: 7, seconds: 2 }, quick: { rounds: 2, seconds: 1 } };
const PAGES = 2000;
/** Enough that the system spreads them evenly. */
const CONNECTIONS = 64;

export async function measureScaling(bench: Bench): Promise<void> {
  const [binary, url] = [await findInstalledRedis(), await bench.createPostgres()];
  if (!beginSection('scaling', { Redis: binary, Postgres: url }) || !binary || !url) return;
  const redis = await startBenchRedis(bench, binary);
  const database = await fill(bench, 'Postgres', url, PAGES);
  const startWebs = async (webs: number, more: Readonly<Record<string, string>>): Promise<Server> => {
    const shared = { REDIS_URL: redis.url, REUSE_PORT: '1', PORT: String(await findPort()) };
    const started: Server[] = [];
    for (let n = 0; n < webs; n++) {
      const web = await startServer([bench.program, '--web'], '/health/', { ...database.settings, ...shared, ...more });
      bench.atEnd(() => web.stop());
      started.push(web);
    }
    const [first] = started;
    if (first === undefined) throw new RangeError('no web to start');
    const sum = (seconds: readonly (number | undefined)[]) =>
      seconds.reduce<number | undefined>(
        (all, one) => (all === undefined || one === undefined ? undefined : all + one),
        0,
      );
    return { ...first, processorSeconds: () => sum(started.map((web) => web.processorSeconds())) };
  };

  const { rounds, seconds } = bench.isQuick ? SIZES.quick : SIZES.full;
  row([
    `webs on one port (${CONNECTIONS} connections, ${availableParallelism()} processors)`,
    'two',
    'one',
    'CPU µs',
    'one',
    'ratio',
  ]);
  for (const [name, more] of [
    ['details from the cache', {}],
    ['details from Postgres, PAGE_CACHE_MS=0', { PAGE_CACHE_MS: '0' }],
  ] as const) {
    const sides = [await startWebs(2, more), await startWebs(1, more)].map((server) => ({
      server,
      rates: [] as Rate[],
    }));
    const load = { path: '/api/v1/pages/{id}/', ids: PAGES, connections: CONNECTIONS, seconds };
    for (let round = 0; round < rounds; round++) {
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
        side.rates.push(await measureRate(side.server, load, bench.wrk));
      }
    }
    const rates = sides.map((side) => side.rates.map((rate) => rate.requestsPerSecond));
    const [two = [], one = []] = rates;
    const costs = sides.map((side) => median(side.rates.map((rate) => rate.microseconds ?? Number.NaN)).toFixed(1));
    row([name, median(two).toFixed(0), median(one).toFixed(0), ...costs, medianRatio(two, one).toFixed(2)]);
  }
  say();
}
