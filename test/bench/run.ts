/**
 * `make bench`: what the executable weighs and takes, and how fast it answers, each beside its pair measured in the same
 * run: absolute figures of a machine that does other things too say little, ratios say more. `make bench ARGS=quick`
 * takes a minute. Rounds are interleaved, medians are shown, all traffic stays on the loopback interface.
 */
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase, startPostgres } from '../help/postgres.ts';
import { buildBinary, runProgram } from '../help/program.ts';
import { CONTENTS_PER_PAGE, createFixture, sumOfCounters } from './content.ts';
import type { Load } from './load.ts';
import { compile, measureRate, type Rate, type Server, startServer } from './servers.ts';
import { median, medianRatio, row } from './table.ts';

const [mode = 'full', ...surplus] = process.argv.slice(2);
if (!['full', 'quick'].includes(mode) || surplus.length > 0) {
  console.error('usage: make bench [ARGS=quick]');
  process.exit(2);
}
const SIZES = {
  full: { starts: 15, rounds: 7, seconds: 3, pages: 10_000 },
  quick: { starts: 10, rounds: 3, seconds: 2, pages: 2000 },
};
const { starts, rounds, seconds, pages } = mode === 'quick' ? SIZES.quick : SIZES.full;
const CONNECTIONS = 16;
const REST_MS = 1000;
const WARM_UP_SECONDS = 0.5;
const MEGABYTE = 1_000_000;

const folder = mkdtempSync(join(tmpdir(), 'contenthub-bench-'));
const closers: (() => Promise<unknown>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
let failed = false;
try {
  await bench();
} catch (error) {
  failed = true;
  console.error(error);
} finally {
  for (const close of closers.reverse()) await close();
}
process.exit(failed ? 1 : 0);

/** A database with the content in it. */
interface Filled {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
}

async function fill(program: string, name: string, url: string, fixture: string): Promise<Filled> {
  const settings = { DATABASE_URL: url };
  for (const args of [['migrate'], ['loaddata', fixture]]) {
    const { code, stderr } = await runProgram([program], args, { settings });
    if (code !== 0) throw new Error(stderr);
  }
  return { name, settings };
}

/** Postgres when it is there: a benchmark installs nothing. */
async function findPostgres(): Promise<string | undefined> {
  const places = ['/usr/lib/postgresql', '/opt/homebrew/opt/postgresql'];
  const isThere =
    process.env.TEST_POSTGRES_URL || Bun.which('postgres') || Bun.which('pg_config') || places.some(existsSync);
  if (!isThere) return undefined;
  const server = await startPostgres();
  closers.push(() => server.stop());
  const { url, drop } = await createDatabase(server.url);
  closers.push(drop);
  return url;
}

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

function target(name: string, server: Server, path: string, counts?: Filled): Target {
  const load = { path, ids: pages, connections: CONNECTIONS, seconds };
  return { name, server, load, rates: [], ...(counts !== undefined && { counts }) };
}

async function bench(): Promise<void> {
  const program = await buildBinary();
  const [empty, hello] = [await compile('empty', folder), await compile('hello', folder)];
  const fixture = join(folder, 'content.json');
  await Bun.write(fixture, createFixture(pages));
  const databases = [await fill(program, 'SQLite', `sqlite:${join(folder, 'contenthub.db')}`, fixture)];
  const postgres = await findPostgres();
  if (postgres !== undefined) databases.push(await fill(program, 'Postgres', postgres, fixture));
  console.log(
    `ContentHub benchmark (${mode}): Bun ${Bun.version}, ${availableParallelism()} processors, ${pages} pages of ${CONTENTS_PER_PAGE} contents\n`,
  );

  printSizes(program, empty);
  const [sqlite] = databases;
  if (sqlite !== undefined) await measureStarts(program, empty, hello, sqlite);
  await measureServing(program, hello, databases);
}

function printSizes(program: string, empty: string): void {
  const [own, pair] = [program, empty].map((path) => statSync(path).size / MEGABYTE);
  row(['size', 'MB', 'empty program', 'ratio']);
  row(['the executable', (own ?? 0).toFixed(1), (pair ?? 0).toFixed(1), ((own ?? 0) / (pair ?? 1)).toFixed(2)]);
  console.log();
}

async function measureStarts(program: string, empty: string, hello: string, database: Filled): Promise<void> {
  const times = { own: [] as number[], empty: [] as number[], hello: [] as number[] };
  // One more than is counted: the first start reads the files into memory.
  for (let round = 0; round <= starts; round++) {
    const started = performance.now();
    await Bun.spawn([empty], { stdio: ['ignore', 'ignore', 'ignore'] }).exited;
    const emptyMs = performance.now() - started;
    const bare = await startServer(hello, '/');
    await bare.stop();
    const own = await startServer(program, '/api/v1/pages/', database.settings);
    await own.stop();
    if (round === 0) continue;
    times.empty.push(emptyMs);
    times.hello.push(bare.startMs);
    times.own.push(own.startMs);
  }
  const line = (name: string, pair: readonly number[]) =>
    row([name, median(times.own).toFixed(1), median(pair).toFixed(1), medianRatio(times.own, pair).toFixed(2)]);
  row([`start to first 200, embedded (median of ${starts})`, 'ms', 'pair, ms', 'ratio']);
  line('beside an empty program, start to end', times.empty);
  line('beside a bare Bun.serve, start to first 200', times.hello);
  console.log();
}

async function measureServing(program: string, helloProgram: string, databases: readonly Filled[]): Promise<void> {
  const start = async (path: string, from: string, settings?: Readonly<Record<string, string>>) => {
    const server = await startServer(from, path, settings);
    closers.push(() => server.stop());
    return server;
  };
  const bare = await start('/', helloProgram);
  const hello = target('bare Bun.serve, hello', bare, '/');
  const targets: Target[] = [];
  const hubs: { readonly database: Filled; readonly server: Server; readonly uncached: Server }[] = [];
  for (const database of databases) {
    const server = await start('/health/', program, database.settings);
    const uncached = await start('/health/', program, { ...database.settings, PAGE_CACHE_MS: '0' });
    hubs.push({ database, server, uncached });
    targets.push(
      target(`${database.name}: /health/`, server, '/health/'),
      target(`${database.name}: list, page 1`, server, '/api/v1/pages/'),
      target(`${database.name}: one detail, counted`, server, '/api/v1/pages/1/', database),
      target(`${database.name}: random details, PAGE_CACHE_MS=0`, uncached, '/api/v1/pages/{id}/', database),
    );
  }
  await Bun.sleep(REST_MS);
  const atRest = [bare, ...hubs.map((hub) => hub.server)].map((server) => server.memory());

  const wrk = Bun.which('wrk') ?? undefined;
  for (const each of [hello, ...targets]) {
    each.warmUp = await measureRate(each.server, { ...each.load, seconds: WARM_UP_SECONDS }, undefined);
  }
  for (let round = 0; round < rounds; round++) {
    for (const each of [hello, ...targets]) each.rates.push(await measureRate(each.server, each.load, wrk));
  }
  printRates(hello, targets, wrk);

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
  for (const hub of hubs) await checkCounts(program, hub, targets, wrk);
}

function printRates(hello: Target, targets: readonly Target[], wrk: string | undefined): void {
  const generator = wrk === undefined ? 'own generator' : 'wrk';
  row([
    `requests (${CONNECTIONS} connections, ${rounds} × ${seconds} s, ${generator})`,
    'a second',
    'bare hello',
    'ratio',
    'CPU µs each',
    'bare hello',
    'ratio',
  ]);
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
 * @throws Error when a view was lost or counted twice
 */
async function checkCounts(
  program: string,
  { database, server, uncached }: { database: Filled; server: Server; uncached: Server },
  targets: readonly Target[],
  wrk: string | undefined,
): Promise<void> {
  await Promise.all([server.stop(), uncached.stop()]);
  const counting = targets.filter((each) => each.counts === database);
  const sent = counting
    .flatMap((each) => [each.warmUp?.requests ?? 0, ...each.rates.map((rate) => rate.requests)])
    .reduce((sum, requests) => sum + requests * CONTENTS_PER_PAGE, 0);
  // wrk leaves an answer of each connection unread, and uncounted by itself, whenever it ends.
  const unread = wrk === undefined ? 0 : counting.length * rounds * CONNECTIONS * CONTENTS_PER_PAGE;
  const dump = await runProgram([program], ['dumpdata', 'pages.videocontent', 'pages.audiocontent'], {
    settings: database.settings,
  });
  const counted = sumOfCounters(dump.stdout);
  const expected = unread === 0 ? `${sent}` : `${sent} to ${sent + unread}`;
  console.log(`${database.name}: ${counted} views counted, ${expected} expected`);
  if (counted < sent || counted > sent + unread) throw new Error('views were lost or counted twice');
}
