/** Forms that came after their session had ended: who sent one gets it done after the login, and nobody else does. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { listHistory } from '../../src/store/history.ts';
import { PAGE_LABEL } from '../../src/store/pages.ts';
import { removeSessionsOf } from '../../src/store/sessions.ts';
import { updateUser, versionOf } from '../../src/store/users.ts';
import { TESTER } from '../help/actor.ts';
import { enter, type Fields, openVisitor, PASSWORD, type Visitor } from '../help/admin.ts';
import { readFields } from '../help/html.ts';
import type { TestHub } from '../help/hub.ts';
import { startSampleHub } from '../help/sample_hub.ts';
import { addressesOf, readRoutes } from '../help/screens.ts';
import { takeSnapshot } from '../help/snapshot.ts';
import { forgetAttempts, readUser } from '../help/users.ts';

const KEPT = (await readRoutes())
  .filter(({ method, access, afterLogin }) => method === 'POST' && access !== 'anyone' && afterLogin === undefined)
  .flatMap(({ path }) => addressesOf(path));
const PAGE = { title: 'Written in time', url: 'https://example.org/' };

describe('a form whose session has ended', () => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await startSampleHub('sqlite');
  });
  beforeEach(() => forgetAttempts(hub.database));
  afterAll(() => hub.stop());

  /** Somebody whose session ended while a page of theirs was open. */
  async function leaveOpen(username: string): Promise<Visitor> {
    const visitor = await enter(hub, username);
    const { id } = await readUser(hub.database, username);
    await hub.database.tx((tx) => removeSessionsOf(tx, id));
    return visitor;
  }

  /** Sends a form. @returns what the login page that comes back keeps of it */
  async function send(visitor: Visitor, path: string, fields: Fields): Promise<string> {
    const answer = await visitor.post(path, fields);
    expect(answer.status).toBe(401);
    return readFields(await answer.text(), /action="\/admin\/login\/"/).kept?.[0] ?? '';
  }

  const logInWith = (visitor: Visitor, username: string, kept: string) =>
    visitor.post('/admin/login/', { username, password: PASSWORD, next: '/admin/', kept });

  const pagesCalled = async (title: string) =>
    (await listHistory(hub.database, { label: PAGE_LABEL, action: 'create', limit: 100 })).filter(
      (entry) => entry.title === title,
    );

  test('is carried out when its user has logged in again', async () => {
    const visitor = await leaveOpen('editor');
    const kept = await send(visitor, '/admin/pages/add/', PAGE);
    const answer = await logInWith(visitor, 'editor', kept);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/admin/pages/']);
    expect((await pagesCalled(PAGE.title)).map(({ actor }) => actor.name)).toEqual(['editor']);
  });

  test('is not carried out when somebody else logs in, who is told so', async () => {
    const visitor = await leaveOpen('editor');
    const kept = await send(visitor, '/admin/pages/add/', { ...PAGE, title: 'Of the editor' });
    const answer = await logInWith(visitor, 'admin', kept);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/admin/']);
    expect(await (await visitor.get('/admin/')).text()).toContain('somebody else’s');
    expect(await pagesCalled('Of the editor')).toEqual([]);
  });

  test('is judged by what its user may do by then', async () => {
    const { id } = await readUser(hub.database, 'editor');
    const setRole = (role: 'viewer' | 'editor') =>
      hub.database.tx((tx) => updateUser(tx, TESTER, id, { email: '', role, isActive: true }));
    const visitor = await leaveOpen('editor');
    const kept = await send(visitor, '/admin/pages/add/', { ...PAGE, title: 'Too late' });
    await setRole('viewer');
    expect((await logInWith(visitor, 'editor', kept)).status).toBe(403);
    expect(await pagesCalled('Too late')).toEqual([]);
    await setRole('editor');
  });

  /** All but what every login leaves behind. */
  async function readAll(): Promise<unknown> {
    const { session, throttle, history, user, ...others } = await takeSnapshot(hub.database);
    const users = await hub.database.rows(sql`
      select username, password, is_superuser, is_staff, is_active, groups from ${hub.database.tables.user}`);
    const links = await listHistory(hub.database, { action: 'reset_link', limit: 100 });
    return { ...others, users, links };
  }

  const strangers: readonly (readonly [string, () => Promise<Visitor>])[] = [
    ['by somebody who never logged in', () => openVisitor(hub)],
    ['by a viewer', () => leaveOpen('viewer')],
  ];

  describe.each(strangers)('prepared %s and left for an admin', (_name, open) => {
    test.each(KEPT)('does nothing at %s', async (path) => {
      const before = await readAll();
      const visitor = await open();
      const kept = await send(visitor, path, { confirmed: '1', ids: '1', version: '2', ...PAGE });
      const answer = await logInWith(visitor, 'admin', kept);
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/admin/']);
      expect(await readAll()).toEqual(before);
    });
  });

  test('is done for nobody when it was written by hand', async () => {
    const before = await readAll();
    const { id, ...viewer } = await readUser(hub.database, 'viewer');
    const promotion = { email: '', role: 'admin', active: '1', version: versionOf({ id, ...viewer }) };
    const forged = [
      { path: '/admin/pages/add/', fields: PAGE, visitor: await openVisitor(hub), token: '' },
      {
        path: '/admin/pages/add/',
        fields: PAGE,
        visitor: await openVisitor(hub),
        token: (await enter(hub, 'admin')).token(),
      },
      { path: `/admin/users/${id}/`, fields: promotion, visitor: await leaveOpen('admin') },
    ];
    for (const { path, fields, visitor, token = visitor.token() } of forged) {
      const kept = JSON.stringify({ path, entries: [...Object.entries(fields), ['csrf_token', token]] });
      const answer = await logInWith(visitor, 'admin', kept);
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/admin/']);
    }
    expect(await readAll()).toEqual(before);
  });

  test.each(['{', '[]', 'null', '{"path":1,"entries":[]}', '['.repeat(100_000), '{"path":"/admin/pages/add/"}'])(
    'that is none (%.20s) is no reason not to log in',
    async (kept) => {
      const answer = await logInWith(await openVisitor(hub), 'admin', kept);
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/admin/']);
    },
  );
});
