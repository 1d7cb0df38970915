/**
 * The arrows of the architecture, and the rules of form that a compiler does not check, on every file of `src/`, `views/`
 * and `drizzle/`. Each rule is also shown a file that breaks it.
 */
import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { readSource, type Source } from './help/sources.ts';

const ROOT = join(import.meta.dirname, '..');

/** The rooms of the program. A file belongs to the first row that its path starts with. */
const ROOMS = [
  ['main', 'src/main.ts'],
  ['app', 'src/app.ts'],
  ['config', 'src/config'],
  ['commands', 'src/commands/'],
  ['roles', 'src/roles/'],
  ['web', 'src/web/'],
  ['impressions', 'src/impressions/'],
  ['store', 'src/store/'],
  ['db', 'src/db/'],
  ['contents', 'src/contents/'],
  ['messages', 'src/messages/'],
  // What any room may use: the error, the log, the numbers, the version, the nearest name.
  ['leaf', 'src/'],
  ['assets', 'views/assets/'],
  ['views', 'views/'],
  ['migrations', 'drizzle/embedded.ts'],
  ['migrations', 'drizzle/postgres/'],
  ['migrations', 'drizzle/sqlite/'],
  ['generator', 'drizzle/'],
  ['package', 'package.json'],
] as const;

type Room = (typeof ROOMS)[number][0];

/** Where the arrows may lead: `main → app, commands, roles → web | impressions → store → db, contents`. */
const ARROWS: Readonly<Record<Room, readonly Room[]>> = {
  main: ['app', 'commands', 'roles', 'config', 'leaf'],
  commands: ['commands', 'app', 'roles', 'web', 'impressions', 'store', 'db', 'contents', 'config', 'leaf'],
  // A role gets the open application; what it runs on is chosen in app.ts alone.
  roles: ['roles', 'app', 'web', 'impressions', 'store', 'config', 'leaf'],
  app: ['impressions', 'store', 'db', 'config', 'leaf'],
  web: ['web', 'views', 'assets', 'impressions', 'store', 'db', 'contents', 'messages', 'config', 'leaf'],
  impressions: ['impressions', 'store', 'db', 'contents', 'leaf'],
  store: ['store', 'db', 'contents', 'leaf'],
  db: ['db', 'contents', 'migrations', 'leaf'],
  contents: ['contents', 'leaf'],
  config: ['config', 'db', 'contents', 'leaf'],
  messages: ['messages'],
  leaf: ['leaf', 'package'],
  views: ['views'],
  assets: [],
  migrations: ['migrations'],
  generator: ['generator', 'db', 'contents'],
  package: [],
};

/** Arrows between rooms that are narrower than the table above: only these files of the room at the arrow's end. */
const NARROW: Readonly<Partial<Record<`${Room} → ${Room}`, RegExp>>> = {
  // No command speaks HTTP; passwords are judged and hashed in one place, and static files listed in one.
  'commands → web': /^src\/web\/((new_)?passwords|static)\.ts$/,
  // Where the data is, and how to say so without the password.
  'config → db': /^src\/db\/open\.ts$/,
  // Which content models there are.
  'config → contents': /^src\/contents\/index\.ts$/,
  // What a request needs of the database beside the stores: its type, and whether its schema fits.
  'web → db': /^src\/db\/(connection|migrate)\.ts$/,
  // What the schedule cleans up.
  'roles → store': /^src\/store\/(impressions|orphans|sessions|reset_links|throttle|history)\.ts$/,
  // What a migration leaves to be written by the program.
  'app → store': /^src\/store\/search_completion\.ts$/,
  'app → db': /^src\/db\/(connection|migrate|open)\.ts$/,
  'leaf → package': /^package\.json$/,
};

/** Packages, and the files that may import them. What is not here may be imported nowhere; `node:` modules anywhere in `src/`. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  elysia: /^src\/web\//,
  '@elysiajs/html': /^src\/web\//,
  '@elysiajs/swagger': /^src\/web\//,
  '@kitajs/html': /^views\/[^.]+\.tsx$/,
  'swagger-ui-dist': /^src\/web\/static\.ts$/,
  redoc: /^src\/web\/static\.ts$/,
  'htmx.org': /^src\/web\/static\.ts$/,
  ioredis: /^src\/(impressions\/|app\.ts$|web\/page_cache)/,
  // The schedule, and the check of a setting that is one.
  croner: /^src\/cron\.ts$/,
  'prom-client': /^src\/exposition\.ts$/,
  postgres: /^src\/db\//,
  'bun:sqlite': /^src\/db\//,
  // SQL: and the prompt hands the tag to the person who types.
  'drizzle-orm': /^src\/(store\/|db\/|commands\/shell\.ts$)/,
  'drizzle-kit': /^drizzle\/generate\.ts$/,
};

/** Members of `process`, and the files that may touch them. */
const PROCESS: readonly (readonly [members: RegExp, files: RegExp])[] = [
  // Whether there is a terminal, of which the environment tells too.
  [/^env$/, /^src\/(main|output)\.ts$/],
  [/^(exit|exitCode|abort|kill|on|once|off|addListener|prependListener)$/, /^src\/main\.ts$/],
  [/^(stdout|stderr)$/, /^src\/(output\.ts|commands\/)/],
  [/^stdin$/, /^src\/(main\.ts|commands\/)/],
  [/^argv$/, /^src\/main\.ts$/],
  [/^(import|\*)$/, /^$/],
];

const LINES_MAX = 400;
const LINES_WANTED = 250;

/** Files longer than wanted, each with its reason. */
const LONG: Readonly<Record<string, string>> = {
  'views/parts/inlines.tsx': 'a row with and without JavaScript, and the list it stands in',
  'src/config.ts': 'the table of all settings, and the readers and printers that nothing else may be',
  'src/impressions/flush.ts': 'the steps of a flush and the ledger’s verdicts: one state machine',
};

/** What breaks a rule for now, each with its reason; a line that excuses nothing fails. */
const EXCUSED: Readonly<Record<string, string>> = {};

/** What is wrong with a file, one sentence each. `path` is relative to the project, with `/`. */
function problemsOf(path: string, source: Source, exists: (path: string) => boolean): string[] {
  const problems = source.imports.flatMap(({ specifier, isType, line }) => {
    const place = `${path}:${line}`;
    if (specifier === undefined) return [`${place} imports what is only known at run time`];
    const problem = specifier.startsWith('.')
      ? fileProblem(path, specifier, isType, exists)
      : packageProblem(path, specifier);
    return problem === undefined ? [] : [`${place} ${problem}`];
  });
  for (const { name, line } of isGenerator(path) ? [] : source.processMembers) {
    const [, files] = PROCESS.find(([members]) => members.test(name)) ?? [];
    if (files !== undefined && !files.test(path)) problems.push(`${path}:${line} touches process.${name}`);
  }
  if (source.hasDefaultExport && !path.endsWith('.d.ts')) problems.push(`${path} has a default export`);
  if (source.lines > LINES_MAX) problems.push(`${path} is longer than ${LINES_MAX} lines`);
  else if (source.lines > LINES_WANTED && !(path in LONG)) {
    problems.push(`${path} is longer than ${LINES_WANTED} lines and gives no reason`);
  }
  return problems;
}

function fileProblem(
  path: string,
  specifier: string,
  isType: boolean,
  exists: (path: string) => boolean,
): string | undefined {
  const target = posix.join(posix.dirname(path), specifier);
  if (posix.extname(specifier) === '') return `imports ${specifier} without its extension`;
  if (!exists(target)) return `imports ${target}, which does not exist`;
  const [from, to] = [roomOf(path), roomOf(target)];
  if (from === undefined || to === undefined) return `imports ${target}, which is no part of the program`;
  // Types flow out of the program into the pages it shows; nothing else does.
  if (from === 'views' && isType && target.startsWith('src/')) return undefined;
  const narrow = NARROW[`${from} → ${to}`];
  const isAllowed = ARROWS[from].includes(to) && (narrow === undefined || narrow.test(target));
  return isAllowed ? undefined : `imports ${target}: no arrow leads from ${from} there`;
}

function packageProblem(path: string, specifier: string): string | undefined {
  if (specifier.startsWith('node:')) {
    return path.startsWith('src/') || isGenerator(path) ? undefined : `imports ${specifier}`;
  }
  const name = specifier.match(/^(@[^/]+\/)?[^/]+/)?.[0] ?? specifier;
  const files = PACKAGES[name];
  if (files === undefined) return `imports ${specifier}, a package that no rule of this test places`;
  return files.test(path) ? undefined : `imports ${specifier}, which belongs elsewhere`;
}

function roomOf(path: string): Room | undefined {
  return ROOMS.find(([, start]) => path.startsWith(start))?.[0];
}

/** `make migrations` is a program of its own, run by developers. */
function isGenerator(path: string): boolean {
  return roomOf(path) === 'generator';
}

/** The files of the first cycle of imports found, types included, or undefined. */
function findCycle(importsOf: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  function walk(path: string, trail: readonly string[]): string[] | undefined {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const next of importsOf.get(path) ?? []) {
      const cycle = walk(next, [...trail, path]);
      if (cycle !== undefined) return cycle;
    }
    done.add(path);
    return undefined;
  }
  for (const path of importsOf.keys()) {
    const cycle = walk(path, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function targetsOf(path: string, source: Source): string[] {
  return source.imports.flatMap(({ specifier }) =>
    specifier?.startsWith('.') ? [posix.join(posix.dirname(path), specifier)] : [],
  );
}

const files = [...new Bun.Glob('{src,views,drizzle}/**/*.{ts,tsx,js,css}').scanSync(ROOT)].sort();
const sources = new Map(files.map((path) => [path, readSource(path, readFileSync(join(ROOT, path), 'utf8'))]));

/** A file's problems without the place in the file: what EXCUSED names. */
function problemsOfProgram(): string[] {
  return [...sources].flatMap(([path, source]) => problemsOf(path, source, (target) => existsSync(join(ROOT, target))));
}

const withoutLine = (problem: string) => problem.replace(/:\d+ /, ' ');

describe('the program', () => {
  test('is read', () => {
    expect(files).toContain('src/main.ts');
    expect(files).toContain('views/layout.tsx');
    expect(sources.get('src/main.ts')?.imports.length).toBeGreaterThan(5);
  });

  test('has no arrow that points the wrong way', () => {
    expect(problemsOfProgram().filter((problem) => !(withoutLine(problem) in EXCUSED))).toEqual([]);
  });

  test('is excused for nothing that it does not do', () => {
    const problems = problemsOfProgram().map(withoutLine);
    expect(Object.keys(EXCUSED).filter((excuse) => !problems.includes(excuse))).toEqual([]);
    expect(Object.keys(LONG).filter((path) => (sources.get(path)?.lines ?? 0) <= LINES_WANTED)).toEqual([]);
  });

  test('has no cycle of imports', () => {
    expect(findCycle(new Map([...sources].map(([path, source]) => [path, targetsOf(path, source)])))).toBeUndefined();
  });

  test('ends and listens to signals in main.ts', () => {
    const members = sources.get('src/main.ts')?.processMembers.map(({ name }) => name);
    expect(members).toEqual(expect.arrayContaining(['env', 'exit', 'on', 'argv']));
  });
});

/** The problems of one invented file, in a project where every file exists. */
function check(path: string, text: string): string[] {
  return problemsOf(path, readSource(path, text), () => true).map(withoutLine);
}

describe('an import that points the wrong way', () => {
  test.each([
    ['src/contents/video.ts', "import { findTable } from '../db/sql.ts';", 'src/db/sql.ts'],
    ['src/db/open.ts', "import { readPages } from '../store/pages.ts';", 'src/store/pages.ts'],
    ['src/db/open.ts', "import type { Config } from '../config.ts';", 'src/config.ts'],
    ['src/db/migrate.ts', "import { extrasFor } from '../../drizzle/extras.ts';", 'drizzle/extras.ts'],
    ['src/store/pages.ts', "import type { Recorder } from '../impressions/record.ts';", 'src/impressions/record.ts'],
    ['src/store/pages.ts', "export * from '../web/respond.ts';", 'src/web/respond.ts'],
    ['src/impressions/record.ts', "const web = await import('../web/server.ts');", 'src/web/server.ts'],
    ['src/impressions/record.ts', "import { readConfig } from '../config.ts';", 'src/config.ts'],
    ['src/web/server.ts', "import { startWeb } from '../roles/web.ts';", 'src/roles/web.ts'],
    ['src/web/server.ts', "import { openApp } from '../app.ts';", 'src/app.ts'],
    ['src/web/server.ts', "import { commands } from '../commands/index.ts';", 'src/commands/index.ts'],
    ['src/web/home.ts', "import { openDatabase } from '../db/open.ts';", 'src/db/open.ts'],
    ['src/roles/web.ts', "import { readPages } from '../store/pages.ts';", 'src/store/pages.ts'],
    ['src/app.ts', "import { startWeb } from './roles/web.ts';", 'src/roles/web.ts'],
    ['src/app.ts', "import { buildWeb } from './web/server.ts';", 'src/web/server.ts'],
    ['src/commands/health.ts', "import { respond } from '../web/respond.ts';", 'src/web/respond.ts'],
    ['src/commands/fixtures/load.ts', "type A = import('../../web/server.ts').A;", 'src/web/server.ts'],
    ['src/config.ts', "import { tableOf } from './store/contents.ts';", 'src/store/contents.ts'],
    ['src/log.ts', "import type { Config } from './config.ts';", 'src/config.ts'],
    ['src/main.ts', "import { readPages } from './store/pages.ts';", 'src/store/pages.ts'],
    ['views/home.tsx', "import { VERSION } from '../src/version.ts';", 'src/version.ts'],
    ['src/commands/check.ts', "import { HomePage } from '../../views/home.tsx';", 'views/home.tsx'],
    ['src/store/pages.ts', "import sample from '../../fixtures/sample_content.json';", 'fixtures/sample_content.json'],
    ['src/store/pages.ts', "import { startPostgres } from '../../test/help/postgres.ts';", 'test/help/postgres.ts'],
    ['drizzle/embedded.ts', "import { schema } from '../src/db/schema.sqlite.ts';", 'src/db/schema.sqlite.ts'],
  ])('from %s in %s is seen', (path, text, target) => {
    expect(check(path, text)).toEqual([expect.stringContaining(`${path} imports ${target}`)]);
  });

  test('is not seen in a comment or a string', () => {
    expect(check('src/log.ts', "// import '../web/server.ts'\nconst a = \"import x from './app.ts'\";")).toEqual([]);
  });

  test('is told from the ones that are meant', () => {
    expect(check('views/home.tsx', "import type { Problem } from '../src/errors.ts';")).toEqual([]);
    expect(check('views/home.tsx', "import { type A, type B } from '../src/errors.ts';")).toEqual([]);
    expect(check('src/web/home.ts', "import { HomePage } from '../../views/home.tsx';")).toEqual([]);
    expect(check('src/commands/x.ts', "import { hashPassword } from '../web/passwords.ts';")).toEqual([]);
  });
});

describe('a package outside its room', () => {
  test.each([
    ['src/store/pages.ts', 'elysia'],
    ['src/roles/web.ts', '@elysiajs/swagger'],
    ['src/web/server.ts', 'ioredis'],
    ['src/store/pages.ts', 'ioredis'],
    ['src/roles/worker.ts', 'croner'],
    ['src/web/api/metrics.ts', 'prom-client'],
    ['src/store/pages.ts', 'bun:sqlite'],
    ['src/impressions/flush.ts', 'postgres'],
    ['src/web/api/pages.ts', 'drizzle-orm'],
    ['src/web/api/pages.ts', 'drizzle-orm/pg-core'],
    ['src/db/open.ts', 'drizzle-kit/api'],
    ['src/web/home.ts', '@kitajs/html'],
    ['views/home.tsx', 'elysia'],
    ['views/home.tsx', 'node:fs'],
    ['views/assets/app.js', '@kitajs/html'],
    ['src/web/server.ts', 'left-pad'],
  ])('%s importing %s is seen', (path, specifier) => {
    expect(check(path, `import { a } from '${specifier}';`)).toEqual([
      expect.stringContaining(`${path} imports ${specifier}`),
    ]);
    expect(check(path, `import type { A } from '${specifier}';`)).toHaveLength(1);
  });

  test.each([
    ['src/impressions/redis.ts', 'ioredis'],
    ['src/app.ts', 'ioredis'],
    ['src/web/page_cache.ts', 'ioredis'],
    ['src/cron.ts', 'croner'],
    ['src/db/open.sqlite.ts', 'bun:sqlite'],
    ['src/db/open.postgres.ts', 'postgres'],
    ['src/web/admin/login.ts', 'elysia'],
    ['src/store/pages.ts', 'drizzle-orm'],
    ['src/commands/dumpdata.ts', 'node:fs/promises'],
  ])('%s may import %s', (path, specifier) => {
    expect(check(path, `import { a } from '${specifier}';`)).toEqual([]);
  });
});

describe('a rule of form', () => {
  test.each([
    ['src/web/home.ts', 'const a = process.env.HOME;', 'touches process.env'],
    ['src/web/home.ts', "const a = process['env'].HOME;", 'touches process.env'],
    ['src/web/home.ts', 'const a = globalThis.process.env.HOME;', 'touches process.env'],
    ['src/web/home.ts', 'const { env } = process;', 'touches process.*'],
    ['src/web/home.ts', 'const a = Bun.env.HOME;', 'touches process.env'],
    ['src/web/home.ts', 'const a = import.meta.env.HOME;', 'touches process.env'],
    ['src/web/home.ts', "import { env } from 'node:process';", 'touches process.import'],
    ['src/commands/check.ts', 'process.exit(1);', 'touches process.exit'],
    ['src/commands/check.ts', 'process.exitCode = 1;', 'touches process.exitCode'],
    ['src/roles/web.ts', "process.on('SIGTERM', stop);", 'touches process.on'],
    ['src/store/pages.ts', "process.stdout.write('a');", 'touches process.stdout'],
    ['src/web/home.ts', "process.stderr.write('a');", 'touches process.stderr'],
    ['src/log.ts', 'const a = process.argv;', 'touches process.argv'],
    ['src/contents/quiz.ts', 'export default 1;', 'has a default export'],
    ['src/contents/quiz.ts', 'export default function quiz() {}', 'has a default export'],
    ['src/contents/quiz.ts', 'const a = 1; export { a as default };', 'has a default export'],
    ['src/contents/quiz.ts', "import { text } from './fields/text';", 'without its extension'],
    ['src/contents/quiz.ts', 'const a = await import(name);', 'only known at run time'],
    ['src/contents/quiz.ts', "const a = require('./fields/text.ts') + require(name);", 'only known at run time'],
  ])('is broken by %s with %j', (path, text, problem) => {
    expect(check(path, text)).toEqual([expect.stringContaining(problem)]);
  });

  test('is broken by a file that is too long', () => {
    expect(check('src/contents/quiz.ts', 'a();\n'.repeat(251))).toEqual([expect.stringContaining('gives no reason')]);
    expect(check('src/config.ts', 'a();\n'.repeat(401))).toEqual([expect.stringContaining('longer than 400 lines')]);
  });

  test('is kept by a file that keeps it', () => {
    expect(
      check('src/assets.d.ts', "declare module '*.sql' {\n  const text: string;\n  export default text;\n}"),
    ).toEqual([]);
    expect(check('src/main.ts', 'process.exit(Number(process.env.CODE));')).toEqual([]);
    expect(check('src/config.ts', 'a();\n'.repeat(300))).toEqual([]);
    expect(check('src/contents/quiz.ts', 'a();\n'.repeat(250))).toEqual([]);
  });

  test('is broken by a file that is imported and missing', () => {
    const source = readSource('src/app.ts', "import { a } from './gone.ts';");
    expect(problemsOf('src/app.ts', source, () => false)).toEqual([expect.stringContaining('does not exist')]);
  });
});

describe('a cycle of imports', () => {
  test('is found, however long', () => {
    const cycle = new Map([
      ['main', ['a', 'b']],
      ['a', ['leaf']],
      ['b', ['c', 'leaf']],
      ['c', ['d']],
      ['d', ['b']],
    ]);
    expect(findCycle(cycle)).toEqual(['b', 'c', 'd', 'b']);
    expect(findCycle(new Map([['a', ['a']]]))).toEqual(['a', 'a']);
  });

  test('is not a diamond', () => {
    const diamond = new Map([
      ['a', ['b', 'c']],
      ['b', ['d']],
      ['c', ['d']],
    ]);
    expect(findCycle(diamond)).toBeUndefined();
  });
});
