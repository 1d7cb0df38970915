/** How fast a hub of one process answers, and what memory it takes, beside the least that a Bun server can do. */
import { join } from 'node:path';
import { runProgram } from '../help/program.ts';
import { type Bench, CONNECTIONS, type Filled, fill } from './bench.ts';
import { CONTENTS_PER_PAGE, sumOfCounters } from './content.ts';
import type { Load } from './load.ts';
import { measureRate, type Rate, type Server, startServer } from './servers.ts';
import { median, medianRatio, row } from './table.ts';

const SIZES = { full: { rounds: 7, seconds: 3, pages: 10_000 }, quick: { rounds: 3, seconds: 1, pages: 2000 } };
const REST_MS = 1000;
const WARM_UP_SECONDS = 0.3;

/** A row of the table of rates. */
interface Target {
  readonly name: string;
  readonly server: Server;
  readonly load: Omit<Load, 'port'>;
  readonly rates: Rate[];
  /** Not shown; its requests count views like the others. */
  warmUp?: Rate;
  /** The database whose views the requests count. */
  readonly counts?: Filled;
}

/** A database, and the hubs on it. */
interface Hub {
  readonly database: Filled;
  readonly server: Server;
  readonly uncached: Server;
}

export async function measureServing(bench: Bench): Promise<void> {
  const { rounds, seconds, pages } = bench.isQuick ? SIZES.quick : SIZES.full;
  const { wrk } = bench;
  const target = (name: string, server: Server, path: string, counts?: Filled): Target => {
    const load = { path, ids: pages, connections: CONNECTIONS, seconds };
    return { name, server, load, rates: [], ...(counts !== undefined && { counts }) };
  };
  const bare = await start(bench, [await bench.compile('hello')], '/', {});
  const hello = target('bare Bun.serve, hello', bare, '/');
  const hubs = await startHubs(bench, pages);
  const targets = hubs.flatMap(({ database, server, uncached }) => [
    target(`${database.name}: /health/`, server, '/health/'),
    target(`${database.name}: list, page 1`, server, '/api/v1/pages/'),
    target(`${database.name}: one detail, counted`, server, '/api/v1/pages/1/', database),
    target(`${database.name}: random details, PAGE_CACHE_MS=0`, uncached, '/api/v1/pages/{id}/', database),
  ]);
  await Bun.sleep(REST_MS);
  const atRest = [bare, ...hubs.map((hub) => hub.server)].map((server) => server.memory());

  for (const each of [hello, ...targets]) {
    each.warmUp = await measureRate(each.server, { ...each.load, seconds: WARM_UP_SECONDS }, undefined);
  }
  for (let round = 0; round < rounds; round++) {
    for (const each of [hello, ...targets]) each.rates.push(await measureRate(each.server, each.load, wrk));
  }
  const generator = wrk === undefined ? 'own generator' : 'wrk';
  const title = `requests (${CONNECTIONS} connections, ${rounds} × ${seconds} s, ${generator})`;
  row([title, 'a second', 'bare hello', 'ratio', 'CPU µs each', 'bare hello', 'ratio']);
  printRates(hello, targets);

  row(['resident memory', 'MB', 'bare Bun.serve', 'ratio']);
  const bareAfter = bare.memory();
  for (const [index, { database, server, uncached }] of hubs.entries()) {
    const line = (name: string, own: number, pair: number) =>
      row([`${database.name}: ${name}`, own.toFixed(0), pair.toFixed(0), (own / pair).toFixed(2)]);
    line('at rest', atRest[index + 1] ?? 0, atRest[0] ?? 0);
    line('after load', server.memory(), bareAfter);
    line('after load, PAGE_CACHE_MS=0', uncached.memory(), bareAfter);
  }
  console.log();
  for (const hub of hubs) await checkCounts(bench, hub, targets, wrk === undefined ? 0 : rounds * CONNECTIONS);
  console.log();
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
  const databases = [await fill(bench, 'SQLite', `sqlite:${join(bench.folder, 'serving.db')}`, pages)];
  const postgres = await bench.createPostgres();
  if (postgres !== undefined) databases.push(await fill(bench, 'Postgres', postgres, pages));
  const hubs: Hub[] = [];
  for (const database of databases) {
    const server = await start(bench, [bench.program], '/health/', database.settings);
    const uncached = await start(bench, [bench.program], '/health/', { ...database.settings, PAGE_CACHE_MS: '0' });
    hubs.push({ database, server, uncached });
  }
  return hubs;
}

function printRates(hello: Target, targets: readonly Target[]): void {
  const rate = (each: Target) => each.rates.map((one) => one.requestsPerSecond);
  const cost = (each: Target) => each.rates.map((one) => one.microseconds ?? Number.NaN);
  for (const each of targets) {
    row([
      each.name,
      median(rate(each)).toFixed(0),
      median(rate(hello)).toFixed(0),
      medianRatio(rate(each), rate(hello)).toFixed(2),
      median(cost(each)).toFixed(1),
      median(cost(hello)).toFixed(1),
      medianRatio(cost(each), cost(hello)).toFixed(2),
    ]);
  }
  console.log();
}

/**
 * What was sent against what was counted: the rates of a program that loses views would be worth nothing.
 * @param unreadMax answers to a target that the generator has left unread, at most
 * @throws Error when a view was lost or counted twice
 */
async function checkCounts(
  { program }: Bench,
  { database, server, uncached }: Hub,
  targets: readonly Target[],
  unreadMax: number,
): Promise<void> {
  await Promise.all([server.stop(), uncached.stop()]);
  const counting = targets.filter((each) => each.counts === database);
  const sent = counting
    .flatMap((each) => [each.warmUp?.requests ?? 0, ...each.rates.map((rate) => rate.requests)])
    .reduce((sum, requests) => sum + requests * CONTENTS_PER_PAGE, 0);
  const unread = counting.length * unreadMax * CONTENTS_PER_PAGE;
  const dump = await runProgram([program], ['dumpdata', 'pages.videocontent', 'pages.audiocontent'], {
    settings: database.settings,
  });
  const counted = sumOfCounters(dump.stdout);
  const expected = unread === 0 ? `${sent}` : `${sent} to ${sent + unread}`;
  console.log(`${database.name}: ${counted} views counted, ${expected} expected`);
  if (counted < sent || counted > sent + unread) throw new Error('views were lost or counted twice');
}
