/**
 * How fast a hub answers, beside the least that a Bun server can do: a server that says hello, and a handler by hand that reads
 * the same pages from the same database. Cached answers come from a hub of one process; those that are not from a web that
 * counts through Redis where there is one, as a hub has that is asked for so many different pages.
 */
import { join } from 'node:path';
import { runProgram } from '../help/program.ts';
import { type Bench, CONNECTIONS, type Filled, fill } from './bench.ts';
import { sumOfCounters } from './content.ts';
import type { Load } from './load.ts';
import { sumQueue } from './push.ts';
import { findInstalledRedis, startBenchRedis } from './redis.ts';
import { measureRate, type Rate, type Server, startServer } from './servers.ts';
import { judge, median, medianRatio, row, say } from './table.ts';

const SIZES = { full: { rounds: 9, seconds: 2, pages: 10_000 }, quick: { rounds: 3, seconds: 1, pages: 2000 } };
const CONTENTS_PER_PAGE = 10;
const HOT_PAGES = 50;
const WARM_UP_SECONDS = 0.3;
/** Connections for the times of answers: enough that each waits its turn. */
const MANY_CONNECTIONS = 64;
const P99_RATIO_MAX = 5;

/** A row of the table of rates. */
interface Target {
  readonly name: string;
  readonly server: Server;
  readonly load: Omit<Load, 'port'>;
  readonly rates: Rate[];
  readonly pair?: Target;
  /** Of the pair's rate. */
  readonly ratioMin?: number;
  /** The database whose views the requests count. */
  readonly counts?: Filled;
}

/** A database, and what is measured on it. */
interface Hub {
  readonly database: Filled;
  readonly server: Server;
  readonly uncached: Server;
  readonly bare: Server;
  /** The views that `uncached` has pushed; undefined where it applies them by itself. */
  readonly readPushed: (() => Promise<number>) | undefined;
}

export async function measureServing(bench: Bench): Promise<void> {
  const { rounds, seconds, pages } = bench.isQuick ? SIZES.quick : SIZES.full;
  const hello = target('bare hello', await start(bench, [await bench.compile('hello')], '/', {}), '/', {
    ids: 1,
    seconds,
  });
  const hubs = await startHubs(bench, pages);
  const all = [hello, ...hubs.flatMap((hub) => targetsOf(hub, hello, { pages, seconds }))];
  const warmUps = new Map<Target, Rate>();
  for (const each of all) {
    warmUps.set(each, await measureRate(each.server, { ...each.load, seconds: WARM_UP_SECONDS }, undefined));
  }
  for (let round = 0; round < rounds; round++) {
    // Each comes first as often as last.
    for (const each of round % 2 === 0 ? all : all.toReversed()) {
      each.rates.push(await measureRate(each.server, each.load, bench.wrk));
    }
  }
  const generator = bench.wrk === undefined ? 'own generator' : 'wrk';
  printRates(`requests (${CONNECTIONS} connections, ${rounds} × ${seconds} s, ${generator})`, all);
  const timed = new Map<Hub, Rate[]>();
  for (const hub of hubs) timed.set(hub, await printTimes(bench, hub, rounds, seconds));
  if (bench.wrk !== undefined) await compareGenerators(hello, bench.wrk, rounds);
  for (const hub of hubs) await checkCounts(bench, hub, all, [...warmUps], timed.get(hub) ?? []);
  say();
}

function target(
  name: string,
  server: Server,
  path: string,
  { ids, seconds }: { readonly ids: number; readonly seconds: number },
): Target {
  return { name, server, load: { path, ids, connections: CONNECTIONS, seconds }, rates: [] };
}

function targetsOf(
  { database, server, uncached, bare }: Hub,
  hello: Target,
  { pages, seconds }: { readonly pages: number; readonly seconds: number },
): Target[] {
  const path = '/api/v1/pages/{id}/';
  const hot = { ids: HOT_PAGES, seconds };
  const random = { ids: pages, seconds };
  const { name } = database;
  const byHand = target(`${name}: random details by hand`, bare, path, random);
  return [
    { ...target(`${name}: /health/`, server, '/health/', hot), pair: hello, ratioMin: 0.8 },
    { ...target(`${name}: list, page 1`, server, '/api/v1/pages/', hot), pair: hello, ratioMin: 0.5 },
    { ...target(`${name}: ${HOT_PAGES} hot details`, server, path, hot), pair: hello, ratioMin: 0.5, counts: database },
    byHand,
    {
      ...target(`${name}: random details, PAGE_CACHE_MS=0`, uncached, path, random),
      ...{ pair: byHand, ratioMin: 0.8, counts: database },
    },
  ];
}

async function start(
  bench: Bench,
  command: readonly string[],
  path: string,
  settings: Readonly<Record<string, string>>,
): Promise<Server> {
  const server = await startServer(command, path, settings);
  bench.atEnd(() => server.stop());
  return server;
}

async function startHubs(bench: Bench, pages: number): Promise<Hub[]> {
  const load = (name: string, url: string) => fill(bench, name, url, pages, undefined, CONTENTS_PER_PAGE);
  const databases = [await load('SQLite', `sqlite:${join(bench.folder, 'serving.db')}`)];
  const postgres = await bench.createPostgres();
  if (postgres !== undefined) databases.push(await load('Postgres', postgres));
  const binary = await findInstalledRedis();
  const redis = binary && (await startBenchRedis(bench, binary));
  const hubs: Hub[] = [];
  for (const database of databases) {
    const { name, settings } = database;
    const uncached = { ...settings, PAGE_CACHE_MS: '0' };
    const prefix = `${name}:`;
    const asWeb = redis && { ...uncached, REDIS_URL: redis.url, COUNTER_KEY_PREFIX: prefix };
    hubs.push({
      database,
      server: await start(bench, [bench.program], '/health/', settings),
      uncached: await start(bench, [bench.program, ...(asWeb ? ['--web'] : [])], '/health/', asWeb ?? uncached),
      readPushed: redis && (() => sumQueue(redis, prefix)),
      bare: await start(bench, [await bench.compile('bare')], '/api/v1/pages/1/', settings),
    });
  }
  return hubs;
}

function printRates(title: string, targets: readonly Target[]): void {
  const rate = (each: Target) => each.rates.map((one) => one.requestsPerSecond);
  const cost = (each: Target) => median(each.rates.map((one) => one.microseconds ?? Number.NaN)).toFixed(1);
  row([title, 'a second', 'pair', 'CPU µs each', 'pair', 'ratio']);
  for (const each of targets) {
    const { name, pair, ratioMin } = each;
    if (pair === undefined || ratioMin === undefined) continue;
    const ratio = medianRatio(rate(each), rate(pair));
    const cells = [name, median(rate(each)).toFixed(0), median(rate(pair)).toFixed(0), cost(each), cost(pair)];
    judge(cells, ratio, `≥ ${ratioMin.toFixed(2)} of ${pair.name}`, ratio >= ratioMin);
  }
  say();
}

/** @returns what was measured */
async function printTimes(bench: Bench, { database, server }: Hub, rounds: number, seconds: number): Promise<Rate[]> {
  const load = { path: '/api/v1/pages/{id}/', ids: HOT_PAGES, connections: MANY_CONNECTIONS, seconds };
  const rates: Rate[] = [];
  for (let round = 0; round < rounds; round++) rates.push(await measureRate(server, load, bench.wrk));
  const [p50, p99] = [rates.map((rate) => rate.p50), rates.map((rate) => rate.p99)];
  const ratio = medianRatio(p99, p50);
  row([`times of hot details (${MANY_CONNECTIONS} connections)`, 'p99, ms', 'p50, ms', 'ratio']);
  const cells = [database.name, median(p99).toFixed(2), median(p50).toFixed(2)];
  judge(cells, ratio, `≤ ${P99_RATIO_MAX.toFixed(2)}`, ratio <= P99_RATIO_MAX);
  say();
  return rates;
}

/** The generator for machines without wrk, beside wrk. */
async function compareGenerators({ server, load }: Target, wrk: string, rounds: number): Promise<void> {
  const [own, others]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    own.push((await measureRate(server, load, undefined)).requestsPerSecond);
    others.push((await measureRate(server, load, wrk)).requestsPerSecond);
  }
  row(['the generator of this folder, on bare hello', 'a second', 'wrk', 'ratio']);
  row(['', median(own).toFixed(0), median(others).toFixed(0), medianRatio(own, others).toFixed(2)]);
  say();
}

/**
 * What was sent against what was counted: the rates of a program that loses views would be worth nothing. wrk leaves the last
 * answer of each connection unread.
 * @param warmUps by our own generator, which reads all
 * @throws Error when a view was lost or counted twice
 */
async function checkCounts(
  { program, wrk }: Bench,
  { database, server, uncached, readPushed }: Hub,
  targets: readonly Target[],
  warmUps: readonly (readonly [Target, Rate])[],
  timed: readonly Rate[],
): Promise<void> {
  await Promise.all([server.stop(), uncached.stop()]);
  const isCounting = (each: Target) => each.counts === database;
  const counting = targets.filter(isCounting);
  const rates = [...counting.flatMap((each) => each.rates), ...timed];
  const warm = warmUps.filter(([each]) => isCounting(each)).map(([, rate]) => rate);
  const sent = [...rates, ...warm].reduce((sum, { requests }) => sum + requests * CONTENTS_PER_PAGE, 0);
  const connections = (rates.length - timed.length) * CONNECTIONS + timed.length * MANY_CONNECTIONS;
  const unread = wrk === undefined ? 0 : connections * CONTENTS_PER_PAGE;
  const dump = await runProgram([program], ['dumpdata', 'pages.videocontent', 'pages.audiocontent'], {
    settings: database.settings,
  });
  const counted = sumOfCounters(dump.stdout) + ((await readPushed?.()) ?? 0);
  const expected = unread === 0 ? `${sent}` : `${sent} to ${sent + unread}`;
  say(`${database.name}: ${counted} views counted, ${expected} expected`);
  if (counted < sent || counted > sent + unread) throw new Error('views were lost or counted twice');
}
