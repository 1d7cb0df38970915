import { Database as SqliteFile } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { migrate, readSchemaState } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { createEmptyDatabase, createFolder, DIALECTS, type EmptyDatabase } from '../help/databases.ts';
import { eventually } from '../help/eventually.ts';
import { createDatabase, startPostgres } from '../help/postgres.ts';
import { cleanEnvironment, runProgram, SOURCE } from '../help/program.ts';
import { runUnprivileged } from './unprivileged.ts';

const folder = createFolder();
afterAll(() => folder.remove());

/** Takes the migration lock, as another `migrate` would; returns what gives it back. */
async function lockMigrations(target: EmptyDatabase): Promise<() => Promise<void>> {
  if (target.address.dialect === 'sqlite') {
    const file = new SqliteFile(target.address.path);
    file.run('PRAGMA journal_mode = WAL');
    file.run('BEGIN IMMEDIATE');
    return async () => {
      file.run('COMMIT');
      file.close();
    };
  }
  const client = postgres(target.address.url, { max: 1 });
  await client`select pg_advisory_lock(${0x63_74_68_75_62})`;
  return () => client.end();
}

/** Starts a program and gives its log as it grows. */
function start(args: readonly string[], settings: Readonly<Record<string, string>>) {
  const child = Bun.spawn([...SOURCE, ...args], { env: cleanEnvironment(settings), stdout: 'pipe', stderr: 'pipe' });
  let log = '';
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) log += decoder.decode(chunk, { stream: true });
  })();
  return {
    child,
    log: () => log,
    end: async () => {
      const code = await child.exited;
      await reading;
      return { code, stderr: log, stdout: await new Response(child.stdout).text() };
    },
  };
}

async function isCurrent(target: EmptyDatabase): Promise<boolean> {
  const database = openDatabase(target.address);
  try {
    return (await readSchemaState(database)).state === 'current';
  } finally {
    await database.close();
  }
}

describe.each(DIALECTS)('on %s', (dialect) => {
  let target: EmptyDatabase;
  let settings: Record<string, string>;
  beforeAll(async () => {
    target = await createEmptyDatabase(dialect);
    settings = { DATABASE_URL: target.url };
  });
  afterAll(() => target.drop());

  test('commands on a database without tables say to migrate', async () => {
    const lines = await Promise.all(
      [
        ['dumpdata'],
        ['loaddata', '/dev/null'],
        ['createsuperuser', '--noinput'],
        ['changepassword', 'x'],
        ['shell'],
      ].map(async (args) => {
        const { code, stderr } = await runProgram(SOURCE, args, { settings });
        return `${code} ${stderr}`;
      }),
    );
    for (const line of lines) {
      expect(line).toMatch(
        /^1 contenthub: (the database has pending migrations|there is no database .*): run contenthub migrate first\n$/,
      );
    }
    const check = await runProgram(SOURCE, ['check'], { settings });
    expect([check.code, check.stdout]).toEqual([1, expect.stringContaining('run contenthub migrate')]);
  });

  test('--check ends with 1 while migrations are pending, changes nothing, and with 0 when none is', async () => {
    const before = await runProgram(SOURCE, ['migrate', '--check'], { settings });
    expect(before.code).toBe(1);
    expect(before.stdout + before.stderr).toContain('run contenthub migrate');
    if (target.address.dialect === 'sqlite') expect(existsSync(target.address.path)).toBe(false);
    expect((await runProgram(SOURCE, ['migrate'], { settings })).code).toBe(0);
    const after = await runProgram(SOURCE, ['migrate', '--check'], { settings });
    expect([after.code, after.stdout]).toEqual([0, expect.stringContaining('is current\n')]);
    expect((await runProgram(SOURCE, ['check'], { settings })).stdout).toBe('no problems found\n');
  });

  test('a second run finds nothing to do', async () => {
    const { code, stdout } = await runProgram(SOURCE, ['migrate'], { settings });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\S+ is current\n$/)]);
    expect(stdout).not.toContain('@');
  });

  test('two at once both end well, and one of them did the work', async () => {
    const empty = await createEmptyDatabase(dialect);
    try {
      const runs = Array.from({ length: 2 }, () =>
        runProgram(SOURCE, ['migrate'], { settings: { DATABASE_URL: empty.url } }),
      );
      const outcomes = await Promise.all(runs);
      expect(outcomes.map(({ code, stderr }) => `${code} ${stderr.includes('Error')}`)).toEqual(['0 false', '0 false']);
      expect(outcomes.filter(({ stdout }) => stdout.includes('applied'))).toHaveLength(1);
      expect(await isCurrent(empty)).toBe(true);
    } finally {
      await empty.drop();
    }
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'waits for another process, says so, and ends at once at %s with the database as it was',
    async (signal) => {
      const empty = await createEmptyDatabase(dialect);
      const unlock = await lockMigrations(empty);
      try {
        const run = start(['migrate'], { DATABASE_URL: empty.url });
        await eventually(
          () => expect(run.log()).toContain('another process is migrating the database; waiting'),
          10_000,
        );
        run.child.kill(signal);
        const { code, stderr } = await run.end();
        expect(code).toBe(signal === 'SIGINT' ? 130 : 143);
        expect(stderr).toEndWith('contenthub: interrupted\n');
      } finally {
        await unlock();
        expect(await isCurrent(empty)).toBe(false);
        await migrate(empty.address);
        expect(await isCurrent(empty)).toBe(true);
        await empty.drop();
      }
    },
  );

  test('goes on when the other process is done', async () => {
    const empty = await createEmptyDatabase(dialect);
    const unlock = await lockMigrations(empty);
    try {
      const run = start(['migrate'], { DATABASE_URL: empty.url });
      await eventually(() => expect(run.log()).toContain('waiting'), 10_000);
      await unlock();
      expect((await run.end()).code).toBe(0);
      expect(await isCurrent(empty)).toBe(true);
    } finally {
      await empty.drop();
    }
  });

  test('a hub stops promptly while it waits for another process’s migration', async () => {
    const empty = await createEmptyDatabase(dialect);
    const unlock = await lockMigrations(empty);
    try {
      const run = start([], { DATABASE_URL: empty.url, PORT: '0', LOG_FORMAT: 'json' });
      await eventually(() => expect(run.log()).toContain('waiting'), 10_000);
      const asked = performance.now();
      run.child.kill('SIGTERM');
      const { code, stderr } = await run.end();
      expect(performance.now() - asked).toBeLessThan(2000);
      expect(code).toBe(0);
      expect(stderr).toContain('"message":"stopped before serving","signal":"SIGTERM"');
    } finally {
      await unlock();
      await empty.drop();
    }
  });

  test('a schema newer than the program is refused by every command and by a hub', async () => {
    const newer = await createEmptyDatabase(dialect);
    try {
      await migrate(newer.address);
      const database = openDatabase(newer.address);
      await database.tx((tx) =>
        tx.rows(sql`insert into schema_migration (tag, applied_at) values ('9999_future', '')`),
      );
      await database.close();
      const own = { DATABASE_URL: newer.url, PORT: '0' };
      for (const args of [['migrate'], ['dumpdata'], []]) {
        const { code, stderr } = await runProgram(SOURCE, args, { settings: own });
        expect([code, stderr]).toEqual([
          1,
          expect.stringContaining('the database was migrated by a newer version (it has 9999_future)'),
        ]);
      }
      const check = await runProgram(SOURCE, ['migrate', '--check'], { settings: own });
      expect([check.code, check.stdout]).toEqual([1, 'unknown to this version: 9999_future (run the newer version)\n']);
      expect((await runProgram(SOURCE, ['check'], { settings: own })).stdout).toContain(
        'database: migrated by a newer version',
      );
    } finally {
      await newer.drop();
    }
  });
});

describe('a database that cannot be used', () => {
  test('of another encoding than UTF8: refused before anything is written', async () => {
    const server = await startPostgres();
    const { url, drop } = await createDatabase(server.url, { encoding: 'SQL_ASCII' });
    try {
      for (const args of [['migrate'], []]) {
        const { code, stderr } = await runProgram(SOURCE, args, { settings: { DATABASE_URL: url, PORT: '0' } });
        expect([code, stderr]).toEqual([
          1,
          "contenthub: the database's encoding is SQL_ASCII and has to be UTF8: make one with \"create database … template template0 encoding 'UTF8'\"\n",
        ]);
      }
      const client = postgres(url, { max: 1 });
      expect(await client`select 1 from pg_tables where schemaname = 'public'`).toHaveLength(0);
      await client.end();
    } finally {
      await drop();
      await server.stop();
    }
  });

  test('away: one line without the password, within seconds', async () => {
    for (const args of [['migrate'], ['dumpdata'], ['migrate', '--check'], []]) {
      const start = performance.now();
      const url = 'postgres://someone:hunter2@127.0.0.1:1/x';
      const { code, stderr } = await runProgram(SOURCE, args, { settings: { DATABASE_URL: url, PORT: '0' } });
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/^contenthub: the database is not available: .*ECONNREFUSED.*\n$/),
      ]);
      expect(stderr).not.toContain('hunter2');
      expect(performance.now() - start).toBeLessThan(8000);
    }
  });

  test('silent: given up within seconds, and a hub that waits for it stops at once', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await eventually(() => expect(silent.listening).toBe(true));
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const settings = { DATABASE_URL: `postgres://u:hunter2@127.0.0.1:${port}/x`, PORT: '0', LOG_FORMAT: 'json' };
    try {
      const connected = new Promise((resolve) => silent.once('connection', resolve));
      const hub = start([], settings);
      await connected;
      const asked = performance.now();
      hub.child.kill('SIGTERM');
      expect((await hub.end()).code).toBe(0);
      expect(performance.now() - asked).toBeLessThan(2000);
      const begun = performance.now();
      const { code, stderr } = await runProgram(SOURCE, ['migrate'], { settings });
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^contenthub: the database is not available: .*\n$/)]);
      expect(performance.now() - begun).toBeLessThan(10_000);
    } finally {
      silent.close();
    }
  });

  test.each(['hello, I am no database\n', 'x'.repeat(40_000)])(
    'another file (%.20s…): it stays as it was',
    async (text) => {
      const path = join(folder.path, 'other.db');
      writeFileSync(path, text);
      const { code, stderr } = await runProgram(SOURCE, ['migrate'], { settings: { DATABASE_URL: `sqlite:${path}` } });
      expect([code, stderr]).toEqual([
        1,
        `contenthub: cannot open the database ${path}: the file is not an SQLite database\n`,
      ]);
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  );

  test.each([
    ['a folder', folder.path],
    ['a folder that cannot be made', '/proc/nowhere/contenthub.db'],
    ['a file in place of its folder', '/etc/passwd/contenthub.db'],
  ])('%s', async (_name, path) => {
    const { code, stderr } = await runProgram(SOURCE, ['migrate'], { settings: { DATABASE_URL: `sqlite:${path}` } });
    expect(code).toBe(1);
    expect(stderr).toStartWith(`contenthub: cannot open the database ${path}: `);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('a folder that only others may write to', () => {
    const closed = join(folder.path, 'closed');
    mkdirSync(closed, { mode: 0o555 });
    chmodSync(folder.path, 0o755);
    const { status, stderr } = runUnprivileged(['migrate'], { DATA_DIR: closed });
    const reason = 'the folder or file is not writable';
    expect([status, stderr]).toEqual([1, `contenthub: cannot open the database ${closed}/contenthub.db: ${reason}\n`]);
  });

  test('a file that only others may write', async () => {
    const open = join(folder.path, 'open');
    const settings = { DATA_DIR: open };
    expect(await runProgram(SOURCE, ['migrate'], { settings })).toMatchObject({ code: 0 });
    const path = `${open}/contenthub.db`;
    chmodSync(folder.path, 0o755);
    chmodSync(open, 0o777);
    chmodSync(path, 0o444);
    const { status, stderr } = runUnprivileged(['migrate'], settings);
    const reason = 'the folder or file is not writable';
    expect([status, stderr]).toEqual([1, `contenthub: cannot open the database ${path}: ${reason}\n`]);
  });

  test('a misspelt path is not made by commands that only look', async () => {
    const path = join(folder.path, 'misspelt', 'contenthub.db');
    for (const args of [['dumpdata'], ['check'], ['migrate', '--check'], ['changepassword', 'x']]) {
      const { code, stdout, stderr } = await runProgram(SOURCE, args, { settings: { DATABASE_URL: `sqlite:${path}` } });
      expect([code, stdout + stderr]).toEqual([
        1,
        expect.stringContaining(`there is no database ${path}: run contenthub migrate first`),
      ]);
    }
    expect(readdirSync(folder.path)).not.toContain('misspelt');
  });
});
