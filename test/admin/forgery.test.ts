/** Forms of other sites, of other browsers, and without a token: each route of the table refuses them all. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { createCsrfToken } from '../../src/web/csrf.ts';
import { createToken } from '../../src/web/tokens.ts';
import { createUsers, enter, logIn, openVisitor, PASSWORD, type Visitor } from '../help/admin.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';
import { startSampleHub } from '../help/sample_hub.ts';
import { addressesOf, readRoutes } from '../help/screens.ts';
import { takeSnapshot } from '../help/snapshot.ts';

const ROUTES = await readRoutes();
const POSTS = ROUTES.filter(({ method }) => method === 'POST').flatMap(({ path }) => addressesOf(path));
const GETS = ROUTES.filter(({ method }) => method === 'GET').flatMap(({ path }) => addressesOf(path));

describe('a form that is not ours', () => {
  let hub: TestHub;
  let admin: Visitor;
  let other: Visitor;
  let before: Awaited<ReturnType<typeof takeSnapshot>>;

  beforeAll(async () => {
    hub = await startSampleHub('sqlite');
    admin = await enter(hub, 'admin');
    other = await enter(hub, 'editor');
    before = await takeSnapshot(hub.database);
  });
  afterAll(() => hub.stop());

  const attacks: readonly (readonly [string, () => [token: string, headers: Record<string, string>]])[] = [
    ['without a token', () => ['', {}]],
    ['with another browser’s token', () => [other.token(), {}]],
    ['with a token under another key', () => [createCsrfToken(['k'.repeat(32)], cookieValue(admin)), {}]],
    ['with another token in the header', () => [admin.token(), { 'X-CSRF-Token': other.token() }]],
    ['from another site', () => [admin.token(), { 'Sec-Fetch-Site': 'cross-site' }]],
    ['from another host of the site', () => [admin.token(), { 'Sec-Fetch-Site': 'same-site' }]],
    ['from another origin', () => [admin.token(), { Origin: 'https://evil.example' }]],
    ['from an origin that is not told', () => [admin.token(), { Origin: 'null' }]],
    ['without the cookie', () => [admin.token(), { Cookie: '' }]],
    ['with two cookies', () => [admin.token(), { Cookie: `${admin.cookie()}; contenthub_session=${createToken()}` }]],
  ];

  describe.each(attacks)('%s', (_name, attack) => {
    test.each(POSTS)('is refused at %s', async (path) => {
      const [csrf_token, headers] = attack();
      const answer = await admin.post(path, { csrf_token }, headers);
      expect(answer.status).toBe(403);
      // A new cookie would take the place of the session's, which browsers leave out of other sites' forms.
      expect(answer.headers.getSetCookie()).toEqual([]);
    });
  });

  test('changed nothing', async () => {
    expect(await takeSnapshot(hub.database)).toEqual(before);
    expect((await admin.get('/admin/')).status).toBe(200);
  });

  test('and the same token in the header is ours', async () => {
    const headers = { 'X-CSRF-Token': admin.token(), 'Sec-Fetch-Site': 'same-origin', Origin: hub.url };
    const answer = await admin.post('/admin/language/', { csrf_token: 'wrong', language: '' }, headers);
    expect(answer.status).toBe(303);
  });
});

function cookieValue(visitor: Visitor): string {
  return visitor.cookie().split('=')[1] ?? '';
}

describe('a GET', () => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await startSampleHub('sqlite');
  });
  afterAll(() => hub.stop());

  test('changes nothing, whatever it asks for', async () => {
    const admin = await enter(hub, 'admin');
    const before = await takeSnapshot(hub.database);
    const asked = [...GETS, ...POSTS].flatMap((path) => [path, `${path}?_method=POST&csrf_token=${admin.token()}`]);
    for (const path of asked) await admin.get(path, { 'X-HTTP-Method-Override': 'POST' });
    expect(asked.length).toBeGreaterThan(50);
    expect(await takeSnapshot(hub.database)).toEqual(before);
  });
});

describe('a token', () => {
  test('looks different on each page, and each of them is taken', async () => {
    const hub = await startTestHub('sqlite');
    await createUsers(hub.database);
    const visitor = await openVisitor(hub);
    const tokens = [visitor.token()];
    for (const _ of [1, 2]) {
      await visitor.get('/admin/login/');
      tokens.push(visitor.token());
    }
    expect(new Set(tokens).size).toBe(3);
    const fields = { username: 'editor', password: PASSWORD, csrf_token: tokens[0] ?? '' };
    expect((await visitor.post('/admin/login/', fields)).status).toBe(303);
    await hub.stop();
  });

  test('under a former key is taken until the key is gone', async () => {
    const keys = { old: 'o'.repeat(40), next: 'n'.repeat(40) };
    const first = await startTestHub('sqlite', { settings: { SECRET_KEY: keys.old } });
    await createUsers(first.database);
    const visitor = await logIn(first, 'editor');
    const fields = { csrf_token: visitor.token(), language: '' };
    const database = { DATABASE_URL: `sqlite:${await pathOf(first)}` };
    for (const [settings, status] of [
      [{ SECRET_KEY: keys.next, SECRET_KEY_FALLBACKS: keys.old }, 303],
      [{ SECRET_KEY: keys.next }, 403],
    ] as const) {
      const rotated = await startTestHub('sqlite', { settings: { ...settings, ...database } });
      const body = new URLSearchParams(fields);
      const headers = { Cookie: visitor.cookie() };
      expect((await rotated.request('/admin/language/', { method: 'POST', body, headers })).status).toBe(status);
      // A session is no form: it goes on under whatever key.
      expect((await rotated.request('/admin/', { headers })).status).toBe(200);
      await rotated.stop();
    }
    await first.stop();
  });
});

/** The file of a hub's SQLite database. */
async function pathOf({ database }: TestHub): Promise<string> {
  const [row] = await database.rows(sql`select file from pragma_database_list where name = 'main'`);
  return String(row?.file);
}
