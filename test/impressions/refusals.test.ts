/** The executable on a Redis that it cannot count with, or not safely: it says what is wrong and what to do. */
import { beforeAll, describe, expect, test } from 'bun:test';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createTestDatabase } from '../help/databases.ts';
import { eventually } from '../help/eventually.ts';
import {
  buildBinary,
  type Outcome,
  type RunningProgram,
  runProgram,
  startProgram,
  TEST_SECRET_KEY,
} from '../help/program.ts';
import { type RedisOptions, startRedis, type TestRedis } from '../help/redis.ts';

const BUILD_TIMEOUT_MS = 120_000;
const PATIENCE_MS = 25_000;
/** On this machine nobody listens here: it is reserved for multiplexing and out of use. */
const NOBODY = 'redis://127.0.0.1:1';
const SECRET = 'hunter2';
const PARTS = ['--web', '--worker', '--beat'] as const;

interface Scene {
  redis(options?: RedisOptions): Promise<TestRedis>;
  /** Runs the executable to its end. */
  refuse(args: readonly string[], settings: Readonly<Record<string, string>>): Promise<Outcome>;
  /** Runs it until the test is over. */
  run(args: readonly string[], settings: Readonly<Record<string, string>>): Promise<RunningProgram>;
  readonly closers: (() => unknown)[];
}

/** Tests that mostly wait, and so run beside each other. */
function scene(play: (scene: Scene) => Promise<void>): () => Promise<void> {
  return async () => {
    const closers: (() => unknown)[] = [];
    try {
      const { url, drop } = await createTestDatabase('sqlite');
      closers.push(drop);
      const binary = await buildBinary();
      await play({
        closers,
        async redis(options) {
          const started = await startRedis(options);
          closers.push(started.stop);
          return started;
        },
        refuse: (args, settings) =>
          runProgram([binary], args, {
            settings: { DATABASE_URL: url, PORT: '0', LOG_FORMAT: 'json', SECRET_KEY: TEST_SECRET_KEY, ...settings },
          }),
        async run(args, settings) {
          const program = await startProgram([binary], args, { settings: { DATABASE_URL: url, ...settings } });
          closers.push(() => program.end('SIGKILL'));
          return program;
        },
      });
    } finally {
      for (const close of closers.reverse()) await close();
    }
  };
}

/** What the program said at its end, without the log's lines. */
function lastLine({ stderr }: Outcome): string {
  return stderr.trim().split('\n').at(-1) ?? '';
}

async function ready({ url }: RunningProgram): Promise<[number, string]> {
  const answer = await fetch(`${url}/readyz`);
  return [answer.status, await answer.text()];
}

describe('the executable', () => {
  beforeAll(buildBinary, BUILD_TIMEOUT_MS);

  test.concurrent.each(['--worker', '--beat', '--web', '--web --worker', '--worker --beat'])(
    '%s without a Redis is a mistake in the command',
    (parts) =>
      scene(async ({ refuse }) => {
        const outcome = await refuse(parts.split(' '), {});
        expect([outcome.code, lastLine(outcome)]).toEqual([
          2,
          `contenthub: ${parts}: separate roles need REDIS_URL to reach each other; without Redis, name none to run all in one process`,
        ]);
      })(),
  );

  test.concurrent.each([
    ['--worker', NOBODY],
    ['--beat', NOBODY],
    ['--worker', 'redis+cluster://127.0.0.1:1'],
    ['--beat', 'redis+sentinel://127.0.0.1:1/main'],
  ])('%s does not start while %s is away', (part, url) =>
    scene(async ({ refuse }) => {
      const settings = { REDIS_URL: url.replace('//', `//u:${SECRET}@`), COUNTER_KEY_PREFIX: '{views}:' };
      const outcome = await refuse([part], settings);
      expect(outcome.code).toBe(1);
      expect(lastLine(outcome)).toStartWith(`contenthub: Redis at ${url} is not available: `);
      expect(outcome.stderr).not.toContain(SECRET);
      // One reason, told once.
      expect(outcome.stderr.match(/Redis is away/g)?.length ?? 0).toBeLessThanOrEqual(2);
    })(),
  );

  test.concurrent(
    '--web serves pages while the Sentinels are away',
    scene(async ({ run }) => {
      const web = await run(['--web'], { REDIS_URL: 'redis+sentinel://127.0.0.1:1/main' });
      expect((await fetch(`${web.url}/api/v1/pages/`)).status).toBe(200);
      expect((await ready(web))[1]).toContain('warn redis: down\n');
      expect(await web.end('SIGTERM')).toBe(0);
    }),
  );

  test.concurrent(
    '--web serves pages while Redis is away, says so, and is well when it comes',
    scene(async ({ redis, run }) => {
      const server = await redis();
      await server.kill('SIGKILL');
      const web = await run(['--web'], { REDIS_URL: server.url });
      expect((await fetch(`${web.url}/api/v1/pages/`)).status).toBe(200);
      const [status, text] = await ready(web);
      expect([status, text]).toEqual([200, expect.stringContaining('warn redis: down\n')]);
      await server.start();
      await eventually(async () => expect((await ready(web))[1]).toContain('ok   redis: up\n'), PATIENCE_MS);
      expect(await web.end('SIGTERM')).toBe(0);
    }),
  );

  test.concurrent.each(PARTS)('%s does not start with a wrong password, and does not show it', (part) =>
    scene(async ({ redis, refuse }) => {
      const server = await redis();
      await server.command('CONFIG', 'SET', 'requirepass', SECRET);
      for (const user of ['', `:${SECRET}x@`, `nobody:${SECRET}@`]) {
        const outcome = await refuse([part], { REDIS_URL: server.url.replace('//', `//${user}`) });
        expect(outcome.code).toBe(1);
        expect(lastLine(outcome)).toMatch(
          new RegExp(`^contenthub: Redis at ${server.url} refuses this program: (WRONGPASS|NOAUTH)`),
        );
        expect(outcome.stderr).not.toContain(SECRET);
      }
    })(),
  );

  test.concurrent(
    'does not start where views that wait may be evicted, unless it is told to',
    scene(async ({ redis, refuse, run }) => {
      const server = await redis({ config: { 'maxmemory-policy': 'allkeys-lru' } });
      for (const part of PARTS) {
        const outcome = await refuse([part], { REDIS_URL: server.url });
        expect([outcome.code, lastLine(outcome)]).toEqual([
          1,
          `contenthub: Redis at ${server.url} cannot be used for counting: its maxmemory-policy is allkeys-lru, which may evict views that wait: set it to noeviction (or ALLOW_EVICTION=1 to risk that)`,
        ]);
      }
      const hub = await run([], { REDIS_URL: server.url, ALLOW_EVICTION: '1' });
      expect((await ready(hub))[0]).toBe(200);
      expect(await hub.end('SIGTERM')).toBe(0);
    }),
  );

  test.concurrent(
    'does not start on a replica',
    scene(async ({ redis, refuse }) => {
      const server = await redis();
      const replica = await redis({ config: { replicaof: `127.0.0.1 ${server.port}` } });
      for (const part of PARTS) {
        const outcome = await refuse([part], { REDIS_URL: replica.url });
        expect([outcome.code, lastLine(outcome)]).toEqual([
          1,
          `contenthub: Redis at ${replica.url} cannot be used for counting: it is a read-only replica: name the primary (or Sentinel, redis+sentinel://…)`,
        ]);
      }
    }),
  );

  test.concurrent(
    'does not start on an old Redis',
    scene(async ({ refuse, closers }) => {
      // No Redis so old can be had everywhere: this one speaks its protocol and says of itself what 6.2 says.
      const info =
        'redis_version:6.2.0\r\nrole:master\r\nmaxmemory_policy:noeviction\r\nloading:0\r\naof_enabled:0\r\n';
      const old = createServer((socket) => {
        socket.on('error', () => {});
        socket.on('data', (chunk) => {
          for (const [command] of chunk.toString().matchAll(/\binfo\b|\bclient\b/gi)) {
            socket.write(command.toLowerCase() === 'info' ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n');
          }
        });
      }).listen(0, '127.0.0.1');
      await once(old, 'listening');
      closers.push(() => old.close());
      const address = old.address();
      const REDIS_URL = `redis://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
      const outcome = await refuse([], { REDIS_URL });
      expect([outcome.code, lastLine(outcome)]).toEqual([
        1,
        `contenthub: Redis at ${REDIS_URL} cannot be used for counting: it is version 6.2.0: use Redis 7.0 or newer`,
      ]);
    }),
  );

  test.concurrent.each([
    [
      'appendonly',
      { appendonly: 'no' },
      'Redis: appendonly is off: when Redis itself crashes, views that wait in it are lost, and where it writes snapshots (save) some may be counted twice',
    ],
    [
      'appendfsync',
      { appendfsync: 'no' },
      'Redis: appendfsync is no: when its machine crashes, views that wait in it are lost',
    ],
  ] as const)('starts with a warning where %s promises little', (_name, config, warning) =>
    scene(async ({ redis, run }) => {
      const server = await redis({ config });
      const hub = await run([], { REDIS_URL: server.url });
      expect(hub.log()).toContain(`"level":"warn","message":"${warning}"`);
      expect(await ready(hub)).toEqual([200, expect.stringContaining('warn redis: up, and may forget\n')]);
    })(),
  );

  test.concurrent(
    'starts without a word where Redis is as it should be',
    scene(async ({ redis, run }) => {
      const server = await redis();
      const hub = await run([], { REDIS_URL: server.url });
      expect(hub.log()).not.toMatch(/"level":"(warn|error)"/);
      await eventually(
        async () => expect(await ready(hub)).toEqual([200, expect.not.stringContaining('warn')]),
        PATIENCE_MS,
      );
    }),
  );
});
