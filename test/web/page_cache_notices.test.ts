/** Two processes of one hub: what is edited through one is shown by the other, long before its answers would be old. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { loadFixtures } from '../../src/commands/fixtures/load.ts';
import { createUsers, enter, type Visitor } from '../help/admin.ts';
import { createTestDatabase, type TestDatabase } from '../help/databases.ts';
import { eventually } from '../help/eventually.ts';
import { type RunningProgram, SOURCE, startProgram } from '../help/program.ts';
import { startRedis, type TestRedis } from '../help/redis.ts';

const SAMPLE_CONTENT = join(import.meta.dirname, '..', '..', 'fixtures', 'sample_content.json');
/** Longer than any test: an edit that shows has been noticed. */
const SETTINGS = { PAGE_CACHE_MS: '60000' };
const NOTICED_WITHIN_MS = 10_000;

let target: TestDatabase;
let redis: TestRedis;
let webs: RunningProgram[];
let editor: Visitor;
beforeAll(async () => {
  [target, redis] = await Promise.all([createTestDatabase('postgres'), startRedis()]);
  await loadFixtures(target.database, [SAMPLE_CONTENT], { ignoreNonexistent: false, withCounters: false });
  await createUsers(target.database);
  const settings = { ...SETTINGS, DATABASE_URL: target.url, REDIS_URL: redis.url };
  webs = await Promise.all([1, 2].map(() => startProgram(SOURCE, ['--web'], { settings })));
  editor = await enter({ url: webs[0]?.url ?? '', database: target.database }, 'editor');
});
afterAll(async () => {
  for (const web of webs) await web.end('SIGTERM');
  await redis.stop();
  await target.drop();
});

/** What the web that was not edited through answers. */
async function other(path: string): Promise<string> {
  return (await fetch(`${webs[1]?.url}${path}`)).text();
}

async function makePage(title: string): Promise<void> {
  const answer = await editor.post('/admin/pages/add/', { title, url: 'https://example.org/' });
  expect(answer.status).toBe(303);
}

describe('another process', () => {
  test('shows an edited page and a new list at once', async () => {
    const before = await other('/api/v1/pages/1/');
    const list = await other('/api/v1/pages/?page=last');
    expect(before).toContain('"id":1');
    const form = await (await editor.get('/admin/pages/1/')).text();
    const contents = [...form.matchAll(/name="contents" value="([^"]+)"/g)].map(([, value = '']) => value);
    const version = /name="version" value="(\d+)"/.exec(form)?.[1] ?? '';
    const fields = { title: 'Edited elsewhere', url: 'https://example.org/', version, contents };
    expect((await editor.post('/admin/pages/1/', fields)).status).toBe(303);
    await eventually(async () => {
      expect(await other('/api/v1/pages/1/')).toContain('"title":"Edited elsewhere"');
    }, NOTICED_WITHIN_MS);
    await makePage('Made elsewhere');
    expect(list).not.toContain('Made elsewhere');
    await eventually(async () => {
      expect(await other('/api/v1/pages/?page=last')).toContain('Made elsewhere');
    }, NOTICED_WITHIN_MS);
  });

  test('shows what was edited while Redis was away, once it is back', async () => {
    const list = await other('/api/v1/pages/?page=last');
    await redis.kill('SIGKILL');
    await makePage('Made without notice');
    expect(list).not.toContain('Made without notice');
    expect(await other('/api/v1/pages/?page=last')).toBe(list);
    await redis.start();
    await eventually(async () => {
      expect(await other('/api/v1/pages/?page=last')).toContain('Made without notice');
    }, NOTICED_WITHIN_MS);
  });
});
