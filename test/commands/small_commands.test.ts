/** check, config, health and shell. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { envExample, settingsTable } from '../../src/config_print.ts';
import { createTestDatabase, type TestDatabase } from '../help/databases.ts';
import { type Outcome, runProgram, SOURCE, startProgram } from '../help/program.ts';
import { startRedis, type TestRedis } from '../help/redis.ts';
import { load, NATURAL_DUMP } from './fixtures/loading.ts';
import { openTerminal } from './terminal.ts';

const SECRET_KEY = 'wQ8rTz0bVn4LkXc2Jm7HsYp5GdFa9EuRi1OoBvNq';

let target: TestDatabase;
let settings: Record<string, string>;
beforeAll(async () => {
  target = await createTestDatabase('sqlite');
  settings = { DATABASE_URL: target.url, SECRET_KEY, TRUSTED_PROXIES: '127.0.0.1' };
  await load(target.database, NATURAL_DUMP);
});
afterAll(async () => {
  await target.drop();
});

function run(args: readonly string[], more: Readonly<Record<string, string>> = {}, stdin?: string): Promise<Outcome> {
  return runProgram(SOURCE, args, { settings: { ...settings, ...more }, ...(stdin !== undefined && { stdin }) });
}

describe('check', () => {
  test('finds nothing wrong with a migrated database', async () => {
    expect(await run(['check'])).toEqual({ code: 0, stdout: 'no problems found\n', stderr: '' });
  });

  test('names an unreachable database without its password', async () => {
    const { code, stdout } = await run(['check'], { DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/d' });
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/^database: the database is not available: .*\n1 problem\(s\) found\n$/),
    ]);
    expect(stdout).not.toContain('hunter2');
  });

  test('--deploy finds nothing wrong with a good installation', async () => {
    const good = { code: 0, stdout: 'no problems found\n', stderr: '' };
    expect(await run(['check', '--deploy'], { ALLOWED_HOSTS: 'hub.example.org' })).toEqual(good);
  });

  test.each([
    ['DEBUG is on: every web origin may read the API', { DEBUG: '1' }],
    ['ALLOWED_HOSTS is *: links are built for any name', { ALLOWED_HOSTS: '*' }],
    ['ALLOWED_HOSTS names this machine only', { ALLOWED_HOSTS: '' }],
    ['SECRET_KEY looks like a placeholder', { SECRET_KEY: 'django-insecure-k3v9x0w1q8z7y6t5r4e2' }],
    ['SECRET_KEY looks like a placeholder', { SECRET_KEY: 'please change me before you go online' }],
    ['SECRET_KEY is no random text', { SECRET_KEY: 'a'.repeat(64) }],
    ['SECRET_KEY is no random text', { SECRET_KEY: '0123456789abcdef0123456789abcdef' }],
    ['SECRET_KEY is no random text', { SECRET_KEY: 'abcdefghijklmnopqrstuvwxyz1234567890' }],
    ['SECRET_KEY_FALLBACKS has a key', { SECRET_KEY_FALLBACKS: 'b'.repeat(40) }],
    ['SECRET_KEY is missing', { SECRET_KEY: '', DATABASE_URL: 'postgres://u:p@127.0.0.1:1/d' }],
    ['INSECURE_COOKIES is on', { INSECURE_COOKIES: '1' }],
    ['TRUSTED_PROXIES is empty: no request counts as https', { TRUSTED_PROXIES: '' }],
    ['TRUSTED_PROXIES believes everybody', { TRUSTED_PROXIES: '0.0.0.0/0' }],
  ])('--deploy says: %s', async (sentence, weak) => {
    const { code, stdout } = await run(['check', '--deploy'], { ALLOWED_HOSTS: 'hub.example.org', ...weak });
    expect(code).toBe(1);
    expect(stdout).toContain(sentence);
    for (const name of ['SECRET_KEY', 'SECRET_KEY_FALLBACKS'] as const) {
      const key = new Map(Object.entries(weak)).get(name);
      if (key) expect(stdout).not.toContain(key);
    }
  });

  test('without any host is refused as every command is', async () => {
    const { code, stderr } = await run(['check', '--deploy'], { ALLOWED_HOSTS: ',' });
    expect([code, stderr]).toEqual([1, expect.stringContaining('ALLOWED_HOSTS: ')]);
  });

  test('--deploy wants somebody who may manage users', async () => {
    const empty = await createTestDatabase('sqlite');
    const { code, stdout } = await run(['check', '--deploy'], { DATABASE_URL: empty.url, ALLOWED_HOSTS: 'h.example' });
    await empty.drop();
    expect([code, stdout]).toEqual([
      1,
      'there is no active superuser; run contenthub createsuperuser\n1 problem(s) found\n',
    ]);
  });

  test('--deploy wants TLS to a Postgres elsewhere', async () => {
    const sentence = 'DATABASE_URL reaches Postgres on another host without TLS: add ?sslmode=verify-full';
    const deploy = async (url: string) =>
      (await run(['check', '--deploy'], { ALLOWED_HOSTS: 'h', DATABASE_URL: url })).stdout;
    expect(await deploy('postgres://u:p@db.invalid/d')).toContain(sentence);
    expect(await deploy('postgres://u:p@db.invalid/d?sslmode=verify-full')).not.toContain(sentence);
    expect(await deploy('postgres://u:p@127.0.0.1:1/d')).not.toContain(sentence);
    expect(await deploy('postgres://u:p@db.invalid/d')).toContain('unless the network between them is yours alone');
    const parts = { DATABASE_URL: '', USE_POSTGRES: '1', POSTGRES_HOST: 'db.invalid', ALLOWED_HOSTS: 'h' };
    expect((await run(['check', '--deploy'], parts)).stdout).toContain(
      'POSTGRES_HOST reaches Postgres on another host without TLS: name it by DATABASE_URL=postgres://…?sslmode=verify-full instead',
    );
  });
});

describe('check of a Redis', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  const check = (more: Readonly<Record<string, string>>, ...args: string[]) =>
    run(['check', ...args], { ALLOWED_HOSTS: 'hub.example.org', COUNTER_REDIS_URL: redis.url, ...more });

  test('that is as it should be finds nothing, with --deploy neither', async () => {
    for (const args of [[], ['--deploy']]) {
      expect(await check({}, ...args)).toEqual({ code: 0, stdout: 'no problems found\n', stderr: '' });
    }
  });

  test('names what a hub refuses to start with', async () => {
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'volatile-ttl');
    const { code, stdout } = await check({});
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/^Redis: its maxmemory-policy is volatile-ttl, .*noeviction.*\n1 problem\(s\) found\n$/),
    ]);
    expect((await check({ ALLOW_EVICTION: '1' })).code).toBe(0);
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  });

  test('--deploy names a Redis that may evict views', async () => {
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    const { code, stdout } = await check({}, '--deploy');
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^Redis: its maxmemory-policy is allkeys-lru, .*noevic/)]);
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  });

  test('that is away names it, without its password', async () => {
    const { code, stdout } = await check({ COUNTER_REDIS_URL: 'redis://:hunter2@127.0.0.1:1' });
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/^Redis at redis:\/\/127\.0\.0\.1:1 is not available: .*\n1 problem\(s\) found\n$/),
    ]);
    expect(stdout).not.toContain('hunter2');
  });

  test('--deploy names a missing append-only file, which is no reason not to start', async () => {
    for (const [name, weak, good, sentence] of [
      ['appendfsync', 'no', 'everysec', 'Redis: appendfsync is no: '],
      ['appendonly', 'no', 'yes', 'Redis: appendonly is off: '],
    ] as const) {
      await redis.command('CONFIG', 'SET', name, weak);
      expect((await check({})).stdout).toBe('no problems found\n');
      const { code, stdout } = await check({}, '--deploy');
      expect([code, stdout]).toEqual([1, expect.stringContaining('1 problem(s) found\n')]);
      expect(stdout).toStartWith(sentence);
      await redis.command('CONFIG', 'SET', name, good);
    }
  });

  test.each([
    [{ ALLOW_EVICTION: '1' }, [], 'ALLOW_EVICTION is on: Redis may evict views that wait'],
    [{ FLUSH_GATE: 'off' }, [], 'FLUSH_GATE is off: a crash of Redis may count views twice'],
    [
      { REDIS_URL: 'redis://redis.example.org' },
      [],
      'Redis at redis://redis.example.org:6379 is on another host and needs no password: give it one (requirepass)',
    ],
    [
      {},
      ['--unsafe-failpoints', 'flush.sealed=kill'],
      '--unsafe-failpoints is for tests: it ends the process on purpose',
    ],
  ])('--deploy refuses %j %j', async (more, args, sentence) => {
    const { code, stdout } = await check(more, '--deploy', ...args);
    expect([code, stdout]).toEqual([1, `${sentence}\n1 problem(s) found\n`]);
    if (args.length === 0) expect((await check(more)).code).toBe(0);
  });

  test('--deploy takes a Redis elsewhere that asks for a password', async () => {
    const { code } = await check({ REDIS_URL: 'redis://:hunter2@redis.example.org' }, '--deploy');
    expect(code).toBe(0);
  });
});

describe('config', () => {
  test('shows every setting and where it came from', async () => {
    const { code, stdout } = await run(['config'], { PORT: '9000' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^PORT +9000 +environment$/m);
    expect(stdout).toMatch(/^HOST +127\.0\.0\.1 +default$/m);
    expect(stdout).toEndWith(`database in use: ${target.url}\nRedis in use: none, one process counts by itself\n`);
  });

  test('prints the example and the documents’ table, also when the configuration is broken', async () => {
    expect((await run(['config', '--example'], { PORT: 'x' })).stdout).toBe(envExample());
    expect((await run(['config', '--markdown'], { PORT: 'x' })).stdout).toBe(settingsTable());
  });

  test('refuses a broken configuration with all that is wrong', async () => {
    const { code, stderr } = await run(['config'], { PORT: 'x', DEBUG: 'flase' });
    expect([code, stderr.trimEnd().split('\n').length]).toEqual([1, 3]);
  });
});

describe('health', () => {
  test('is ok while a hub serves, found by its configuration or by its address, and not after', async () => {
    const hub = await startProgram(SOURCE, [], { settings });
    const { port } = new URL(hub.url);
    const ok = { code: 0, stdout: 'ok\n', stderr: '' };
    expect(await run(['health', hub.url])).toEqual(ok);
    expect(await run(['health'], { PORT: port, HOST: '0.0.0.0' })).toEqual(ok);
    expect(
      await run(['health'], { PORT: port, HTTP_PROXY: 'http://127.0.0.1:1', http_proxy: 'http://127.0.0.1:1' }),
    ).toEqual(ok);
    await hub.end('SIGTERM');
    const { code, stderr } = await run(['health', hub.url]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^contenthub: http:\/\/127\.0\.0\.1:\d+ is not healthy: .*ECONNREFUSED.*\n$/),
    ]);
  });

  test('is not ok when something else answers', async () => {
    const answers = [new Response('x', { status: 503 }), new Response('Welcome to nginx!'), Response.redirect('/x')];
    using other = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => answers.shift() ?? new Response('') });
    const url = `http://127.0.0.1:${other.port}`;
    for (const reason of ['it answered 503', 'it is no ContentHub', 'it answered 302']) {
      const { code, stderr } = await run(['health', url]);
      expect([code, stderr]).toEqual([1, `contenthub: ${url} is not healthy: ${reason}\n`]);
    }
  });

  test('asks for the address when the port is any free one', async () => {
    const { code, stderr } = await run(['health'], { PORT: '0' });
    expect([code, stderr]).toEqual([2, 'contenthub: health: PORT is 0, any free one; name the URL the hub printed\n']);
  });
});

describe('shell', () => {
  test('prints the value of an expression that is piped in', async () => {
    const script = '(await database.rows(sql`select title from pages_page where id = 1`))[0].title;\n';
    expect(await run(['shell'], {}, script)).toEqual({ code: 0, stdout: 'Open movies\n', stderr: '' });
    expect((await run(['shell'], {}, '(await search("big buck")).results.length // comment')).stdout).toBe('1\n');
  });

  test('runs a script to its end, with the stores at hand', async () => {
    const script = `
      const id = await database.tx((tx) => pages.createPage(tx, { title: 'New', url: 'https://example.org/' }, []));
      await new Promise((resolve) => setTimeout(resolve, 50));
      console.log(id, Object.keys(types).join(), typeof users.findUser, typeof contents.createContent);
      await database.tx((tx) => tx.rows(sql\`delete from pages_page where id = \${id}\`));`;
    expect(await run(['shell'], {}, script)).toEqual({
      code: 0,
      stdout: '27 video,audio function function\n',
      stderr: '',
    });
  });

  test.each([
    ['foo bar', 2, 'contenthub: shell: not JavaScript: '],
    ['throw new RangeError("broken")', 1, 'contenthub: RangeError: broken'],
    [
      'const late = setTimeout(() => { throw new RangeError("stray") }); await new Promise(() => {})',
      1,
      'contenthub: RangeError: stray',
    ],
    [
      'Promise.reject(new RangeError("stray")); await new Promise((r) => setTimeout(r, 5000))',
      1,
      'contenthub: RangeError: stray',
    ],
    [
      'await database.tx((tx) => contents.createContent(tx, types.audio, {}))',
      1,
      'contenthub: this audio cannot be stored',
    ],
  ])('ends with an error for %s', async (script, expected, message) => {
    const { code, stderr } = await run(['shell'], {}, script);
    expect([code, stderr]).toEqual([expected, expect.stringContaining(message)]);
  });

  test('talks on a terminal', async () => {
    const terminal = openTerminal(['shell'], settings);
    await terminal.answer('contenthub>', '6 * 7\r');
    await terminal.answer('contenthub>', '(await pages.find(1)).title\r');
    await terminal.answer('contenthub>', 'no.such.thing\r');
    await terminal.answer('contenthub>', '.exit\r');
    expect(await terminal.end()).toBe(0);
    const screen = Bun.stripANSI(terminal.screen());
    for (const text of ['ContentHub shell on sqlite:', '42', 'Open movies', 'ReferenceError'])
      expect(screen).toContain(text);
  });
});
