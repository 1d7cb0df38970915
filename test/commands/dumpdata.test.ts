import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { createFolder, createTestDatabase, DIALECTS, type TestDatabase } from '../help/databases.ts';
import { cleanEnvironment, type Outcome, runProgram, SOURCE } from '../help/program.ts';
import { audio, clear, fixtureWriter, load, NATURAL_DUMP, page } from './fixtures/loading.ts';

const folder = createFolder();
afterAll(() => folder.remove());

describe.each(DIALECTS)('dumpdata on %s', (dialect) => {
  let target: TestDatabase;
  let settings: Record<string, string>;
  const run = (args: readonly string[]): Promise<Outcome> => runProgram(SOURCE, ['dumpdata', ...args], { settings });
  beforeAll(async () => {
    target = await createTestDatabase(dialect);
    settings = { DATABASE_URL: target.url };
    await load(target.database, NATURAL_DUMP);
  });
  afterAll(() => target.drop());

  test('writes a real natural dump again, to the byte', async () => {
    const outcome = await run(['--natural-foreign', '--indent', '2']);
    expect(outcome).toEqual({ code: 0, stdout: readFileSync(NATURAL_DUMP, 'utf8'), stderr: '' });
  });

  test('writes one line that explains its own numbers without options', async () => {
    const { stdout } = await run([]);
    expect(stdout.split('\n')).toHaveLength(2);
    expect(stdout).toContain(
      '{"model": "contenttypes.contenttype", "pk": 1, "fields": {"app_label": "pages", "model": "videocontent"}}',
    );
    expect(JSON.parse(stdout)).toHaveLength(103);
  });

  test('writes the models it is asked for, or all of an app', async () => {
    const models = async (args: string[]) => {
      const records: { model: string }[] = JSON.parse((await run(['--natural-foreign', ...args])).stdout);
      return [...new Set(records.map((record) => record.model))];
    };
    expect(await models(['pages.page'])).toEqual(['pages.page']);
    expect(await models(['pages.audiocontent', 'auth'])).toEqual(['auth.user', 'pages.audiocontent']);
    expect(await models(['pages'])).toEqual([
      'pages.page',
      'pages.videocontent',
      'pages.audiocontent',
      'pages.pagecontent',
    ]);
  });

  test('is the same from the command line after a load into an empty database', async () => {
    const file = join(folder.path, `${dialect}.json`);
    expect(await run(['-o', file])).toEqual({ code: 0, stdout: '', stderr: '' });
    const fresh = await createTestDatabase(dialect);
    const own = { DATABASE_URL: fresh.url };
    expect((await runProgram(SOURCE, ['loaddata', file], { settings: own })).code).toBe(0);
    expect((await runProgram(SOURCE, ['dumpdata'], { settings: own })).stdout).toBe(readFileSync(file, 'utf8'));
    await fresh.drop();
  });
});

describe('dumpdata', () => {
  let target: TestDatabase;
  let settings: Record<string, string>;
  const run = (args: readonly string[]): Promise<Outcome> => runProgram(SOURCE, ['dumpdata', ...args], { settings });
  beforeAll(async () => {
    target = await createTestDatabase('sqlite');
    settings = { DATABASE_URL: target.url };
    const records = Array.from({ length: 3000 }, (_, i) => audio(i + 1, { text: 'x'.repeat(1000) }));
    await load(target.database, fixtureWriter(folder.path)([page(1), ...records]));
  });
  afterAll(async () => {
    await clear(target.database);
    await target.drop();
  });

  test('loses nothing in a pipe whose reader is slow', () => {
    // Reads on when the program has ended, which it must not do before, or after half a second.
    const wait = 'n=0; until [ -e "$0/ended" ] || [ $n -ge 10 ]; do n=$((n + 1)); sleep 0.05; done';
    const shell = `{ "$@" dumpdata; : > "$0/ended"; } | { head -c 1; ${wait}; cat; }`;
    const { stdout } = spawnSync('sh', ['-c', shell, folder.path, ...SOURCE], {
      encoding: 'utf8',
      env: cleanEnvironment(settings),
      maxBuffer: 1e8,
    });
    expect(stdout.length).toBeGreaterThan(3_000_000);
    expect(JSON.parse(stdout)).toHaveLength(3003);
  });

  test('ends quietly when its reader goes away', () => {
    const shell = '{ "$@" dumpdata; echo "exit code $?" >&2; } | head -c 20';
    const { stdout, stderr } = spawnSync('sh', ['-c', shell, 'sh', ...SOURCE], {
      encoding: 'utf8',
      env: cleanEnvironment(settings),
    });
    expect([stdout.length, stderr]).toEqual([20, 'exit code 0\n']);
  });

  describe('-o', () => {
    const home = join(folder.path, 'home');
    mkdirSync(home);
    const file = join(home, 'dump.json');

    test('writes a file that only its owner may read, and replaces an older one', async () => {
      writeFileSync(file, 'older', { mode: 0o644 });
      expect((await run(['-o', file])).code).toBe(0);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(JSON.parse(readFileSync(file, 'utf8'))).toHaveLength(3003);
      expect(readdirSync(home)).toEqual(['dump.json']);
    });

    test('writes to where a symbolic link leads', async () => {
      const away = join(folder.path, 'away.json');
      writeFileSync(away, 'older');
      symlinkSync(away, join(home, 'link.json'));
      expect((await run(['-o', join(home, 'link.json'), 'pages.page'])).code).toBe(0);
      expect(JSON.parse(readFileSync(away, 'utf8'))).toHaveLength(1);
    });

    test.each([
      ['/nonexistent/dump.json', 'there is no folder /nonexistent'],
      ['/dev/null', 'it is no regular file'],
      [home, 'it is a directory'],
    ])('refuses %s', async (path, reason) => {
      const { code, stderr } = await run(['-o', path]);
      expect([code, stderr]).toEqual([1, expect.stringContaining(`contenthub: cannot write ${path}: ${reason}`)]);
      expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    });

    test('leaves the older file as it was when the dump fails', async () => {
      const broken = await createTestDatabase('sqlite');
      await load(broken.database, fixtureWriter(folder.path)(Array.from({ length: 3000 }, (_, i) => page(i + 1))));
      await broken.database.tx((tx) => tx.rows(sql`update pages_page set title = x'00' where id = 2999`));
      writeFileSync(file, 'older');
      const { code } = await runProgram(SOURCE, ['dumpdata', '-o', file], { settings: { DATABASE_URL: broken.url } });
      expect(code).toBe(1);
      expect(readFileSync(file, 'utf8')).toBe('older');
      expect(readdirSync(home).filter((name) => name.startsWith('.'))).toEqual([]);
      await broken.drop();
    });
  });
});
