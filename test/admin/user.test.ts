/** What admins may do to users, what they cannot, and what is left of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { findResetLink } from '../../src/store/reset_links.ts';
import type { Role } from '../../src/store/roles.ts';
import { updateUser, versionOf } from '../../src/store/users.ts';
import { hashToken } from '../../src/web/tokens.ts';
import { TESTER } from '../help/actor.ts';
import { createUsers, enter, type Fields, type Visitor } from '../help/admin.ts';
import { DIALECTS } from '../help/databases.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';
import { addUser, readUser } from '../help/users.ts';

describe.each(DIALECTS)('a user (%s)', (dialect) => {
  let hub: TestHub;
  let admin: Visitor;
  let second: Visitor;

  beforeAll(async () => {
    hub = await startTestHub(dialect);
    await createUsers(hub.database);
    await addUser(hub.database, 'second', 'viewer');
    [admin, second] = [await enter(hub, 'admin'), await enter(hub, 'second')];
  });
  beforeEach(async () => {
    await setRole('viewer', 'viewer');
    await setRole('second', 'viewer');
  });
  afterAll(() => hub.stop());

  async function setRole(username: string, role: Role): Promise<void> {
    const { id } = await readUser(hub.database, username);
    await hub.database.tx((tx) => updateUser(tx, TESTER, id, { email: '', role, isActive: true }));
  }

  const rowOf = async (username: string) =>
    (await hub.database.rows(sql`select * from ${hub.database.tables.user} where username = ${username}`))[0] ?? {};

  /** Sends the form of a user as it stands, but for these fields. */
  async function save(visitor: Visitor, username: string, fields: Fields): Promise<Response> {
    const user = await readUser(hub.database, username);
    const { email, role } = user;
    const form = { email, role, active: user.isActive ? '1' : '', version: versionOf(user), ...fields };
    return visitor.post(`/admin/users/${user.id}/`, form);
  }

  /** Has an admin make a link. @returns its token */
  async function makeLink(visitor: Visitor, username: string): Promise<string> {
    const { id } = await readUser(hub.database, username);
    const page = await (await visitor.post(`/admin/users/${id}/reset/`)).text();
    return /\/admin\/reset\/([\w-]{43})\//.exec(page)?.[1] ?? '';
  }

  test('gets by a form nothing but what its fields say', async () => {
    const { email: _, ...before } = await rowOf('viewer');
    const more = { id: '99', username: 'root', password: 'x', is_superuser: '1', is_staff: '0', groups: '[]' };
    const answer = await save(admin, 'viewer', {
      ...more,
      email: 'v@example.org',
      ['__proto__']: 'x',
      constructor: 'x',
    });
    expect(answer.status).toBe(303);
    const { email, ...after } = await rowOf('viewer');
    expect(after).toEqual(before);
    expect(email).toBe('v@example.org');
  });

  test.each([{ role: 'viewer' }, { active: '' }, { role: 'viewer', active: '' }])(
    'who is the last admin stays one (%p)',
    async (fields) => {
      const before = await rowOf('admin');
      expect((await save(admin, 'admin', fields)).status).toBe(409);
      expect(await rowOf('admin')).toEqual(before);
      expect((await admin.get('/admin/users/')).status).toBe(200);
    },
  );

  test.each(['superuser', 'none', '', 'ADMIN', '__proto__'])('has no role called %p', async (role) => {
    const before = await rowOf('viewer');
    expect((await save(admin, 'viewer', { role })).status).toBe(422);
    expect(await rowOf('viewer')).toEqual(before);
  });

  test('who was an admin is none from the next request on, and links that were made end', async () => {
    await setRole('second', 'admin');
    const token = await makeLink(second, 'editor');
    expect((await hub.request(`/admin/reset/${token}/`)).status).toBe(200);
    expect((await save(admin, 'second', { email: 'still@example.org' })).status).toBe(303);
    expect((await hub.request(`/admin/reset/${token}/`)).status).toBe(200);
    expect((await save(admin, 'second', { role: 'editor' })).status).toBe(303);
    expect((await second.get('/admin/users/')).status).toBe(403);
    expect((await hub.request(`/admin/reset/${token}/`)).status).toBe(404);
    expect(await makeLink(second, 'editor')).toBe('');
  });

  test('makes no link with a request that was let in while its sender was an admin', async () => {
    await setRole('second', 'admin');
    const links = Array.from({ length: 20 }, () => makeLink(second, 'editor'));
    await setRole('second', 'viewer');
    const tokens = await Promise.all(links);
    for (const token of tokens) expect(await findResetLink(hub.database, hashToken(token))).toBeUndefined();
  });

  test('is changed by nobody who saw an older version', async () => {
    const old = versionOf(await readUser(hub.database, 'viewer'));
    await save(admin, 'viewer', { role: 'editor' });
    for (const version of [old, '', '0', '-1', '__proto__']) {
      expect((await save(admin, 'viewer', { role: 'admin', version })).status).toBe(409);
    }
    expect((await readUser(hub.database, 'viewer')).role).toBe('editor');
  });

  test('with a name of a megabyte is refused, and holds up nobody', async () => {
    const began = performance.now();
    const fields = { username: 'a'.repeat(900_000), role: 'viewer', password: 'b'.repeat(128) };
    expect((await admin.post('/admin/users/add/', fields)).status).toBe(422);
    expect(performance.now() - began).toBeLessThan(2000);
  });

  test('has no password, hash, token or link in history or log', async () => {
    const made = await (await admin.post('/admin/users/add/', { username: 'fresh', role: 'viewer' })).text();
    const generated = / id="secret"[^>]* value="(\w{24})"/.exec(made)?.[1] ?? '';
    const chosen = 'Zyx-plough-47-lantern';
    await admin.post('/admin/users/add/', { username: 'chosen', role: 'viewer', password: chosen });
    const token = await makeLink(admin, 'viewer');
    await hub.request(`/admin/reset/${token}`);
    await hub.request(`/admin/reset/${token}/`);
    await admin.post(`/admin/reset/${token}/`, { password: chosen, password_again: chosen });
    const secrets = [generated, chosen, token, hashToken(token), String((await rowOf('fresh')).password), '$argon2'];
    expect(secrets.map((secret) => secret.length > 6)).toEqual(secrets.map(() => true));
    const history = await hub.database.rows(sql`select * from ${hub.database.tables.history}`);
    const told = history.map((row) => Object.values(row).map(String).join(' ')).join('\n');
    expect(told).toContain('fresh');
    for (const secret of secrets) expect(`${told}\n${hub.log()}`).not.toContain(secret);
  });
});
