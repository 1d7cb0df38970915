import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { migrate } from '../../src/db/migrate.ts';
import { createPage } from '../../src/store/pages.ts';
import { TESTER } from '../help/actor.ts';
import { createEmptyDatabase, createFolder, createTestDatabase, type TestDatabase } from '../help/databases.ts';
import { eventually } from '../help/eventually.ts';
import { cleanEnvironment, runProgram, SOURCE, startProgram, TEST_SECRET_KEY } from '../help/program.ts';
import { startRedis, type TestRedis } from '../help/redis.ts';
import { runUnprivileged } from './unprivileged.ts';

const folder = createFolder();
const settings = { DATA_DIR: join(folder.path, 'data') };
afterAll(() => folder.remove());

/** In some containers everybody may use every port. */
const PORT_LIMIT_FILE = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
const FIRST_FREE_PORT = existsSync(PORT_LIMIT_FILE) ? Number(readFileSync(PORT_LIMIT_FILE, 'utf8')) : 1024;

async function start(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  return startProgram(SOURCE, args, { settings: { ...settings, ...more } });
}

describe('a hub', () => {
  test('makes its database, listens where --host and --port say, over HOST and PORT, and ends with 0 at SIGTERM', async () => {
    const hub = await start(['--host', '127.0.0.1', '--port=0'], { HOST: '203.0.113.1', PORT: '1' });
    expect(hub.url).toMatch(/^http:\/\/127\.0\.0\.1:\d{4,5}$/);
    expect(await (await fetch(`${hub.url}/health/`)).json()).toEqual({ status: 'ok' });
    expect(hub.log()).toContain('"message":"database migrated"');
    expect(await hub.end('SIGTERM')).toBe(0);
    expect(hub.log()).toMatch(/"message":"stopping","signal":"SIGTERM".*\n.*"message":"stopped"/);
    expect(existsSync(join(settings.DATA_DIR, 'contenthub.db-wal'))).toBe(false);
  });

  test('ends with 0 at Ctrl-C too', async () => {
    const hub = await start([]);
    process.kill(hub.pid, 'SIGINT');
    await eventually(() => expect(hub.log()).toContain('"message":"stopped"'));
    expect(await hub.end('SIGTERM')).toBe(0);
  });

  test('that is named with all its roles is one process, and needs no Redis', async () => {
    const hub = await start(['--beat', '--web', '--worker']);
    expect((await fetch(`${hub.url}/health/`)).status).toBe(200);
    expect(await hub.end('SIGTERM')).toBe(0);
  });

  test.skipIf(networkInterfaces().lo?.some(({ address }) => address === '::1') !== true)(
    'listens on IPv6, with or without brackets',
    async () => {
      for (const host of ['::1', '[::1]']) {
        const hub = await start(['--host', host]);
        expect(hub.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
        expect((await fetch(`${hub.url}/health/`)).status).toBe(200);
        expect(await hub.end('SIGTERM')).toBe(0);
      }
    },
  );

  test('ends at once at a second signal of any kind, though an answer is under way', async () => {
    const target = await createTestDatabase('postgres');
    const hub = await start([], { DATABASE_URL: target.url });
    const answer = Promise.withResolvers<unknown>();
    await target.database.tx(async (tx) => {
      await tx.rows(sql`lock table pages_page, row_count`);
      fetch(`${hub.url}/api/v1/pages/1/`).catch(answer.resolve);
      await eventually(async () => {
        const waiting = await target.database.rows(sql`select 1 from pg_locks where not granted`);
        expect(waiting).not.toEqual([]);
      });
      process.kill(hub.pid, 'SIGINT');
      await eventually(() => expect(hub.log()).toContain('"message":"stopping"'));
      const asked = performance.now();
      expect(await hub.end('SIGTERM')).toBe(1);
      expect(performance.now() - asked).toBeLessThan(1000);
    });
    await answer.promise;
    await target.drop();
  });

  test('goes on when nobody reads its log any more', async () => {
    const child = Bun.spawn([...SOURCE, '--port', '0'], {
      env: cleanEnvironment({ ...settings, LOG_FORMAT: 'json', LOG_LEVEL: 'debug' }),
      stdout: 'ignore',
      stderr: 'pipe',
    });
    const reader = child.stderr.getReader();
    const url = new TextDecoder().decode((await reader.read()).value).match(/"url":"([^"]+)"/)?.[1];
    await reader.cancel();
    for (let round = 0; round < 5; round++) expect((await fetch(`${url}/nothing`)).status).toBe(404);
    child.kill('SIGTERM');
    expect(await child.exited).toBe(0);
  });

  test('shows a person on a terminal where to look', async () => {
    const child = Bun.spawn([...SOURCE, '--port', '0'], {
      env: cleanEnvironment({ ...settings, LOG_FORMAT: 'pretty' }),
      stdout: 'pipe',
      stderr: 'ignore',
    });
    const { value } = await child.stdout.getReader().read();
    expect(new TextDecoder().decode(value)).toMatch(
      /^ContentHub serves on http:\/\/127\.0\.0\.1:\d+\n.*\/api\/docs\//s,
    );
    child.kill('SIGTERM');
    expect(await child.exited).toBe(0);
  });
});

describe('a part of a hub', () => {
  let redis: TestRedis;
  let target: TestDatabase;
  let own: Record<string, string>;
  beforeAll(async () => {
    redis = await startRedis();
    target = await createTestDatabase('sqlite');
    own = { DATABASE_URL: target.url, REDIS_URL: redis.url };
  });
  afterAll(async () => {
    await target.drop();
    await redis.stop();
  });

  test.each([['--web'], ['--worker'], ['--beat'], ['--worker --beat']])(
    '%s without Redis is wrong usage',
    async (flags) => {
      const { code, stdout, stderr } = await runProgram(SOURCE, flags.split(' '), { settings });
      expect({ code, stdout, stderr }).toEqual({
        code: 2,
        stdout: '',
        stderr: `contenthub: ${flags}: separate roles need REDIS_URL to reach each other; without Redis, name none to run all in one process\n`,
      });
    },
  );

  test('that has no pages listens only when a port is named', async () => {
    for (const role of ['--worker', '--beat']) {
      const child = Bun.spawn([...SOURCE, role], {
        env: cleanEnvironment({ ...own, LOG_FORMAT: 'json' }),
        stdout: 'ignore',
        stderr: 'pipe',
      });
      let log = '';
      for await (const chunk of child.stderr) {
        const wasServing = log.includes('"message":"serving"');
        log += new TextDecoder().decode(chunk);
        if (!wasServing && log.includes('"message":"serving"')) child.kill('SIGTERM');
      }
      expect(log, role).toMatch(/"message":"serving","version"/);
      expect(await child.exited, role).toBe(0);

      const listening = await startProgram(SOURCE, [role], { settings: { ...own, PORT: '0' } });
      expect((await fetch(`${listening.url}/livez`)).status).toBe(200);
      expect(await listening.end('SIGTERM')).toBe(0);
    }
  });

  test('waits for the database to be migrated', async () => {
    const empty = await createEmptyDatabase('sqlite');
    const worker = Bun.spawn([...SOURCE, '--worker'], {
      env: cleanEnvironment({ ...own, DATABASE_URL: empty.url, LOG_FORMAT: 'json' }),
      stdout: 'ignore',
      stderr: 'pipe',
    });
    let log = '';
    let isMigrated = false;
    let isServing = false;
    for await (const chunk of worker.stderr) {
      log += new TextDecoder().decode(chunk);
      if (!isMigrated && log.includes('waiting for the database to be migrated: run contenthub migrate')) {
        isMigrated = true;
        await migrate(empty.address);
      }
      if (!isServing && log.includes('"message":"serving"')) {
        isServing = true;
        worker.kill('SIGTERM');
      }
    }
    expect([isMigrated, await worker.exited]).toEqual([true, 0]);
    await empty.drop();
  });

  test('says at once all that is wrong with its settings, before it waits for anything', async () => {
    const empty = await createEmptyDatabase('sqlite');
    const { code, stderr } = await runProgram(SOURCE, ['--web'], {
      settings: { ...own, DATABASE_URL: empty.url, PAGE_SIZE: 'x' },
    });
    await empty.drop();
    expect([code, stderr]).toEqual([
      1,
      `contenthub: the configuration has problems:
  PAGE_SIZE: expected a whole number of rows from 1 to 1000, got "x"
  SECRET_KEY: a hub of several processes needs one, the same for each; make it with: openssl rand -base64 48
`,
    ]);
  });

  test('refuses a Redis that may evict views, unless that is wanted', async () => {
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    const { code, stderr } = await runProgram(SOURCE, ['--web'], {
      settings: { ...own, PORT: '0', LOG_FORMAT: 'json', SECRET_KEY: TEST_SECRET_KEY },
    });
    expect(code).toBe(1);
    expect(stderr).toContain(
      `contenthub: Redis at ${redis.url} cannot be used for counting: its maxmemory-policy is allkeys-lru`,
    );
    const hub = await startProgram(SOURCE, ['--web'], { settings: { ...own, ALLOW_EVICTION: '1' } });
    expect(await hub.end('SIGTERM')).toBe(0);
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  });

  test('warns at its start of a Redis that may forget', async () => {
    await redis.command('CONFIG', 'SET', 'appendonly', 'no');
    const hub = await startProgram(SOURCE, ['--web'], { settings: own });
    expect(hub.log()).toContain(
      'Redis: appendonly is off: when Redis itself crashes, views that wait in it are lost, and where it writes snapshots (save) some may be counted twice',
    );
    expect(await hub.end('SIGTERM')).toBe(0);
    await redis.command('CONFIG', 'SET', 'appendonly', 'yes');
  });

  test('that has nothing to do without its Redis ends, one with pages serves, and no password is told', async () => {
    const away = { ...own, REDIS_URL: 'redis://:hunter2@127.0.0.1:1', LOG_FORMAT: 'json' };
    const [worker, beat, hub] = await Promise.all([
      runProgram(SOURCE, ['--worker'], { settings: away }),
      runProgram(SOURCE, ['--beat'], { settings: away }),
      startProgram(SOURCE, ['--web'], { settings: away }),
    ]);
    for (const { code, stderr } of [worker, beat]) {
      expect(code).toBe(1);
      expect(stderr).toMatch(/\ncontenthub: Redis at redis:\/\/127\.0\.0\.1:1 is not available: .*\n$/);
      expect(stderr).not.toContain('hunter2');
    }
    await target.database.tx((tx) => createPage(tx, TESTER, { title: 'A page', url: 'https://example.org/' }, []));
    expect((await fetch(`${hub.url}/api/v1/pages/1/`)).status).toBe(200);
    expect(await hub.end('SIGTERM')).toBe(0);
    expect(hub.log()).not.toContain('hunter2');
  });
});

describe('a port', () => {
  test('in use is named', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await eventually(() => expect(other.listening).toBe(true));
    const address = other.address();
    const port = String(typeof address === 'object' ? address?.port : 0);
    const { code, stderr } = await runProgram(SOURCE, ['--port', port], { settings });
    other.close();
    expect(code).toBe(1);
    expect(stderr).toEndWith(
      `contenthub: cannot listen on 127.0.0.1 port ${port}: another program is listening there; name a free one with --port\n`,
    );
  });

  test.skipIf(FIRST_FREE_PORT <= 80)('that only the system may use is named', () => {
    const own = createFolder();
    Bun.spawnSync(['chmod', '777', own.path]);
    const { status, stderr } = runUnprivileged(['--port', '80'], { DATA_DIR: join(own.path, 'data') });
    own.remove();
    expect(status).toBe(1);
    expect(stderr).toEndWith(
      'contenthub: cannot listen on 127.0.0.1 port 80: not permitted; ports below 1024 are the system’s, name another with --port\n',
    );
  });

  test('or host that cannot be one is named by its option or its variable', async () => {
    const own = { ...settings, PORT: '99999' };
    const range = 'expected a whole number from 0 to 65535, got';
    for (const [args, problem] of [
      [[], `PORT: ${range} "99999"`],
      [['--port', '65536'], `--port: ${range} "65536"`],
      [['--port', 'x'], `--port: ${range} "x"`],
      [['--port=-1'], `--port: ${range} "-1"`],
      [['--port', '0', '--host', 'a b'], '--host: expected an address or host name to listen on, got "a b"'],
    ] as const) {
      const { code, stderr } = await runProgram(SOURCE, args, { settings: own });
      expect([code, stderr]).toEqual([1, `contenthub: the configuration has problems:\n  ${problem}\n`]);
    }
  });
});
