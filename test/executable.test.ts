/**
 * The executable alone: in an empty folder, with no environment and no network, it does what the program does from
 * source, to the byte; what lies in its folder changes nothing.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFolder } from './help/databases.ts';
import { buildBinary } from './help/program.ts';
import { fillIn, type Walk } from './help/walk.ts';

const ROOT = join(import.meta.dirname, '..');
const WALK_TIMEOUT_MS = 120_000;
const FIXTURE = join(ROOT, 'fixtures', 'sample_content.json');
/** A network with nothing in it but this machine. */
const WITHOUT_NETWORK = ['unshare', '-rn', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];

const root = createFolder();
afterAll(() => root.remove());

/** A folder of its own for a walk. */
function folderFor(name: string): string {
  const folder = join(root.path, name);
  mkdirSync(folder);
  return folder;
}

async function walk(folder: string, program: readonly string[], around: readonly string[] = []): Promise<Walk> {
  const walker = [process.execPath, '--no-env-file', join(ROOT, 'test', 'help', 'walk.ts')];
  const child = Bun.spawn([...around, ...walker, folder, FIXTURE, ...program], {
    cwd: ROOT,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [code, output, errors] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if (code !== 0) throw new Error(`the walk ended with ${code}:\n${errors}`);
  return JSON.parse(output);
}

/** Walks through a copy of the executable, alone in a new folder but for `files`. */
async function walkExecutable(
  name: string,
  around: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
): Promise<Walk> {
  const folder = folderFor(name);
  const program = join(folder, 'contenthub');
  copyFileSync(await buildBinary(), program);
  chmodSync(program, 0o755);
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text, { mode: 0o644 });
  return walk(folder, [program], around);
}

let fromSource: Walk;
let alone: Walk;

beforeAll(async () => {
  const tsconfig = `--tsconfig-override=${join(ROOT, 'tsconfig.json')}`;
  const source = [process.execPath, '--no-env-file', tsconfig, join(ROOT, 'src', 'main.ts')];
  [fromSource, alone] = await Promise.all([walk(folderFor('source'), source), walkExecutable('alone')]);
}, WALK_TIMEOUT_MS);

describe('the executable alone', () => {
  test('starts from nothing and migrates by itself', () => {
    expect(alone.commands['(hub)']).toMatch(/"message":"database migrated".*\n.*"message":"serving"/);
    expect(alone.commands['loaddata FIXTURE']).toContain('Installed 119 object(s) from 1 fixture(s)\nexit code 0');
    expect(alone.commands['(hub)']).toEndWith('"message":"stopped"}\nexit code 0');
  });

  test('writes its data folder, for its owner only, and nothing else', () => {
    expect(alone.filesRunning).toEqual([
      '600 data/contenthub.db',
      '600 data/contenthub.db-shm',
      '600 data/contenthub.db-wal',
      '600 data/secret_key',
      '700 data',
      '755 contenthub',
    ]);
    expect(alone.filesEnded).toEqual(['600 data/contenthub.db', '600 data/secret_key', '700 data', '755 contenthub']);
  });

  test('answers every address as the program does from source', () => {
    expect(alone.answers).toEqual(fromSource.answers);
  });

  test('runs every command as the program does from source', () => {
    expect(alone.commands).toEqual(fromSource.commands);
  });

  test('does well what it does alike', () => {
    const status = (name: string) => alone.answers[name]?.split('\n')[0];
    for (const path of ['/', '/api/v1/pages/', '/api/v1/pages/1/', '/api/schema/', '/api/schema/?format=json'])
      for (const method of ['GET', 'HEAD']) expect(status(`${method} ${path}`), `${method} ${path}`).toBe('200');
    for (const path of ['/api/docs/', '/api/redoc/', '/health/', '/livez', '/readyz', '/metrics'])
      for (const method of ['GET', 'HEAD']) expect(status(`${method} ${path}`), `${method} ${path}`).toBe('200');
    for (const path of ['/api/v1/pages/', '/api/v1/pages/1/', '/api/schema/', '/health/'])
      expect(status(`OPTIONS ${path}`), path).toBe('200');
    for (const path of ['/api/v1/pages/16/', '/api/v1/nothing/', '/nothing', '/static/app.css'])
      expect(status(`GET ${path}`), path).toBe('404');
    const failed = Object.entries(alone.answers).filter(([, answer]) => answer.startsWith('5'));
    expect(failed).toEqual([]);
    const assets = Object.keys(alone.answers).filter((name) => /^GET \/static\/[^ ]+\.[0-9a-f]{12}\.\w+$/.test(name));
    expect(assets.length).toBeGreaterThanOrEqual(6);
    for (const name of assets) expect(status(name), name).toBe('200');
  });

  test('counts each view once', () => {
    // Each page was opened once for each encoding; page 2 for two more answers that were JSON.
    const records: { model: string; pk: number; fields: Record<string, unknown> }[] = JSON.parse(
      alone.commands.dumpdata?.replace(/\nexit code 0$/, '') ?? '',
    );
    const shown = new Map<string, Set<number>>();
    const labels = new Map(records.filter((r) => r.model === 'contenttypes.contenttype').map((r) => [r.pk, r.fields]));
    for (const { fields } of records.filter((r) => r.model === 'pages.pagecontent')) {
      const key = `${labels.get(Number(fields.content_type))?.model}:${fields.object_id}`;
      shown.set(key, (shown.get(key) ?? new Set()).add(Number(fields.page)));
    }
    const opened = (page: number) => (page === 2 ? 4 : 2);
    const contents = records.filter((r) => /^pages\.(video|audio)content$/.test(r.model));
    expect(contents.length).toBeGreaterThan(20);
    for (const { model, pk, fields } of contents) {
      const pages = [...(shown.get(`${model.slice('pages.'.length)}:${pk}`) ?? [])];
      expect(fields.counter, `${model}:${pk}`).toBe(pages.reduce((sum, page) => sum + opened(page), 0));
    }
  });
});

describe('the walk', () => {
  test('takes every address that the program has', () => {
    const walked = Object.keys(fromSource.answers).map((name) => name.split(' ')[1]);
    const routes = [...new Bun.Glob('src/web/**/*.ts').scanSync(ROOT)].flatMap((path) => {
      const text = readFileSync(join(ROOT, path), 'utf8');
      return [...text.matchAll(/(?:\bpath: |\.(?:all|get|head|post|put|patch|delete)\()'(\/[^']*)'/g)].map(
        ([, route = '']) => fillIn(route),
      );
    });
    expect(routes.length).toBeGreaterThan(8);
    expect(routes.filter((route) => !walked.includes(route))).toEqual([]);
  });

  test('takes every command that --help names', () => {
    const help = fromSource.commands['--help'] ?? '';
    const section = help.slice(help.indexOf('\ncommands:'), help.indexOf('\neverywhere:'));
    const named = [...section.matchAll(/^ {2}([a-z]+)/gm)].map(([, name = '']) => name);
    expect(named).toContain('migrate');
    const ran = Object.keys(fromSource.commands).map((line) => line.split(' ')[0]);
    expect(named.filter((name) => !ran.includes(name))).toEqual([]);
  });
});

const hasNamespaces = Bun.spawnSync([...WITHOUT_NETWORK, 'true']).exitCode === 0;

describe('the executable in a place that would mislead it', () => {
  test.skipIf(!hasNamespaces)(
    'works the same without a network (needs unshare -rn)',
    async () => {
      const lonely = await walkExecutable('lonely', WITHOUT_NETWORK);
      expect(lonely).toEqual({ ...alone, interfaces: ['lo'] });
    },
    WALK_TIMEOUT_MS,
  );

  test(
    'takes nothing from .env, bunfig.toml, tsconfig.json and package.json in its folder',
    async () => {
      const marker = join(root.path, 'preloaded');
      const preload = `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '');\n`;
      const settings =
        'DATABASE_URL=sqlite:./misled.db\nDEBUG=1\nPAGE_SIZE=3\nBUN_OPTIONS=--smol\nNODE_ENV=development\n';
      const misleading = {
        '.env': settings,
        '.env.local': settings,
        '.env.production': settings,
        'bunfig.toml': 'preload = ["./preload.js"]\nlogLevel = "debug"\n[run]\npreload = ["./preload.js"]\n',
        'tsconfig.json':
          '{"compilerOptions":{"jsx":"react-jsx","jsxImportSource":"nothing","paths":{"*":["./preload.js"]}}}',
        'package.json': '{"name":"other","version":"9.9.9","type":"commonjs","main":"preload.js"}',
        'preload.js': preload,
      };
      const misled = await walkExecutable('misled', [], misleading);
      expect(existsSync(marker)).toBe(false);
      const own = (files: readonly string[]) => files.filter((file) => !(file.slice(4) in misleading));
      expect<Walk>({ ...misled, filesRunning: own(misled.filesRunning), filesEnded: own(misled.filesEnded) }).toEqual(
        alone,
      );
    },
    WALK_TIMEOUT_MS,
  );
});
