/** What counting costs a web process: hot detail pages, with Redis and embedded, beside the same program that does not count. */
import { join } from 'node:path';
import { runProgram } from '../help/program.ts';
import type { TestRedis } from '../help/redis.ts';
import { type Bench, CONNECTIONS, type Filled, fill } from './bench.ts';
import { CONTENTS_PER_PAGE, sumOfCounters } from './content.ts';
import { beginSection, findInstalledRedis, startBenchRedis } from './redis.ts';
import { measureRate, type Rate, type Server, startServer } from './servers.ts';
import { judge, median, medianRatio, row, say } from './table.ts';

/** Many short rounds: what else the machine does changes from second to second, and spares both sides of a pair or neither. */
const SIZES = { full: { rounds: 24, seconds: 1 }, quick: { rounds: 4, seconds: 1 } };
const PAGES = 200;
const HOT_PAGES = 50;
const WARM_UP_SECONDS = 0.3;
const RATIO_MIN = 0.9;
const QUEUE_PIECE = 1000;

interface Side {
  readonly name: string;
  readonly server: Server;
  readonly rates: Rate[];
  /** What it has counted in the end. Undefined for one that does not count. */
  readonly readCounted?: () => Promise<number>;
}

export async function measurePush(bench: Bench): Promise<void> {
  const redisBinary = await findInstalledRedis();
  const entry = await bench.compile('web');
  const open = async (
    name: string,
    command: readonly string[],
    settings: Filled['settings'],
    readCounted?: Side['readCounted'],
  ): Promise<Side> => {
    const server = await startServer(command, '/health/', settings);
    bench.atEnd(() => server.stop());
    return { name, server, rates: [], ...(readCounted !== undefined && { readCounted }) };
  };

  if (beginSection('push', { Redis: redisBinary }) && redisBinary !== undefined) {
    const redis = await startBenchRedis(bench, redisBinary);
    const database = await fill(bench, 'SQLite', `sqlite:${join(bench.folder, 'push.db')}`, PAGES);
    const through = (prefix: string) => ({ ...database.settings, REDIS_URL: redis.url, COUNTER_KEY_PREFIX: prefix });
    const off = await open('off', [entry], { ...through('off:'), BENCH_COUNTING: 'off' });
    const on = await open('web process, counting on', [entry], through('on:'), () => sumQueue(redis, 'on:'));
    const whole = await open('the executable, --web', [bench.program, '--web'], through('all:'), () =>
      sumQueue(redis, 'all:'),
    );
    await compare(bench, `push to Redis ${redis.version}`, off, [on, whole]);
  }

  const own = await fill(bench, 'SQLite', `sqlite:${join(bench.folder, 'embedded.db')}`, PAGES);
  const idle = await fill(bench, 'SQLite', `sqlite:${join(bench.folder, 'embedded-off.db')}`, PAGES);
  const off = await open('off', [entry], { ...idle.settings, BENCH_COUNTING: 'off' });
  const on = await open('one process, counting on', [entry], own.settings, () => sumDatabase(bench, own));
  await compare(bench, 'embedded, SQLite', off, [on]);
}

async function compare(bench: Bench, title: string, off: Side, sides: readonly Side[]): Promise<void> {
  const { rounds, seconds } = bench.isQuick ? SIZES.quick : SIZES.full;
  const load = { path: '/api/v1/pages/{id}/', ids: HOT_PAGES, connections: CONNECTIONS, seconds };
  const all = [off, ...sides];
  const warmUps = new Map<Side, number>();
  for (const side of all) {
    const { requests } = await measureRate(side.server, { ...load, seconds: WARM_UP_SECONDS }, undefined);
    warmUps.set(side, requests);
  }
  for (let round = 0; round < rounds; round++) {
    // Each comes first as often as last.
    for (const side of round % 2 === 0 ? all : all.toReversed()) {
      side.rates.push(await measureRate(side.server, load, bench.wrk));
    }
  }
  const heading = `${title} (${HOT_PAGES} hot details, ${rounds} × ${seconds} s)`;
  row([heading, 'views/s', 'CPU µs each', 'off', 'requests/s', 'off', 'ratio']);
  const rates = (side: Side) => side.rates.map((one) => one.requestsPerSecond);
  const costs = (side: Side) => side.rates.map((one) => one.microseconds ?? Number.NaN);
  for (const side of sides) {
    const [rate, rateOff] = [median(rates(side)), median(rates(off))];
    const cost = [median(costs(side)).toFixed(1), median(costs(off)).toFixed(1)];
    const ratio = medianRatio(rates(side), rates(off));
    const cells = [side.name, (rate * CONTENTS_PER_PAGE).toFixed(0), ...cost, rate.toFixed(0), rateOff.toFixed(0)];
    judge(cells, ratio, `≥ ${RATIO_MIN.toFixed(2)}`, ratio >= RATIO_MIN);
  }
  const unread = bench.wrk === undefined ? 0 : rounds * CONNECTIONS;
  for (const side of sides) await checkCounted(side, warmUps.get(side) ?? 0, unread);
  say();
}

/** @param unreadMax answers that the generator has left unread, at most @throws Error when a view was lost or counted twice */
async function checkCounted({ name, server, rates, readCounted }: Side, warmUp: number, unreadMax: number) {
  if (readCounted === undefined) return;
  await server.stop();
  const counted = await readCounted();
  const requests = rates.reduce((sum, rate) => sum + rate.requests, warmUp);
  const [least, most] = [requests * CONTENTS_PER_PAGE, (requests + unreadMax) * CONTENTS_PER_PAGE];
  say(`${name}: ${counted} views counted, ${least}${most > least ? ` to ${most}` : ''} expected`);
  if (counted < least || counted > most) throw new Error('views were lost or counted twice');
}

/** The views of all jobs in a queue that no worker has touched. */
export async function sumQueue(redis: TestRedis, prefix: string): Promise<number> {
  let sum = 0;
  for (let start = 0; ; start += QUEUE_PIECE) {
    const piece = await redis.command('LRANGE', `${prefix}views:queue`, `${start}`, `${start + QUEUE_PIECE - 1}`);
    const texts = [piece].flat();
    if (texts.length === 0) return sum;
    for (const text of texts) {
      const { views }: { views: Record<string, Record<string, number>> } = JSON.parse(String(text));
      for (const counts of Object.values(views)) for (const n of Object.values(counts)) sum += n;
    }
  }
}

async function sumDatabase({ program }: Bench, { settings }: Filled): Promise<number> {
  const dump = await runProgram([program], ['dumpdata', 'pages.videocontent', 'pages.audiocontent'], { settings });
  return sumOfCounters(dump.stdout);
}
