/**
 * Upgrading a hub of several processes: the newer version migrates while processes of this one serve, and some of them
 * start again before they are replaced. The newer version is this program with a migration more.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { migrations } from '../../drizzle/embedded.ts';
import { video } from '../../src/contents/video.ts';
import { migrate, readSchemaState } from '../../src/db/migrate.ts';
import { createContent, updateContent } from '../../src/store/contents.ts';
import { createPage } from '../../src/store/pages.ts';
import { TESTER } from '../help/actor.ts';
import { createTestDatabase, DIALECTS, type TestDatabase } from '../help/databases.ts';
import { eventually } from '../help/eventually.ts';
import { type RunningProgram, runProgram, SOURCE, startProgram } from '../help/program.ts';
import { startRedis, type TestRedis } from '../help/redis.ts';

const PATIENCE_MS = 20_000;
const TEST_TIMEOUT_MS = 60_000;
const URL = 'https://example.org/film.mp4';
const TAG = '9999_later';
/** A table that is new and a column with a default: what the program before can go on with. */
const ADDED = [
  'CREATE TABLE later (id integer)',
  "ALTER TABLE pages_page ADD COLUMN subtitle text DEFAULT '' NOT NULL",
  'ALTER TABLE pages_videocontent ADD COLUMN seconds integer',
].join('\n--> statement-breakpoint\n');

/** The migrations of the next version. @param text of the one it adds */
function nextVersion(text: string): typeof migrations {
  const later = { tag: TAG, sql: text };
  return { postgres: [...migrations.postgres, later], sqlite: [...migrations.sqlite, later] };
}

/** The migrations of a version before this one. */
function versionBefore(tags: number): typeof migrations {
  return { postgres: migrations.postgres.slice(0, tags), sqlite: migrations.sqlite.slice(0, tags) };
}

describe.each(DIALECTS)('a hub of this version on %s, when the next has migrated', (dialect) => {
  let target: TestDatabase;
  let redis: TestRedis;
  let settings: Record<string, string>;
  beforeAll(async () => {
    target = await createTestDatabase(dialect);
    redis = await startRedis({ config: { appendfsync: 'always' } });
    settings = { DATABASE_URL: target.url, REDIS_URL: redis.url, PAGE_CACHE_MS: '0' };
  }, TEST_TIMEOUT_MS);
  afterAll(async () => {
    await target.drop();
    await redis.stop();
  });

  const start = (...args: string[]) => startProgram(SOURCE, args, { settings });
  const views = async () => (await target.database.rows(sql`select counter from pages_videocontent`)).map(countOf);

  async function open({ url }: RunningProgram): Promise<{ status: number; ready: string }> {
    const [page] = await Promise.all([fetch(`${url}/api/v1/pages/1/`), fetch(`${url}/api/v1/pages/`)]);
    return { status: page.status, ready: await (await fetch(`${url}/readyz`)).text() };
  }

  test(
    'by adding: goes on, starts again, edits and counts beside it',
    async () => {
      const { database, address } = target;
      const content = await database.tx((tx) => createContent(tx, TESTER, video, { title: 'Film', file_url: URL }));
      const edit = (version: number, title: string) =>
        database.tx((tx) => updateContent(tx, TESTER, video, content, version, { title, file_url: URL }));
      await database.tx((tx) =>
        createPage(tx, TESTER, { title: 'Page', url: URL }, [{ label: video.label, id: content }]),
      );
      await edit(1, 'Before');
      const hubs = [await start('--web'), await start('--worker', '--beat')];
      const [web] = hubs;
      if (web === undefined) throw new Error('no web was started');
      expect(await open(web)).toMatchObject({ status: 200 });

      expect(await migrate(address, () => {}, nextVersion(`-- compatible\n${ADDED}`))).toEqual([TAG]);
      expect(await open(web)).toEqual({ status: 200, ready: expect.stringContaining('ok   migrations: current\n') });
      await edit(2, 'After');
      expect(await web.end('SIGTERM')).toBe(0);

      const again = await start('--web');
      hubs.push(again);
      expect(await open(again)).toEqual({ status: 200, ready: expect.stringContaining('ok   migrations: current\n') });
      expect(again.log()).toContain(`"message":"a newer version migrated the database; this one goes on beside it"`);
      await eventually(async () => expect(await views()).toEqual([3]), PATIENCE_MS);
      for (const command of [['migrate'], ['migrate', '--check'], ['check'], ['dumpdata']]) {
        expect([command, (await runProgram(SOURCE, command, { settings })).code]).toEqual([command, 0]);
      }
      for (const hub of hubs.slice(1)) expect(await hub.end('SIGTERM')).toBe(0);
      // What the next version finds is its own schema.
      expect(await readSchemaState(database, nextVersion(ADDED))).toMatchObject({ state: 'current', unknown: [] });
    },
    TEST_TIMEOUT_MS,
  );
});

describe.each(DIALECTS)('on %s', (dialect) => {
  test('a hub of this version is refused when the next has changed what was there, and says what to run', async () => {
    const target = await createTestDatabase(dialect);
    await migrate(target.address, () => {}, nextVersion('DROP INDEX pages_page_updated'));
    const { code, stderr } = await runProgram(SOURCE, [], { settings: { DATABASE_URL: target.url, PORT: '0' } });
    await target.drop();
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/the database was migrated by a newer version \(it has 9999_later\): run that version/),
    ]);
  });

  test('the versions before this one are refused by what has changed since', async () => {
    const target = await createTestDatabase(dialect);
    for (let tags = 1; tags < migrations[dialect].length; tags++) {
      const since = migrations[dialect].slice(tags);
      const isCompatible = since.every(({ sql: text }) => text.startsWith('-- compatible\n'));
      expect(await readSchemaState(target.database, versionBefore(tags))).toEqual({
        state: isCompatible ? 'current' : 'ahead',
        pending: [],
        unknown: since.map(({ tag }) => tag),
      });
    }
    await target.drop();
  });

  test('a newer version one cannot go on with is not made good by a later one that only adds', async () => {
    const target = await createTestDatabase(dialect);
    const changed = nextVersion('DROP INDEX pages_page_updated');
    const last = { tag: '99999_last', sql: '-- compatible\nCREATE TABLE last_one (id integer)' };
    await migrate(target.address, () => {}, { ...changed, [dialect]: [...changed[dialect], last] });
    expect(await readSchemaState(target.database)).toMatchObject({ state: 'ahead', unknown: [TAG, last.tag].sort() });
    expect(await readSchemaState(target.database, changed)).toMatchObject({ state: 'current', unknown: [last.tag] });
    await target.drop();
  });
});

/** What drizzle-kit writes when something is taken away, renamed, narrowed, or must be filled by whoever inserts. */
const TAKES_AWAY = /\bDROP\b|\bRENAME\b|\bALTER COLUMN\b|\bADD COLUMN\b(?!.*\bDEFAULT\b).*\bNOT NULL\b/i;

test('what says that it is compatible only adds, on both databases alike', () => {
  expect(ADDED).not.toMatch(TAKES_AWAY);
  for (const broken of ['DROP INDEX a', 'ALTER TABLE a ADD COLUMN b text NOT NULL', 'ALTER TABLE a RENAME TO b'])
    expect(broken).toMatch(TAKES_AWAY);
  const compatible = DIALECTS.map((dialect) =>
    migrations[dialect].filter(({ sql: text }) => text.startsWith('-- compatible\n')),
  );
  for (const { tag, sql: text } of compatible.flat()) expect([tag, TAKES_AWAY.test(text)]).toEqual([tag, false]);
  const [first, second] = compatible.map((list) => list.map(({ tag }) => tag));
  expect(first).toEqual(second);
});

function countOf(row: Readonly<Record<string, unknown>>): number {
  return Number(row.counter);
}
