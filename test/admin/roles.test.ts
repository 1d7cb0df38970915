/** Who may use which route: each row of the table, for each role, and at once when a role changes. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { ROLES } from '../../src/store/roles.ts';
import { findUser, updateUser } from '../../src/store/users.ts';
import { mayUse } from '../../src/web/admin/screen.ts';
import { TESTER } from '../help/actor.ts';
import { createUsers, enter, openVisitor } from '../help/admin.ts';
import { DIALECTS } from '../help/databases.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';
import { startSampleHub } from '../help/sample_hub.ts';
import { addressesOf, readRoutes } from '../help/screens.ts';

const ROUTES = (await readRoutes()).flatMap(({ method, path: pattern, access, afterLogin }) =>
  addressesOf(pattern).map((path) => ({ method, path, access, afterLogin })),
);

/** What the security of the admin rests on, by hand: a change of the table has to be a change here. */
const ADMINS_ONLY = /^\/admin\/(users|system)\//;
const FOR_ANYONE = /^\/admin\/(login|reset\/[^/]+)\/$/;
const FOR_VIEWERS_TO_SEND = /^\/admin\/(logout|language|password|password\/sessions)\/$/;

describe('the table of routes', () => {
  test.each(ROUTES.map((route) => [route.method, route.path, route.access] as const))(
    '%s %s',
    (method, path, access) => {
      if (FOR_ANYONE.test(path)) expect(access).toBe('anyone');
      else if (ADMINS_ONLY.test(path)) expect(access).toBe('admin');
      else if (method === 'POST' && !FOR_VIEWERS_TO_SEND.test(path)) expect(['editor', 'admin']).toContain(access);
      else expect(['viewer', 'editor']).toContain(access);
    },
  );
});

test('what admins alone may do is never kept for after a login', () => {
  const kept = ROUTES.filter(({ method, afterLogin }) => method === 'POST' && afterLogin === undefined);
  expect(kept.length).toBeGreaterThan(5);
  expect(kept.filter(({ path, access }) => access === 'admin' || ADMINS_ONLY.test(path))).toEqual([]);
});

describe('a route', () => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await startSampleHub('sqlite');
  });
  afterAll(() => hub.stop());

  describe.each(ROLES)('for the role %s', (role) => {
    test.each(ROUTES)('$method $path', async ({ method, path, access }) => {
      const visitor = await enter(hub, role);
      const answer = method === 'GET' ? await visitor.get(path) : await visitor.post(path);
      if (!mayUse(role, access)) expect(answer.status).toBe(403);
      else expect([200, 302, 303, 404, 409, 422]).toContain(answer.status);
    });
  });

  const guarded = ROUTES.filter(({ access }) => access !== 'anyone');

  test.each(guarded)('$method $path leads strangers to the login', async ({ method, path, afterLogin }) => {
    const visitor = await openVisitor(hub);
    const answer = method === 'GET' ? await visitor.get(path) : await visitor.post(path);
    expect(answer.status).toBe(method === 'GET' || afterLogin !== undefined ? 302 : 401);
    if (answer.status === 302) expect(answer.headers.get('location')).toStartWith('/admin/login/?next=%2Fadmin%2F');
  });

  test.each(guarded)('$method $path tells htmx where to log in', async ({ method, path }) => {
    const visitor = await openVisitor(hub);
    const headers = { 'HX-Request': 'true', 'HX-Current-URL': `${hub.url}/admin/pages/?page=2` };
    const answer = method === 'GET' ? await visitor.get(path, headers) : await visitor.post(path, {}, headers);
    expect([answer.status, await answer.text()]).toEqual([401, '']);
    expect(answer.headers.get('hx-redirect')).toBe('/admin/login/?next=%2Fadmin%2Fpages%2F%3Fpage%3D2');
  });
});

describe.each(DIALECTS)('a change of a user (%s)', (dialect) => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await startTestHub(dialect);
    await createUsers(hub.database);
  });
  afterAll(() => hub.stop());

  test('takes effect with the next request', async () => {
    const visitor = await enter(hub, 'editor');
    const id = (await findUser(hub.database, 'editor'))?.id ?? 0;
    const set = (role: 'viewer' | 'editor' | 'admin' | 'none', isActive = true) =>
      hub.database.tx((tx) => updateUser(tx, TESTER, id, { email: '', role, isActive }));
    const statuses = async () => [(await visitor.get('/admin/')).status, (await visitor.get('/admin/users/')).status];
    expect(await statuses()).toEqual([200, 403]);
    await set('admin');
    expect(await statuses()).toEqual([200, 200]);
    await set('viewer');
    expect(await statuses()).toEqual([200, 403]);
    await set('editor', false);
    expect(await statuses()).toEqual([302, 302]);
    // Whoever is let in again has to log in again.
    await set('editor');
    expect(await statuses()).toEqual([302, 302]);
    const again = await enter(hub, 'editor');
    await set('none');
    expect((await again.get('/admin/')).status).toBe(302);
    await set('editor');
  });
});
