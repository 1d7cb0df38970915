/** How fast workers empty a queue, beside the very same script called by redis-benchmark on the very same jobs. */
import { join } from 'node:path';
import { ingest } from '../../src/impressions/ingest.ts';
import { createJobs } from '../../src/impressions/job.ts';
import { createKeys } from '../../src/impressions/keys.ts';
import { openRedis } from '../../src/impressions/redis.ts';
import { createLog } from '../../src/log.ts';
import { parseRedisAddress } from '../../src/redis_address.ts';
import { runProgram } from '../help/program.ts';
import type { TestRedis } from '../help/redis.ts';
import { connectResp, type RespConnection } from '../help/resp.ts';
import type { Bench } from './bench.ts';
import { beginSection, findInstalledRedis, startBenchRedis } from './redis.ts';
import { processorSecondsOf, readOutput, type Server, startServer } from './servers.ts';
import { judge, median, medianRatio, row, say } from './table.ts';

const SIZES = { full: { rounds: 7, jobs: 200_000 }, quick: { rounds: 3, jobs: 60_000 } };
const IDS = 10_000;
const IDS_PER_JOB = 5;
const SCRIPT = join(import.meta.dirname, '..', '..', 'src', 'impressions', 'ingest.lua');
const DEDUP_TTL_SECONDS = 3600;
const RATIO_MIN = 0.8;
const JOBS_PER_SECOND_MIN = 40_000;
const PUSH_JOBS = 500;
const POLL_MS = 3;
const DRAIN_MS_MAX = 60_000;
/** A worker that has just started comes to wait for jobs. */
const SETTLE_MS = 150;
const LABELS = ['pages.videocontent', 'pages.audiocontent'];
const keys = createKeys('');

export async function measureIngest(bench: Bench): Promise<void> {
  const [binary, tool] = [await findInstalledRedis(), Bun.which('redis-benchmark')];
  if (!beginSection('ingest', { Redis: binary, 'redis-benchmark': tool }) || !binary || !tool) return;
  const { rounds, jobs } = bench.isQuick ? SIZES.quick : SIZES.full;
  const redis = await startBenchRedis(bench, binary);
  const store = await connectResp(redis.port);
  bench.atEnd(() => store.close());
  const settings = { DATABASE_URL: `sqlite:${join(bench.folder, 'ingest.db')}`, REDIS_URL: redis.url };
  const { code, stderr } = await runProgram([bench.program], ['migrate'], { settings });
  if (code !== 0) throw new Error(stderr);
  await writeJobs(store, jobs);
  const call = await readCall(redis, store);

  const drains = { bare: [] as Drain[], one: [] as Drain[], two: [] as Drain[] };
  for (let round = 0; round < rounds; round++) {
    drains.bare.push(await drainBare(tool, redis, store, call, jobs));
    drains.one.push(await drainByWorkers(bench, settings, 1, redis, store, jobs));
    drains.two.push(await drainByWorkers(bench, settings, 2, redis, store, jobs));
  }
  const title = `ingest: ${jobs} jobs of ${IDS_PER_JOB} of ${IDS} ids (${rounds} rounds)`;
  row([title, 'increments/s', 'Redis µs/job', 'bare', 'jobs/s', 'bare', 'ratio']);
  const rates = (side: readonly Drain[]) => side.map((drain) => drain.jobsPerSecond);
  const cost = (side: readonly Drain[]) => median(side.map((drain) => drain.microseconds)).toFixed(1);
  const line = (name: string, own: readonly Drain[]) => {
    const [rate, bare] = [median(rates(own)), median(rates(drains.bare))];
    const ratio = medianRatio(rates(own), rates(drains.bare));
    const costs = [cost(own), cost(drains.bare)];
    const cells = [name, (rate * IDS_PER_JOB).toFixed(0), ...costs, rate.toFixed(0), bare.toFixed(0)];
    const isAsWanted = ratio >= RATIO_MIN || rate >= JOBS_PER_SECOND_MIN;
    judge(cells, ratio, `≥ ${RATIO_MIN.toFixed(2)} or ${JOBS_PER_SECOND_MIN} jobs/s`, isAsWanted);
  };
  line('one worker process', drains.one);
  line('two worker processes', drains.two);
  say();
}

/** Keeps the jobs in the server's second database, to be copied into the queue for each drain. */
async function writeJobs(store: RespConnection, jobs: number): Promise<void> {
  await store.send('SELECT', '1');
  for (let done = 0; done < jobs; done += PUSH_JOBS) {
    const texts = Array.from({ length: Math.min(PUSH_JOBS, jobs - done) }, () => createJob());
    await store.send('RPUSH', 'jobs', ...texts);
  }
}

/** A job as a web process makes it, three of one content type and two of another. */
function createJob(): string {
  const ids = new Set<number>();
  while (ids.size < IDS_PER_JOB) ids.add(1 + Math.floor(Math.random() * IDS));
  const pairs = [...ids].map((id): [number, number] => [id, 1]);
  const views = new Map([
    [LABELS[0] ?? '', new Map(pairs.slice(0, 3))],
    [LABELS[1] ?? '', new Map(pairs.slice(3))],
  ]);
  return createJobs(views)[0]?.text ?? '';
}

/** How one run of the script is called: its arguments, as the program gives them, and how many of these jobs it takes. */
interface Call {
  readonly args: readonly string[];
  readonly jobsPerRun: number;
}

/** Lets the program run the script once, and listens. */
async function readCall(redis: TestRedis, store: RespConnection): Promise<Call> {
  await fillQueue(redis, store);
  const connection = openRedis(
    parseRedisAddress(redis.url),
    createLog('error', 'json', (line) => void process.stderr.write(line)),
    { purpose: 'bench', key: '' },
  );
  await connection.connect();
  let args: string[] = [];
  const listener = new Proxy(connection.node(), {
    get(node, name) {
      if (name !== 'evalsha') return Reflect.get(node, name, node);
      return (...given: unknown[]) => {
        args = given.map(String);
        return Reflect.apply(node.evalsha, node, given);
      };
    },
  });
  const { taken } = await ingest(listener, keys, DEDUP_TTL_SECONDS);
  connection.close();
  const sha = await redis.command('SCRIPT', 'LOAD', await Bun.file(SCRIPT).text());
  if (sha !== args[0]) throw new Error('the program runs another script than ingest.lua');
  return { args, jobsPerRun: taken };
}

/** Forgets what the last drain has done. */
async function fillQueue(redis: TestRedis, store: RespConnection): Promise<void> {
  await redis.command('FLUSHDB');
  await store.send('COPY', 'jobs', keys.queue, 'DB', '0');
}

/** How a queue was emptied. */
interface Drain {
  readonly jobsPerSecond: number;
  /** Processor time of Redis for one job. */
  readonly microseconds: number;
}

async function drainBare(
  tool: string,
  redis: TestRedis,
  store: RespConnection,
  { args, jobsPerRun }: Call,
  jobs: number,
): Promise<Drain> {
  await fillQueue(redis, store);
  const usedBefore = processorSecondsOf(redis.pid) ?? Number.NaN;
  const runs = Math.ceil(jobs / jobsPerRun);
  const flags = ['-p', String(redis.port), '-c', '1', '-n', String(runs), '--csv'];
  const text = await readOutput([tool, ...flags, 'EVALSHA', ...args]);
  const runsPerSecond = Number(/^"EVALSHA[^"]*","([\d.]+)"/m.exec(text)?.[1]);
  const used = (processorSecondsOf(redis.pid) ?? Number.NaN) - usedBefore;
  await checkDrained(redis, jobs);
  return { jobsPerSecond: (runsPerSecond * jobs) / runs, microseconds: (used * 1e6) / jobs };
}

/** From the moment the jobs are there until none is. */
async function drainByWorkers(
  bench: Bench,
  settings: Readonly<Record<string, string>>,
  workers: number,
  redis: TestRedis,
  store: RespConnection,
  jobs: number,
): Promise<Drain> {
  await redis.command('FLUSHDB');
  const servers: Server[] = [];
  for (let worker = 0; worker < workers; worker++) {
    const server = await startServer([bench.program, '--worker'], '/livez', settings);
    bench.atEnd(() => server.stop());
    servers.push(server);
  }
  await Bun.sleep(SETTLE_MS);
  await fillQueue(redis, store);
  const usedBefore = processorSecondsOf(redis.pid) ?? Number.NaN;
  const started = performance.now();
  while (Number(await redis.command('LLEN', keys.queue)) > 0) {
    if (performance.now() - started > DRAIN_MS_MAX) throw new Error('the queue was not emptied');
    await Bun.sleep(POLL_MS);
  }
  const seconds = (performance.now() - started) / 1000;
  const used = (processorSecondsOf(redis.pid) ?? Number.NaN) - usedBefore;
  for (const server of servers) await server.stop();
  await checkDrained(redis, jobs);
  return { jobsPerSecond: jobs / seconds, microseconds: (used * 1e6) / jobs };
}

/** @throws Error unless each view was counted once */
async function checkDrained(redis: TestRedis, jobs: number): Promise<void> {
  let sum = 0;
  for (const label of LABELS) {
    for (const n of [await redis.command('HVALS', keys.counterPrefix + label)].flat()) sum += Number(n);
  }
  if (sum !== jobs * IDS_PER_JOB) throw new Error(`${sum} of ${jobs * IDS_PER_JOB} increments were counted`);
}
