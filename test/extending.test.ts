/**
 * The promise of `src/contents/`: a content type is one file and one line. This adds one to a copy of the project, writes
 * its migration, and expects everything else to follow by itself, on databases that the project filled before.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { migrations } from '../drizzle/embedded.ts';
import { openDatabase } from '../src/db/open.ts';
import { logIn, PASSWORD } from './help/admin.ts';
import { createEmptyDatabase, createFolder, DIALECTS, type EmptyDatabase } from './help/databases.ts';
import { eventually } from './help/eventually.ts';
import { readFields } from './help/html.ts';
import { readListed } from './help/list.ts';
import { type Outcome, type RunningProgram, runProgram, SOURCE, startProgram } from './help/program.ts';

const ROOT = join(import.meta.dirname, '..');
const SAMPLE = join(ROOT, 'fixtures', 'sample_content.json');
const BUN = [process.execPath, '--no-env-file'];
const PREPARE_TIMEOUT_MS = 60_000;
/** A compiler takes its time on a busy machine. */
const CHECK_TIMEOUT_MS = 180_000;
/** The number of the migration that the new type brings. */
const NEXT = String(migrations.sqlite.length).padStart(4, '0');

const QUIZ_FILE = `import { defineContent } from './content.ts';
import { httpUrl } from './fields/http_url.ts';
import { longText } from './fields/long_text.ts';
import { text } from './fields/text.ts';

/** A question with its answers, and where it came from. */
export const quiz = defineContent({
  label: 'pages.quizcontent',
  type: 'quiz',
  name: 'quiz',
  namePlural: 'quizzes',
  fields: {
    question: text({ label: 'Question', help: 'What is asked.', example: 'Who is the rabbit?' }),
    answers: longText({ label: 'Answers', help: 'One a line.', example: 'Big Buck Bunny' }),
    source_url: httpUrl({ label: 'Source', help: 'Where the answer is to be found.' }),
  },
});
`;

const FIELDS = {
  question: 'Кто «кролик» — "Bunny" or 兎?',
  answers: 'Big Buck Bunny\nFrank, Rinky & Gimera\n\tnobody \\ 𝔘',
  source_url: 'https://example.org/quiz?a=1&b=%20#c',
};
const TITLE = 'Ёлки & quiz <one>';
/** As Django's `dumpdata` lays it out; the counter is one that a dump brings along. */
const QUIZ_DUMP = `[{"model": "pages.quizcontent", "pk": 7, "fields": ${pythonJson({ title: TITLE, counter: 41, ...FIELDS })}}]\n`;
const LINK = JSON.stringify([
  {
    model: 'pages.pagecontent',
    pk: 5000,
    fields: { page: 1, content_type: ['pages', 'quizcontent'], object_id: 7, order: 99 },
  },
]);

function pythonJson(record: Readonly<Record<string, unknown>>): string {
  return `{${Object.entries(record)
    .map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`)
    .join(', ')}}`;
}

/** The project without its tests, in a folder of its own: what is committed, and what would be. */
function copyProject(target: string): void {
  const { stdout } = Bun.spawnSync(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
  });
  for (const path of stdout.toString().split('\0')) {
    // Deleted and not committed yet, or a link to modules installed elsewhere.
    if (!existsSync(join(ROOT, path)) || path === '' || /^(test\/|node_modules$)/.test(path)) continue;
    cpSync(join(ROOT, path), join(target, path));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(target, 'node_modules'));
}

/** Every file of the copy with its content, but for what is not its own. */
function readTree(folder: string): Map<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    paths.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path, 'utf8')];
    }),
  );
}

function replaceOnce(path: string, part: string, by: string): void {
  const text = readFileSync(path, 'utf8');
  if (text.split(part).length !== 2) throw new Error(`${path} does not hold "${part}" once`);
  writeFileSync(
    path,
    text.replace(part, () => by),
  );
}

const folder = createFolder();
const copy = folder.path;
const changed: string[] = [];

beforeAll(async () => {
  copyProject(copy);
  const before = readTree(copy);
  writeFileSync(join(copy, 'src/contents/quiz.ts'), QUIZ_FILE);
  const registry = join(copy, 'src/contents/index.ts');
  replaceOnce(
    registry,
    "import { video } from './video.ts';",
    "import { quiz } from './quiz.ts';\nimport { video } from './video.ts';",
  );
  replaceOnce(registry, '= [video, audio];', '= [video, audio, quiz];');
  succeed(await bun('drizzle/generate.ts'));
  const after = readTree(copy);
  for (const [path, text] of after) if (before.get(path) !== text) changed.push(path);
  for (const path of before.keys()) if (!after.has(path)) changed.push(path);
}, PREPARE_TIMEOUT_MS);

afterAll(() => folder.remove());

/** Runs a file of the copy, in the copy. */
function bun(...args: string[]): Promise<Outcome> {
  return runProgram(BUN, args, { cwd: copy });
}

function succeed(outcome: Outcome): string {
  if (outcome.code !== 0) throw new Error(`ended with ${outcome.code}:\n${outcome.stdout}${outcome.stderr}`);
  return outcome.stdout;
}

describe('adding a content type', () => {
  test('takes its file and its line; `make migrations` writes the rest', () => {
    expect(changed.toSorted()).toEqual([
      'drizzle/embedded.ts',
      `drizzle/postgres/${NEXT}_pages_quizcontent.sql`,
      `drizzle/postgres/meta/${NEXT}_snapshot.json`,
      `drizzle/sqlite/${NEXT}_pages_quizcontent.sql`,
      `drizzle/sqlite/meta/${NEXT}_snapshot.json`,
      'src/contents/index.ts',
      'src/contents/quiz.ts',
    ]);
  });

  test('is complete after one run of `make migrations`', async () => {
    const again = succeed(await bun('drizzle/generate.ts', '--check'));
    expect(again).toBe('postgres: no changes\nsqlite: no changes\n');
  });

  test(
    'keeps the types and the linter silent',
    async () => {
      const [types, lint] = await Promise.all([
        bun(join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', '.'),
        bun(join(ROOT, 'node_modules/@biomejs/biome/bin/biome'), 'check', '--error-on-warnings'),
      ]);
      expect(succeed(types)).toBe('');
      succeed(lint);
    },
    CHECK_TIMEOUT_MS,
  );
});

describe.each(DIALECTS)('a new content type on %s', (dialect) => {
  let empty: EmptyDatabase;
  let fresh: EmptyDatabase;
  let hub: RunningProgram;
  let dumpBefore: string;
  let dumpAfter: string;

  /** Runs a command of the extended program, on the database the old one filled unless told otherwise. */
  async function extended(args: string[], options: { stdin?: string; url?: string } = {}): Promise<string> {
    const settings = { DATABASE_URL: options.url ?? empty.url };
    const stdin = options.stdin === undefined ? {} : { stdin: options.stdin };
    return succeed(await runProgram([...BUN, 'src/main.ts'], args, { cwd: copy, settings, ...stdin }));
  }

  beforeAll(async () => {
    [empty, fresh] = await Promise.all([createEmptyDatabase(dialect), createEmptyDatabase(dialect)]);
    const original = async (...args: string[]) =>
      succeed(await runProgram(SOURCE, args, { settings: { DATABASE_URL: empty.url } }));
    await original('migrate');
    await original('loaddata', SAMPLE);
    dumpBefore = await original('dumpdata', '--natural-foreign');

    expect(await extended(['migrate'])).toContain(`applied ${NEXT}_pages_quizcontent\n`);
    dumpAfter = await extended(['dumpdata', '--natural-foreign']);
    await extended(['loaddata', '-'], { stdin: QUIZ_DUMP });
    await extended(['loaddata', '-'], { stdin: LINK });
    hub = await startProgram([...BUN, 'src/main.ts'], [], { cwd: copy, settings: { DATABASE_URL: empty.url } });
  }, PREPARE_TIMEOUT_MS);

  afterAll(async () => {
    await hub?.end('SIGTERM');
    await Promise.all([empty?.drop(), fresh?.drop()]);
  });

  async function get(path: string): Promise<string> {
    const answer = await fetch(`${hub.url}${path}`);
    expect(answer.status).toBe(200);
    return answer.text();
  }

  test('leaves what was there as it was', () => {
    expect(dumpBefore).toContain('"model": "pages.pagecontent"');
    expect(dumpAfter).toBe(dumpBefore);
  });

  test('is answered by the API, its fields in their order, and counted', async () => {
    const content = (counter: number) => JSON.stringify({ id: 7, type: 'quiz', title: TITLE, counter, ...FIELDS });
    expect(await get('/api/v1/pages/1/')).toEndWith(`,${content(41)}]}`);
    await eventually(async () => {
      const counted = /"type":"quiz".*"counter":(\d+)/.exec(await get('/api/v1/pages/1/'))?.[1];
      expect(Number(counted)).toBeGreaterThan(41);
    }, 5000);
  });

  test('is described by the schema', async () => {
    const schema = JSON.parse(await get('/api/schema/?format=json'));
    const { QuizContent: own, VideoContent: other } = schema.components.schemas;
    expect(Object.keys(own.properties)).toEqual(['id', 'type', 'title', 'counter', ...Object.keys(FIELDS)]);
    expect(own.required.toSorted()).toEqual(Object.keys(own.properties).toSorted());
    expect(own.properties.type.enum).toEqual(['quiz']);
    expect(own.properties.question).toMatchObject({ type: 'string', maxLength: 255 });
    expect(own.properties.source_url).toMatchObject({ type: 'string', format: 'uri' });
    expect(own.properties.counter).toEqual(other.properties.counter);
    // Wherever contents are joined: the new one is among them, last, and the discriminator leads to it.
    const unions = findUnions(schema);
    expect(unions.length).toBeGreaterThan(0);
    const reference = '#/components/schemas/QuizContent';
    for (const union of unions) {
      expect(union.oneOf.at(-1)).toEqual({ $ref: reference });
      expect(union.oneOf).toHaveLength(3);
      expect(union.discriminator).toMatchObject({ propertyName: 'type', mapping: { quiz: reference } });
    }
  });

  test('is loaded and dumped as a fixture, to the same bytes', async () => {
    const withoutCounter = (text: string) => text.replace(/"counter": \d+/, '"counter": 0');
    expect(withoutCounter(await extended(['dumpdata', 'pages.quizcontent']))).toBe(withoutCounter(QUIZ_DUMP));
    await extended(['migrate'], { url: fresh.url });
    await extended(['loaddata', '-'], { stdin: QUIZ_DUMP, url: fresh.url });
    await extended(['loaddata', '-'], { stdin: QUIZ_DUMP, url: fresh.url });
    expect(await extended(['dumpdata', 'pages.quizcontent'], { url: fresh.url })).toBe(QUIZ_DUMP);
  });

  test('has a section of its own in the admin, with a form made from its fields', async () => {
    const settings = { DATABASE_URL: empty.url, CONTENTHUB_SUPERUSER_PASSWORD: PASSWORD };
    const create = ['createsuperuser', '--username', 'admin', '--email', 'a@example.org', '--noinput'];
    succeed(await runProgram([...BUN, 'src/main.ts'], create, { cwd: copy, settings }));
    const admin = await logIn(hub, 'admin');
    const html = async (path: string) => (await admin.get(path)).text();
    expect(await html('/admin/')).toContain('href="/admin/contents/quiz/">Quizzes</a>');
    const form = await html('/admin/contents/quiz/add/');
    for (const text of ['Add quiz', 'What is asked.', 'One a line.', '>Source<']) expect(form).toContain(text);
    const values = { title: 'Made in the admin', ...FIELDS };
    const refused = await admin.post('/admin/contents/quiz/add/', { ...values, source_url: 'javascript:1' });
    expect([refused.status, (await refused.text()).match(/class="field-problem"/g)?.length]).toEqual([422, 1]);
    expect((await admin.post('/admin/contents/quiz/add/', values)).status).toBe(303);
    const made = readListed(await html('/admin/contents/quiz/')).find(({ title }) => title === values.title);
    const fields = readFields(await html(made?.href ?? ''), /id="content-form"/);
    expect(fields).toMatchObject(Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value]])));
    expect((await admin.post(`${made?.href}delete/`)).status).toBe(303);
  });

  test('is refused by its own fields’ rules', async () => {
    const stdin = QUIZ_DUMP.replace(/"source_url": "[^"]*"/, '"source_url": "javascript:alert(1)"');
    const settings = { DATABASE_URL: empty.url };
    const outcome = await runProgram([...BUN, 'src/main.ts'], ['loaddata', '-'], { cwd: copy, settings, stdin });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('source_url');
  });

  test('is found by search', async () => {
    const found = await extended(['shell'], { stdin: 'JSON.stringify(await search("ёлки & QUIZ"))\n' });
    expect(found).toContain(
      JSON.stringify({ results: [{ label: 'pages.quizcontent', id: 7, title: TITLE, pages: 1 }], more: false }),
    );
  });

  test('has its rows counted, also when they come and go', async () => {
    expect(await get('/')).toMatch(/<dt>quiz(zes)?<\/dt>\s*<dd>1<\/dd>/);
    const more = 'await database.tx((tx) => contents.createContent(tx, types.quiz, ';
    const values = JSON.stringify({ title: 'Another', ...FIELDS });
    await extended(['shell'], { stdin: `${more}${values}))\n` });
    const database = openDatabase(empty.address);
    try {
      const count = async () =>
        (await database.rows(sql`select n from row_count where table_name = 'pages_quizcontent'`))[0]?.n;
      expect(Number(await count())).toBe(2);
      await database.tx((tx) => tx.rows(sql`delete from pages_quizcontent where id <> 7`));
      expect(Number(await count())).toBe(1);
    } finally {
      await database.close();
    }
  });
});

interface Union {
  readonly oneOf: readonly unknown[];
  readonly discriminator: unknown;
}

/** Every `oneOf` with a discriminator in a document. */
function findUnions(value: unknown): Union[] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.values(value).flatMap(findUnions);
  if (!('oneOf' in value && Array.isArray(value.oneOf) && 'discriminator' in value)) return below;
  return [{ oneOf: value.oneOf, discriminator: value.discriminator }, ...below];
}
