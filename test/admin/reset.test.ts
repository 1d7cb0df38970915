/** Links with which a user sets a new password: once, in time, and known to nobody else. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { createResetLink } from '../../src/store/reset_links.ts';
import { setPassword, updateUser } from '../../src/store/users.ts';
import { createToken, hashToken } from '../../src/web/tokens.ts';
import { TESTER } from '../help/actor.ts';
import { createUsers, enter, openVisitor, PASSWORD, type Visitor } from '../help/admin.ts';
import { DIALECTS } from '../help/databases.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';
import { readUser } from '../help/users.ts';

const NEW = 'Zyx-plough-47-lantern';

describe.each(DIALECTS)('a link for a new password (%s)', (dialect) => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await startTestHub(dialect);
    await createUsers(hub.database);
  });
  afterAll(() => hub.stop());

  async function makeLink(username = 'editor'): Promise<string> {
    const token = createToken();
    const user = await readUser(hub.database, username);
    await hub.database.tx((tx) => createResetLink(tx, TESTER, user, hashToken(token)));
    return `/admin/reset/${token}/`;
  }

  const use = (visitor: Visitor, link: string, password = NEW) =>
    visitor.post(link, { password, password_again: password });
  const statusOf = async (link: string) => (await hub.request(link)).status;
  const logIn = async (password: string) =>
    (await (await openVisitor(hub)).post('/admin/login/', { username: 'editor', password })).status;

  test('sets it once, and ends all sessions of the user', async () => {
    const session = await enter(hub, 'editor');
    const other = await enter(hub, 'viewer');
    const link = await makeLink();
    const visitor = await openVisitor(hub);
    for (const _ of ['a mail scanner', 'a person']) expect((await visitor.get(link)).status).toBe(200);
    expect((await use(visitor, link)).status).toBe(303);
    expect([await logIn(PASSWORD), await logIn(NEW)]).toEqual([422, 303]);
    expect([(await session.get('/admin/')).status, (await other.get('/admin/')).status]).toEqual([302, 200]);
    const again = await use(await openVisitor(hub), link, PASSWORD);
    expect([await statusOf(link), again.status]).toEqual([404, 404]);
    expect(await logIn(NEW)).toBe(303);
  });

  test('lets one in of two who use it at the same moment', async () => {
    const link = await makeLink();
    const visitors = await Promise.all([openVisitor(hub), openVisitor(hub)]);
    const statuses = await Promise.all(visitors.map(async (visitor) => (await use(visitor, link)).status));
    expect(statuses.toSorted()).toEqual([303, 404]);
  });

  test('is not used up by a password that is refused', async () => {
    const link = await makeLink();
    const visitor = await openVisitor(hub);
    for (const weak of ['short', 'editor-editor', 'aaaaaaaaaaaa', 'x'.repeat(129)]) {
      expect((await use(visitor, link, weak)).status).toBe(422);
    }
    expect((await use(visitor, link)).status).toBe(303);
  });

  const ends: readonly (readonly [string, (id: number) => Promise<unknown>])[] = [
    ['a newer one', () => makeLink()],
    ['another new password', () => hub.database.tx((tx) => setPassword(tx, TESTER, 'editor', 'hash'))],
    [
      'the end of the user',
      (id) => hub.database.tx((tx) => updateUser(tx, TESTER, id, { email: '', role: 'editor', isActive: false })),
    ],
    [
      'time',
      () =>
        hub.database.tx((tx) => {
          const { resetLink } = tx.tables;
          const past = sql.param(new Date(Date.now() - 1000), resetLink.expires_at);
          return tx.rows(sql`update ${resetLink} set expires_at = ${past}`);
        }),
    ],
  ];

  test.each(ends)('ends with %s', async (_name, end) => {
    const link = await makeLink();
    expect(await statusOf(link)).toBe(200);
    const { id } = await readUser(hub.database, 'editor');
    await end(id);
    const visitor = await openVisitor(hub);
    expect([await statusOf(link), (await use(visitor, link)).status]).toEqual([404, 404]);
    const active = { email: '', role: 'editor', isActive: true } as const;
    await hub.database.tx((tx) => updateUser(tx, TESTER, id, active));
    expect(await statusOf(link)).toBe(404);
  });

  test('leaves its address in no Referer, cache, database or login page', async () => {
    const link = await makeLink();
    const token = link.split('/')[3] ?? '';
    for (const [path, status] of [
      [link, 200],
      [link.slice(0, -1), 301],
      [`${link}more/`, 302],
    ] as const) {
      const answer = await hub.request(path);
      expect([answer.status, answer.headers.get('referrer-policy')]).toEqual([status, 'no-referrer']);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      if (status === 302) expect(answer.headers.get('location')).not.toContain(token);
    }
    const rows = await hub.database.rows(sql`select * from ${hub.database.tables.resetLink}`);
    expect(JSON.stringify(rows)).not.toContain(token);
  });
});
