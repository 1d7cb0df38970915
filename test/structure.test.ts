/** What lies where: the top level, the sizes of files, and the targets of the Makefile. */
import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { envExample } from '../src/config_print.ts';

const ROOT = join(import.meta.dirname, '..');

const TOP_LEVEL = [
  ...['src', 'views', 'drizzle', 'fixtures', 'test', 'nginx', 'docs', '.ci', '.github', '.githooks'],
  ...['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'LICENSE', 'Makefile', 'Dockerfile', 'docker-compose.yaml'],
  ...['package.json', 'bun.lock', 'bunfig.toml', 'tsconfig.json', 'drizzle.config.ts', 'biome.json'],
  ...['.dockerignore', '.env.example', '.gitignore'],
];

const MEDIAN_LINES_MAX = 80;

const TARGETS = [
  ...[
    'help',
    'run',
    'test',
    'faults',
    'screenshots',
    'check',
    'build',
    'bench',
    'migrations',
    'migrate',
    'superuser',
    'shell',
    'fixtures',
    'backup',
    'restore',
  ],
  ...['up', 'down', 'ps', 'logs', 'test-docker', 'hooks'],
];

function run(command: readonly string[]): { code: number; stdout: string; stderr: string } {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], { cwd: ROOT, stdin: 'ignore' });
  return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** Everything that is or would be committed. */
function projectFiles(): string[] {
  const { code, stdout } = run(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  expect(code).toBe(0);
  return stdout.split('\0').filter((path) => path !== '' && existsSync(join(ROOT, path)));
}

describe('the project', () => {
  test('has nothing at its top level that the design does not name', () => {
    const entries = new Set(projectFiles().map((path) => path.replace(/\/.*/s, '')));
    expect([...entries].filter((entry) => !TOP_LEVEL.includes(entry))).toEqual([]);
  });

  test('commits nothing that is built, downloaded or private', () => {
    const unwanted = /(^|\/)(node_modules|dist|data|\.bun)\/|\.(db|db-wal|log)$|(^|\/)\.env$/;
    expect(projectFiles().filter((path) => unwanted.test(path))).toEqual([]);
  });

  test('is made of small files', () => {
    const lines = projectFiles()
      .filter((path) => /^(src|views)\/.*\.(ts|tsx|js)$|^drizzle\/[^/]+\.ts$/.test(path))
      .map((path) => readFileSync(join(ROOT, path), 'utf8').split('\n').length - 1)
      .sort((a, b) => a - b);
    expect(lines.length).toBeGreaterThan(50);
    expect(lines[Math.floor(lines.length / 2)]).toBeLessThanOrEqual(MEDIAN_LINES_MAX);
  });

  test('has an .env.example that names every setting', async () => {
    const file = Bun.file(join(ROOT, '.env.example'));
    expect(await file.exists(), 'write it with: contenthub config --example > .env.example').toBe(true);
    expect(await file.text()).toBe(envExample());
  });
});

describe('make', () => {
  const makefile = readFileSync(join(ROOT, 'Makefile'), 'utf8');

  test('has exactly these targets, each with its line of help', () => {
    const documented = [...makefile.matchAll(/^([a-z-]+):[^#\n]*## \S/gm)].map(([, name]) => name ?? '');
    expect(documented.toSorted()).toEqual(TARGETS.toSorted());
  });

  test('lists them all when asked for nothing', () => {
    const { code, stdout } = run(['make', '-s']);
    expect(code).toBe(0);
    expect([...stdout.matchAll(/^ {2}make (\S+) +\S/gm)].map(([, name]) => name ?? '')).toHaveLength(TARGETS.length);
  });
});
