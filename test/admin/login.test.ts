import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createUsers, logIn, openVisitor, PASSWORD } from '../help/admin.ts';
import { DIALECTS } from '../help/databases.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';

describe.each(DIALECTS)('logging in (%s)', (dialect) => {
  let hub: TestHub;

  beforeAll(async () => {
    hub = await startTestHub(dialect);
    await createUsers(hub.database);
  });
  afterAll(() => hub.stop());

  test('leads back to the page that was asked for', async () => {
    const visitor = await openVisitor(hub);
    const asked = await visitor.get('/admin/history/?page=2');
    expect(asked.status).toBe(302);
    expect(asked.headers.get('location')).toBe('/admin/login/?next=%2Fadmin%2Fhistory%2F%3Fpage%3D2');
    const next = '/admin/history/?page=2';
    const answer = await visitor.post('/admin/login/', { username: 'viewer', password: PASSWORD, next });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, next]);
  });

  test('gives a new cookie, and the old one is of no use', async () => {
    const visitor = await openVisitor(hub);
    const before = visitor.cookie();
    await visitor.post('/admin/login/', { username: 'editor', password: PASSWORD });
    expect(visitor.cookie()).not.toBe(before);
    const page = await hub.request('/admin/', { headers: { Cookie: before } });
    expect(page.status).toBe(302);
    expect((await visitor.get('/admin/')).status).toBe(200);
  });

  test('ends with logging out', async () => {
    const visitor = await logIn(hub, 'editor');
    const cookie = visitor.cookie();
    expect((await visitor.post('/admin/logout/')).status).toBe(303);
    expect((await hub.request('/admin/', { headers: { Cookie: cookie } })).status).toBe(302);
  });
});
