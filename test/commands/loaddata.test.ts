import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFolder, createTestDatabase, type TestDatabase } from '../help/databases.ts';
import { eventually } from '../help/eventually.ts';
import { cleanEnvironment, type Outcome, runProgram, SOURCE } from '../help/program.ts';
import { clear, dump, fixtureWriter, link, NATURAL_DUMP, PK_DUMP, page, rowsOf, video } from './fixtures/loading.ts';
import { openTerminal } from './terminal.ts';

const folder = createFolder();
const write = fixtureWriter(folder.path);
/** Where the program keeps copies of its input. */
const temporary = join(folder.path, 'temporary');
mkdirSync(temporary);

let target: TestDatabase;
let settings: Record<string, string>;
beforeAll(async () => {
  target = await createTestDatabase('sqlite');
  settings = { DATABASE_URL: target.url, TMPDIR: temporary };
});
beforeEach(() => clear(target.database));
afterAll(async () => {
  await target.drop();
  folder.remove();
});

function run(args: readonly string[], stdin?: string): Promise<Outcome> {
  return runProgram(SOURCE, ['loaddata', ...args], { settings, ...(stdin !== undefined && { stdin }) });
}

describe('loaddata', () => {
  test('says what it installed, and names what it skipped, a line for each model', async () => {
    const outcome = await run([PK_DUMP, write([])]);
    const lines = [
      'skipped 32 auth.permission',
      'skipped 8 contenttypes.contenttype',
      'Installed 101 object(s) from 2 fixture(s)',
    ];
    expect(outcome).toEqual({ code: 0, stdout: `${lines.join('\n')}\n`, stderr: '' });
    expect(await dump(target.database, { isNatural: true, indent: 2 })).toBe(readFileSync(NATURAL_DUMP, 'utf8'));
  });

  test('says what is wrong on standard error, ends with 1, and loads nothing of any file', async () => {
    const bad = write([page(900), video(900, { counter: -1 })]);
    const { code, stdout, stderr } = await run([NATURAL_DUMP, bad]);
    const problem = 'fields.counter: expected a whole number from 0 to 9007199254740991, got -1';
    expect([code, stdout, stderr]).toEqual([1, '', `contenthub: ${bad}: line 3: record 2, ${problem}\n`]);
    expect((await rowsOf(target.database)).auth_user).toEqual([]);
  });

  test.each([
    ['/nonexistent.json', '/nonexistent.json: there is no such file'],
    ['/tmp', '/tmp: this is a directory, expected a fixture file'],
  ])('refuses %s', async (path, sentence) => {
    const { code, stderr } = await run([path]);
    expect([code, stderr]).toEqual([1, `contenthub: ${sentence}\n`]);
  });

  test('obeys --ignorenonexistent and --with-counters', async () => {
    await run([write([video(1, { counter: 1 })])]);
    const file = write([{ model: 'blog.post', pk: 1, fields: {} }, video(1, { counter: 2, colour: 'red' })]);
    expect((await run([file])).stderr).toContain('unknown model "blog.post"');
    const { stdout } = await run([file, '--ignorenonexistent', '--with-counters']);
    expect(stdout).toBe('skipped 1 blog.post\nInstalled 1 object(s) from 1 fixture(s)\n');
    expect(await dump(target.database, { isNatural: true })).toContain('"counter": 2');
  });

  test('with --if-empty loads into a new hub, and into no other', async () => {
    expect((await run(['--if-empty', NATURAL_DUMP])).stdout).toBe('Installed 101 object(s) from 1 fixture(s)\n');
    const before = await rowsOf(target.database);
    const again = await run(['--if-empty', write([page(1, { title: 'Other' })])]);
    expect([again.code, again.stdout]).toEqual([0, 'there is data already; nothing was loaded\n']);
    expect(await rowsOf(target.database)).toEqual(before);
  });

  describe('from standard input', () => {
    test('loads, also what is explained at its end, and leaves no copy behind', async () => {
      const { stdout } = await run(['-'], readFileSync(PK_DUMP, 'utf8'));
      expect(stdout).toEndWith('Installed 101 object(s) from 1 fixture(s)\n');
      expect(readdirSync(temporary)).toEqual([]);
    });

    test('through a pipe of a shell, which may be a file’s name too', async () => {
      const shell = `cat "$0" | "$@" loaddata - && "$@" loaddata <(cat "$0")`;
      const { stdout, stderr } = spawnSync('bash', ['-c', shell, PK_DUMP, ...SOURCE], {
        encoding: 'utf8',
        env: cleanEnvironment(settings),
      });
      expect(stderr).toBe('');
      expect(stdout.match(/Installed 101 object/g)).toHaveLength(2);
      expect(readdirSync(temporary)).toEqual([]);
    });

    test('calls it by that name when something is wrong', async () => {
      const syntax = await run(['-'], '[\n}');
      expect(syntax.stderr).toStartWith('contenthub: standard input: line 2, column 1: not JSON:');
      const dangling = await run(['-'], JSON.stringify([link(1), page(1)]));
      expect(dangling.stderr).toBe(
        'contenthub: standard input: line 1: record 1, fields.object_id: there is no pages.videocontent 1\n',
      );
      expect((await run(['-'], '')).stderr).toBe(
        'contenthub: standard input is empty: expected a JSON array of records\n',
      );
      expect(readdirSync(temporary)).toEqual([]);
    });

    test('leaves no copy behind when it is interrupted', async () => {
      const child = Bun.spawn([...SOURCE, 'loaddata', '-'], {
        env: cleanEnvironment(settings),
        stdin: 'pipe',
        stdout: 'pipe',
        stderr: 'pipe',
      });
      child.stdin.write('[');
      await child.stdin.flush();
      await eventually(() => expect(readdirSync(temporary)).toHaveLength(1), 10_000);
      child.kill('SIGTERM');
      expect(await child.exited).toBe(143);
      expect(await new Response(child.stderr).text()).toBe('contenthub: interrupted\n');
      expect(readdirSync(temporary)).toEqual([]);
    });

    test('says where it cannot keep a copy', async () => {
      const { code, stderr } = await runProgram(SOURCE, ['loaddata', '-'], {
        settings: { ...settings, TMPDIR: '/nonexistent' },
        stdin: '[]',
      });
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/^contenthub: cannot keep a copy of the input in \/nonexistent \(TMPDIR\): .*\n$/),
      ]);
    });
  });

  test('shows a bar on a terminal while it loads, and takes it away', async () => {
    const pages = Array.from({ length: 20_000 }, (_, i) => page(i + 1));
    const good = openTerminal(['loaddata', write(pages)], settings);
    expect(await good.end()).toBe(0);
    expect(good.screen()).toMatch(/\rloading \[#* *\] \d+ %/);
    expect(good.screen()).toEndWith('\r\u001b[2KInstalled 20000 object(s) from 1 fixture(s)\r\n');
    const bad = openTerminal(['loaddata', write([...pages, 5])], settings);
    expect(await bad.end()).toBe(1);
    expect(bad.screen()).toContain('\r\u001b[2Kcontenthub: ');
    expect(bad.screen()).toEndWith(': line 20002: record 20001: expected an object, got 5\r\n');
  });

  test('interrupted in the middle leaves the database as it was', async () => {
    const file = join(folder.path, 'endless.json');
    writeFileSync(file, `[${Array.from({ length: 60_000 }, (_, i) => JSON.stringify(page(i + 1))).join(',')}]`);
    const terminal = openTerminal(['loaddata', file], settings);
    await terminal.answer('%', '\u0003');
    expect(await terminal.end()).toBe(130);
    expect(terminal.screen()).toEndWith('\r\u001b[2Kcontenthub: interrupted\r\n');
    expect((await rowsOf(target.database)).pages_page).toEqual([]);
  });
});
