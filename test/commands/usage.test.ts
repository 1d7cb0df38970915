/** The command line as people meet it: what is wrong is named, with the exit code that scripts rely on. */
import { afterAll, describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { nearest } from '../../src/nearest.ts';
import { createFolder } from '../help/databases.ts';
import { cleanEnvironment, runProgram, SOURCE } from '../help/program.ts';

const folder = createFolder();
const settings = { DATA_DIR: join(folder.path, 'data') };
afterAll(() => folder.remove());

const BROKEN = { PORT: 'x', DATABASE_URL: 'mysql://root:hunter2@db/x' };

describe('wrong usage ends with 2 and one line that says what was meant:', () => {
  test.each([
    [['--wbe'], 'unknown option --wbe, did you mean --web?'],
    [['--unheard-of'], 'unknown option --unheard-of; see --help'],
    [['-x'], 'unknown option -x; see --help'],
    [['--port'], 'option --port needs a value: --port N'],
    [['--port', '--host', 'x'], 'option --port needs a value: --port N'],
    [['--port', '1', '--port=2'], 'option --port is given twice'],
    [['--web=yes'], 'option --web takes no value'],
    [['migarte'], 'unknown command migarte, did you mean migrate?'],
    [['frobnicate'], 'unknown command frobnicate; see --help'],
    [['serve'], 'unknown command serve; see --help'],
    [['--web', 'extra'], 'unexpected "extra"; see --help'],
    [['migrate', 'extra'], 'migrate: unexpected "extra"'],
    [['migrate', '--chek'], 'unknown option --chek, did you mean --check?'],
    [['changepassword'], 'changepassword: name the user'],
    [['changepassword', 'a', 'b'], 'changepassword: unexpected "b"'],
    [['loaddata'], 'loaddata: name at least one fixture file, or - for standard input'],
    [['loaddata', '-', '-'], 'loaddata: - can be read once only'],
    [['dumpdata', 'pages.pgae'], 'dumpdata: unknown model "pages.pgae"; did you mean pages.page?'],
    [['dumpdata', '--indent', '9'], 'dumpdata: --indent: expected a whole number from 0 to 8, got "9"'],
    [['dumpdata', '--indent', 'x'], 'dumpdata: --indent: expected a whole number from 0 to 8, got "x"'],
    [['health', 'localhost'], 'health: expected a URL like http://127.0.0.1:8000, got "localhost"'],
    [['--env-file', '/nonexistent', 'check'], '--env-file /nonexistent cannot be read: ENOENT'],
    [['--env-file', 'a', '--env-file', 'b'], 'option --env-file is given twice'],
    [['--env-file', 'a', 'check', '--env-file', 'b'], 'option --env-file is given twice'],
    [
      ['--web'],
      '--web: separate roles need REDIS_URL to reach each other; without Redis, name none to run all in one process',
    ],
    [['--worker', '--beat'], '--worker --beat: separate roles need REDIS_URL'],
  ])('%j', async (args, sentence) => {
    const { code, stdout, stderr } = await runProgram(SOURCE, args, { settings });
    expect(stderr).toStartWith(`contenthub: ${sentence}`);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect([code, stdout]).toEqual([2, '']);
  });
});

describe('help and version', () => {
  test.each([[['--help']], [['-h']], [['help']], [['migrate', '--help']], [['--web', '--help']]])(
    'help is printed for %j, also when the configuration is broken',
    async (args) => {
      const { code, stdout, stderr } = await runProgram(SOURCE, args, { settings: BROKEN });
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain('usage: contenthub [--web] [--worker] [--beat]');
      for (const word of ['migrate', 'loaddata FILE… | -', '--if-empty', 'DATABASE_URL', 'exit codes: 0 done'])
        expect(stdout).toContain(word);
    },
  );

  test('the version is printed when the configuration is broken', async () => {
    const outcome = await runProgram(SOURCE, ['--version'], { settings: BROKEN });
    expect(outcome).toEqual({ code: 0, stdout: `contenthub ${packageJson.version}\n`, stderr: '' });
  });

  test('a reader that closes early is no error', () => {
    const shell = `{ "$@"; echo "exit code $?" >&2; } | head -1`;
    const { stdout, stderr } = spawnSync('sh', ['-c', shell, 'sh', ...SOURCE, '--help'], {
      encoding: 'utf8',
      env: cleanEnvironment({}),
    });
    expect(stdout).toStartWith(`contenthub ${packageJson.version}`);
    expect(stderr).toBe('exit code 0\n');
  });

  test.skipIf(process.platform !== 'linux')('a full disk is one', () => {
    const shell = '"$@" > /dev/full';
    const { status, stderr } = spawnSync('sh', ['-c', shell, 'sh', ...SOURCE, '--help'], {
      encoding: 'utf8',
      env: cleanEnvironment({}),
    });
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/^contenthub: cannot write to standard output: ENOSPC.*\n$/),
    ]);
  });
});

describe('--env-file', () => {
  const file = join(folder.path, 'settings');
  writeFileSync(file, 'PORT=1234\nPAGE_SIZE=7\nHOST=\n');

  test.each([[['config', '--env-file', file]], [['--env-file', file, 'config']], [[`--env-file=${file}`, 'config']]])(
    'is read in %j',
    async (args) => {
      const { stdout } = await runProgram(SOURCE, args, { settings: { PAGE_SIZE: '8', PORT: '' } });
      expect(stdout).toMatch(/^PORT +1234 +environment$/m);
      expect(stdout).toMatch(/^PAGE_SIZE +8 +environment$/m);
      expect(stdout).toMatch(/^HOST +127\.0\.0\.1 +default$/m);
    },
  );
});

describe('the nearest name', () => {
  test.each([
    ['--wbe', '--web'],
    ['--port ', '--port'],
    ['MIGRATE', 'migrate'],
    ['mgirate', 'migrate'],
    ['migratexx', 'migrate'],
    ['migratexxx', undefined],
    ['', undefined],
    ['w', undefined],
    ['x'.repeat(1e7), undefined],
  ])('of %.20s is %s', (name, found) => {
    expect(nearest(name, ['--web', '--port', 'migrate'])).toBe(found);
  });

  test('is the closest of several', () => {
    expect(nearest('pages', ['page', 'paged', 'pages'])).toBe('pages');
  });
});

describe('names in the environment that only look like settings', () => {
  test.each([
    [['migrate', '--check'], 'REDIS_URI', 'REDIS_URI is not a setting: did you mean REDIS_URL?'],
    [['check'], 'DJANGO_DEBUG', 'DJANGO_DEBUG is the Django version’s name and not read here: use DEBUG'],
    [['--web'], 'CELERY_BROKER_URL', 'CELERY_BROKER_URL is the Django version’s name and not read here: use REDIS_URL'],
    [['--port', 'x'], 'DATABASE_URI', 'DATABASE_URI is not a setting: did you mean DATABASE_URL?'],
  ])('are named by %j: %s', async (args, name, sentence) => {
    mkdirSync(settings.DATA_DIR, { recursive: true });
    const { stderr } = await runProgram(SOURCE, args, { settings: { ...settings, [name]: 'x://user:hunter2@host' } });
    expect(stderr).toContain(sentence);
    expect(stderr).not.toContain('hunter2');
  });
});
