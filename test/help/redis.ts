/**
 * A Redis for the tests: a server of its own for each, in a throwaway folder, that can be killed, paused and taken back in time.
 *
 * It writes an append-only file and never evicts, as the program demands, and listens on 127.0.0.1 only. Its port lies below those
 * that the system hands out to connections and to servers that ask for any: while it is down nobody takes that port, and no client
 * that tries to reach it connects to itself.
 */
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findPort } from './ports.ts';
import { findRedis, type RedisBinary } from './redis_binary.ts';
import { createRedisProcess, type RedisProcess } from './redis_process.ts';
import { connectResp, type Reply, type RespConnection } from './resp.ts';

const START_ATTEMPTS_MAX = 3;
const START_WAIT_MS_MAX = 20_000;
const COPY_ATTEMPTS_MAX = 20;
const POLL_MS = 10;
const APPEND_ONLY_FOLDER = 'appendonlydir';

const CONFIG: Readonly<Record<string, string>> = {
  bind: '127.0.0.1',
  save: '',
  appendonly: 'yes',
  appendfsync: process.env.TEST_APPENDFSYNC || 'everysec',
  appenddirname: APPEND_ONLY_FOLDER,
  'maxmemory-policy': 'noeviction',
};

export interface RedisOptions {
  /** The installed one unless told otherwise. */
  readonly binary?: RedisBinary;
  /** Lines of its configuration, as they would stand in redis.conf; '' is written as "". */
  readonly config?: Readonly<Record<string, string>>;
  /** Where its data lies, if not in a folder that goes away with it. */
  readonly folder?: string;
  readonly port?: number;
  readonly cluster?: boolean;
  /** It is a Sentinel: it watches servers and holds no data. */
  readonly sentinel?: boolean;
}

export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Of the process that runs, or ran last. */
  readonly pid: number;
  /** Where its data lies. */
  readonly folder: string;
  readonly version: string;
  /** All that it has logged since the first start. */
  log(): string;
  /** Asks on one connection, the same one until it is lost. @throws Error with the server's message */
  command(...args: readonly string[]): Promise<Reply>;
  /** Ends the process and waits until it is gone. Does nothing when it does not run. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Stops the process where it is: connections stay, nothing answers. */
  pause(): Promise<void>;
  resume(): void;
  /** Starts it again after a kill, with the same port and data, and waits until it has loaded them and answers. */
  start(): Promise<void>;
  /**
   * Copies its append-only file while it runs, and returns the path of the copy, which goes away with the server. The copy is this
   * moment of its history: every command that had a reply is in it (unless a slow disk lets `everysec` write up to two seconds late).
   */
  copyData(): Promise<string>;
  /** Puts a copy in the place of its append-only file. It may be used again. @throws Error while the server runs */
  restoreData(copy: string): Promise<void>;
  /** Kills the server and removes its folder. Idempotent. */
  stop(): Promise<void>;
}

/** Starts a Redis and waits until it answers. @throws Error with the last line of its log when it ends instead */
export async function startRedis(options: RedisOptions = {}): Promise<TestRedis> {
  const binary = options.binary ?? (await findRedis('installed'));
  for (let attempt = 1; ; attempt++) {
    const redis = createTestRedis(binary, options.port ?? (await findPort()), await findPort(), options);
    try {
      await redis.start();
      return redis;
    } catch (error) {
      const isPortTaken = redis.log().includes('Address already in use');
      await redis.stop();
      // The port was free a moment ago; another program may have taken it since.
      if (options.port !== undefined || !isPortTaken || attempt === START_ATTEMPTS_MAX) throw error;
    }
  }
}

/** A server that is ready to be started. */
function createTestRedis(binary: RedisBinary, port: number, busPort: number, options: RedisOptions): TestRedis {
  const server = createRedisProcess(binary.path, options.sentinel ? ['--sentinel'] : []);
  const folder = options.folder ?? join(server.folder, 'data');
  mkdirSync(folder, { recursive: true });
  const appendOnly = join(folder, APPEND_ONLY_FOLDER);
  const cluster = options.cluster ? { 'cluster-enabled': 'yes', 'cluster-port': String(busPort) } : {};
  const config = { port: String(port), dir: `"${folder}"`, ...CONFIG, ...cluster, ...options.config };
  let connection: Promise<RespConnection> | undefined;
  let copies = 0;
  let stopped: Promise<void> | undefined;

  /** Commands that are given at once share the connection, too. */
  function connected(): Promise<RespConnection> {
    const last = connection;
    connection = (async () => {
      const open = await last?.catch(() => undefined);
      return open && !open.isClosed() ? open : connectResp(port);
    })();
    return connection;
  }

  const redis: TestRedis = {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return server.pid();
    },
    folder,
    version: binary.version,
    log: server.log,
    command: async (...args) => (await connected()).send(...args),
    kill: server.kill,
    pause: server.pause,
    resume: server.resume,
    async start() {
      if (stopped) throw new Error('this Redis was stopped, and its folder is gone');
      if (server.isRunning()) return;
      server.start(config);
      await waitUntilReady(server, redis);
    },
    async copyData() {
      copies += 1;
      const copy = join(server.folder, `copy-${copies}`);
      await copyAppendOnly(appendOnly, copy);
      return copy;
    },
    async restoreData(copy) {
      if (server.isRunning()) throw new Error('Redis reads its append-only file only at a start: kill it first');
      rmSync(appendOnly, { recursive: true, force: true });
      cpSync(copy, appendOnly, { recursive: true });
    },
    stop() {
      stopped ??= (async () => {
        await server.remove();
        (await connection?.catch(() => undefined))?.close();
      })();
      return stopped;
    },
  };
  return redis;
}

async function waitUntilReady(server: RedisProcess, redis: TestRedis): Promise<void> {
  const deadline = performance.now() + START_WAIT_MS_MAX;
  while (server.isRunning() && performance.now() < deadline) {
    // Refused before it listens, LOADING until it has read its data.
    if ((await redis.command('PING').catch(() => undefined)) === 'PONG') return;
    await Bun.sleep(POLL_MS);
  }
  throw new Error(`Redis ${redis.version} did not start: ${redis.log().trim().split('\n').at(-1)}`);
}

/** Copies a set of files that belong together: again, when Redis has begun another set in the meantime. */
async function copyAppendOnly(from: string, to: string): Promise<void> {
  const manifest = join(from, 'appendonly.aof.manifest');
  for (let attempt = 1; attempt <= COPY_ATTEMPTS_MAX; attempt++) {
    try {
      const before = readFileSync(manifest, 'utf8');
      cpSync(from, to, { recursive: true });
      if (readFileSync(manifest, 'utf8') === before) return;
    } catch {
      // A file went away while it was copied.
    }
    rmSync(to, { recursive: true, force: true });
    await Bun.sleep(POLL_MS);
  }
  throw new Error(`the append-only file in ${from} could not be copied`);
}
