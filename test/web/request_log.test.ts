/** The lines of requests: which there are, what they tell, and what they keep to themselves. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { DUMP } from '../api/each_target.ts';
import { createUsers, enter, logIn, PASSWORD, type Visitor } from '../help/admin.ts';
import { eventually } from '../help/eventually.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';
import { createPages } from '../impressions/load.ts';

/** The lines that a hub has written of requests, as far as they are steady. */
function linesOf(hub: TestHub): Record<string, unknown>[] {
  const lines = hub.log().split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line)).filter((line) => 'route' in line);
}

const lastOf = (hub: TestHub) => linesOf(hub).at(-1);

describe('the lines of requests', () => {
  let hub: TestHub;
  let editor: Visitor;
  beforeAll(async () => {
    hub = await startTestHub('sqlite');
    await createPages(hub.database);
    await createUsers(hub.database);
    editor = await enter(hub, 'editor');
  });
  afterAll(() => hub.stop());

  test('of the admin tell id, route, status, duration and user', async () => {
    const answer = await editor.get('/admin/pages/1/?secret=7', { 'X-Request-ID': 'trace-1' });
    expect([answer.status, answer.headers.get('x-request-id')]).toEqual([200, 'trace-1']);
    expect(lastOf(hub)).toEqual({
      time: expect.any(String),
      level: 'info',
      message: 'request',
      requestId: 'trace-1',
      method: 'GET',
      route: '/admin/pages/:id/',
      status: 200,
      ms: expect.any(Number),
      user: 'editor',
    });
    expect(lastOf(hub)?.ms).toBeGreaterThan(0);
  });

  test('name nobody where nobody has logged in, and who it was right after a login', async () => {
    await fetch(`${hub.url}/admin/`, { redirect: 'manual' });
    expect(lastOf(hub)).toMatchObject({ route: '/admin/', status: 302 });
    expect(lastOf(hub)).not.toHaveProperty('user');
    await logIn(hub, 'viewer');
    const [, login] = linesOf(hub).slice(-3);
    expect(login).toMatchObject({ route: '/admin/login/', method: 'POST', status: 303, user: 'viewer' });
    expect(hub.log()).not.toContain(PASSWORD);
  });

  test('have an id of their own each, the one of the answer', async () => {
    const ids: unknown[] = [];
    for (let round = 0; round < 3; round++) {
      const answer = await editor.get('/admin/pages/');
      ids.push(lastOf(hub)?.requestId);
      expect(answer.headers.get('x-request-id')).toBe(String(ids.at(-1)));
    }
    expect(new Set(ids).size).toBe(3);
  });

  test('are not written of pages, static files, probes, and what a screen asks again and again', async () => {
    const admin = await enter(hub, 'admin');
    const before = linesOf(hub).length;
    for (const path of ['/api/v1/pages/1/', '/api/v1/pages/', '/', '/livez', '/readyz', '/metrics', '/nothing'])
      await hub.request(path);
    expect((await admin.get('/admin/system/live/')).status).toBe(200);
    expect(linesOf(hub).length).toBe(before);
  });

  test('of what failed tell the same beside the reason, once', async () => {
    await hub.database.tx((tx) => tx.rows(sql`alter table history_entry rename to hidden`));
    const admin = await enter(hub, 'admin');
    const before = linesOf(hub).length;
    const answer = await admin.get('/admin/history/');
    await hub.database.tx((tx) => tx.rows(sql`alter table hidden rename to history_entry`));
    expect(answer.status).toBe(500);
    const [line, ...more] = linesOf(hub).slice(before);
    expect(more).toEqual([]);
    expect(line).toMatchObject({
      level: 'error',
      message: expect.stringMatching(/^GET \/admin\/history\/ failed: .*history_entry/),
      route: '/admin/history/',
      status: 500,
      user: 'admin',
      stack: expect.stringContaining('\n'),
    });
    const id = String(line?.requestId);
    expect([answer.headers.get('x-request-id'), (await answer.text()).includes(id)]).toEqual([id, true]);
  });

  test('never hold the secret of a link', async () => {
    const secret = 'x'.repeat(43);
    await fetch(`${hub.url}/admin/reset/${secret}/`);
    expect(lastOf(hub)).toMatchObject({ route: '/admin/reset/:token/' });
    expect(hub.log()).not.toContain(secret);
  });
});

test('at the level debug every request has its line', async () => {
  const hub = await startTestHub('sqlite', { fixtures: [DUMP], settings: { LOG_LEVEL: 'debug' } });
  const routes = {
    '/api/v1/pages/1/': '/api/v1/pages/:id/',
    '/api/v1/pages/?page=1': '/api/v1/pages/',
    '/livez': '/livez',
    '/wp-login.php': 'other',
  };
  for (const [path, route] of Object.entries(routes)) {
    await hub.request(path, { headers: { Cookie: 'contenthub_session=abc', Authorization: 'Bearer abcdef' } });
    await eventually(() =>
      expect(lastOf(hub)).toMatchObject({ level: 'debug', message: 'request', method: 'GET', route }),
    );
  }
  expect(hub.log()).not.toMatch(/abcdef|contenthub_session|wp-login/);
  await hub.stop();
});
