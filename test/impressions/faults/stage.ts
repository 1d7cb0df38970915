/**
 * What a fault test plays on: a Redis, a database with pages, processes of the built executable, load, and the books in which every
 * view has to be found at the end.
 */

import { existsSync, readFileSync } from 'node:fs';
import type { Database, Dialect } from '../../../src/db/connection.ts';
import { migrate } from '../../../src/db/migrate.ts';
import { openDatabase } from '../../../src/db/open.ts';
import { createTestDatabase, type TestDatabase } from '../../help/databases.ts';
import { eventually } from '../../help/eventually.ts';
import { createDatabase } from '../../help/postgres.ts';
import { buildBinary, type RunningProgram, startProgram } from '../../help/program.ts';
import { randomOf } from '../../help/random.ts';
import { startRedis, type TestRedis } from '../../help/redis.ts';
import type { RedisBinary } from '../../help/redis_binary.ts';
import { createPages, type Load, type Pages, startLoad } from '../load.ts';
import { type Counts, createBooks, type ExactOptions } from './books.ts';
import { type PushOptions, pushJobs } from './jobs.ts';
import { WAIT_MS_MAX } from './limits.ts';

const PUSH_MS = 20;

export type Role = 'web' | 'worker' | 'beat';

export interface StageOptions {
  readonly dialect?: Dialect;
  /** A Postgres server of the test's own, in place of the one of the run. */
  readonly postgresUrl?: string;
  readonly redisConfig?: Readonly<Record<string, string>>;
  readonly redisBinary?: RedisBinary;
  readonly seed?: number;
}

export interface StartOptions {
  /** `--unsafe-failpoints`; see src/failpoints.ts. */
  readonly failpoints?: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** In place of the stage's own: the way through a proxy. */
  readonly redisUrl?: string;
  readonly databaseUrl?: string;
}

/** A process of the program. `end` also ends one that is stopped by SIGSTOP. */
export interface StageProgram extends RunningProgram {
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM' | 'SIGKILL'): void;
  /** Linux only: whether SIGSTOP has stopped it. */
  isPaused(): boolean;
  isRunning(): boolean;
  /** Waits until it has ended, by whatever it was that ended it. @returns as `end` does */
  ended(): Promise<number>;
}

export interface Stage {
  readonly seed: number;
  /** From 0 to 1; the same numbers for the same seed. */
  random(): number;
  readonly redis: TestRedis;
  /** The test's own connection to the database. */
  readonly database: Database;
  readonly databaseUrl: string;
  readonly pages: Pages;
  start(roles: readonly Role[], options?: StartOptions): Promise<StageProgram>;
  /** Requests pages of the webs at these addresses until it is stopped, at the latest with the stage. */
  load(urls: readonly string[], clients: number): Load;
  /**
   * Pushes jobs of random views past any web, and returns what they add up to. Without `contents`, of the pages' contents.
   */
  pushJobs(count: number, options?: Partial<PushOptions>): Promise<Counts>;
  /**
   * Waits until all that was accepted is in the database: nothing queued, counted or sealed. Views that a web has not pushed yet are not
   * accepted; end the webs first. @param pending labels whose views stay
   */
  drained(pending?: readonly string[]): Promise<void>;
  /**
   * Waits for what must come, drains, and then checks I1, I3 and I4 for requests (and, in `pushed`, for jobs pushed beside them): each
   * id at least as often as answered, at most as often as asked for.
   */
  assertExact(sent: Load['sent'], options?: ExactOptions): Promise<void>;
  /** Drains, and then checks I1, I3 and I4 for jobs alone: each id as often as pushed, no more and no less. */
  assertCounts(expected: Counts, options?: Pick<ExactOptions, 'pending'>): Promise<void>;
  /** What has become of the views of each content since the stage was opened: counted, orphaned or dead. */
  readCounts(): Promise<Counts>;
  /** Sets a counter without that being growth. */
  setCounter(content: string, value: number): Promise<void>;
  /** Removes a content, and remembers its counter for the books. Pages must not show it. */
  removeContent(content: string): Promise<void>;
  /** Ends everything it has started. Idempotent. */
  stop(): Promise<void>;
}

const seedOfRun = Number(process.env.TEST_SEED) || Math.floor(Math.random() * 2 ** 31);
let isSeedPrinted = false;

/** Opens a stage without any process of the program. The seed of the run is printed once, and taken from TEST_SEED. */
export async function openStage(options: StageOptions = {}): Promise<Stage> {
  if (!isSeedPrinted) process.stderr.write(`TEST_SEED=${seedOfRun}\n`);
  isSeedPrinted = true;
  const seed = options.seed ?? seedOfRun;
  const random = randomOf(seed);
  const closers: (() => unknown)[] = [];
  const [binary, opened, redis] = await Promise.all([
    buildBinary(),
    openTestDatabase(options).then((made) => {
      closers.push(() => made.drop());
      return made;
    }),
    startRedis({
      ...(options.redisBinary !== undefined && { binary: options.redisBinary }),
      ...(options.redisConfig !== undefined && { config: options.redisConfig }),
    }).then((made) => {
      closers.push(() => made.stop());
      return made;
    }),
  ]);
  const { database, url: databaseUrl } = opened;
  const pages = await createPages(database);
  const books = createBooks({ database, redis, pages });
  let stopped: Promise<void> | undefined;

  async function start(roles: readonly Role[], own: StartOptions = {}): Promise<StageProgram> {
    const settings = {
      DATABASE_URL: own.databaseUrl ?? databaseUrl,
      REDIS_URL: own.redisUrl ?? redis.url,
      IMPRESSION_PUSH_MS: `${PUSH_MS}`,
      ...own.settings,
    };
    const failpoints = own.failpoints === undefined ? [] : ['--unsafe-failpoints', own.failpoints];
    const program = await startProgram([binary], [...roles.map((role) => `--${role}`), ...failpoints], { settings });
    closers.push(() => program.end('SIGKILL'));
    return extendProgram(program);
  }

  async function stop(): Promise<void> {
    // Processes before the servers they talk to; load sees them go.
    for (const close of closers.splice(0).reverse()) await close();
  }

  return {
    seed,
    random,
    redis,
    database,
    databaseUrl,
    pages,
    ...books,
    start,
    load(urls, clients) {
      const load = startLoad(urls, pages, clients);
      closers.push(() => load.stop());
      return load;
    },
    pushJobs: (count, own = {}) => pushJobs(redis, count, { random, contents: books.contents, ...own }),
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** A stage for the time of one test: it ends when `act` does. */
export async function withStage(options: StageOptions, act: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = await openStage(options);
  try {
    await act(stage);
  } finally {
    await stage.stop();
  }
}

async function openTestDatabase({ dialect = 'postgres', postgresUrl }: StageOptions): Promise<TestDatabase> {
  if (postgresUrl === undefined) return createTestDatabase(dialect);
  const { url, drop } = await createDatabase(postgresUrl);
  const address = { dialect: 'postgres', url } as const;
  await migrate(address);
  const database = openDatabase(address);
  return {
    address,
    url,
    database,
    async drop() {
      await database.close();
      await drop();
    },
  };
}

function extendProgram(program: RunningProgram): StageProgram {
  /** The letter of /proc/PID/stat: R, S, T (stopped), Z (ended, and not yet noticed) … */
  function state(): string {
    const file = `/proc/${program.pid}/stat`;
    return existsSync(file) ? (/\) (\w)/.exec(readFileSync(file, 'utf8'))?.[1] ?? '') : '';
  }
  const isRunning = () => {
    try {
      return process.kill(program.pid, 0) && state() !== 'Z';
    } catch {
      return false;
    }
  };
  return {
    ...program,
    signal: (name) => void process.kill(program.pid, name),
    isPaused: () => state() === 'T',
    isRunning,
    async ended() {
      await eventually(() => {
        if (isRunning()) throw new Error(`process ${program.pid} still runs:\n${program.log()}`);
      }, WAIT_MS_MAX);
      return program.end('SIGKILL');
    },
  };
}
