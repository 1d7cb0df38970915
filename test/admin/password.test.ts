/** One's own password: who may change it, how often one may guess, and which sessions go on. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { setPassword } from '../../src/store/users.ts';
import { hashPassword } from '../../src/web/passwords.ts';
import { TESTER } from '../help/actor.ts';
import { createUsers, enter, openVisitor, PASSWORD, type Visitor } from '../help/admin.ts';
import { DIALECTS } from '../help/databases.ts';
import { readProblems } from '../help/html.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';
import { forgetAttempts, readUser } from '../help/users.ts';

const NEW = 'Zyx-plough-47-lantern';

describe.each(DIALECTS)('one’s own password (%s)', (dialect) => {
  let hub: TestHub;
  let hash: string;
  beforeAll(async () => {
    hub = await startTestHub(dialect);
    await createUsers(hub.database);
    hash = await hashPassword(PASSWORD);
  });
  beforeEach(async () => {
    await forgetAttempts(hub.database);
    await hub.database.tx((tx) => setPassword(tx, TESTER, 'viewer', hash));
  });
  afterAll(() => hub.stop());

  const change = (visitor: Visitor, current: string, password: string, again = password) =>
    visitor.post('/admin/password/', { current, password, password_again: again });
  const logIn = async (password: string) =>
    (await (await openVisitor(hub)).post('/admin/login/', { username: 'viewer', password })).status;

  test('is changed by who knows it, and all other sessions end', async () => {
    const [here, there] = [await enter(hub, 'viewer'), await enter(hub, 'viewer')];
    const other = await enter(hub, 'editor');
    expect((await change(here, PASSWORD, NEW)).status).toBe(303);
    const pages = await Promise.all([here, there, other].map((visitor) => visitor.get('/admin/')));
    expect(pages.map(({ status }) => status)).toEqual([200, 302, 200]);
    expect([await logIn(PASSWORD), await logIn(NEW)]).toEqual([422, 303]);
  });

  test('is guessed five times and then not at once again, wherever one has logged in', async () => {
    const visitors = [await enter(hub, 'viewer'), await enter(hub, 'viewer')];
    const statuses = [];
    for (let attempt = 0; attempt < 7; attempt++) {
      const visitor = visitors[attempt % 2];
      if (visitor !== undefined) statuses.push((await change(visitor, `a wrong guess ${attempt}`, NEW)).status);
    }
    expect(statuses.slice(0, 5)).toEqual(Array(5).fill(422));
    expect(statuses.slice(5)).toContain(429);
    expect(await logIn(PASSWORD)).toBe(303);
  });

  test.each([
    ['too short', 'short', 'short'],
    ['too long', 'ж'.repeat(129), 'ж'.repeat(129)],
    ['like the name', 'viewer-viewer-1', 'viewer-viewer-1'],
    ['common', 'qwertyuiop[]', 'qwertyuiop[]'],
    ['blank', ' '.repeat(20), ' '.repeat(20)],
    ['typed differently', NEW, `${NEW}!`],
    ['the old one', PASSWORD, PASSWORD],
  ])('is no new one that is %s', async (_name, password, again) => {
    const answer = await change(await enter(hub, 'viewer'), PASSWORD, password, again);
    expect(answer.status).toBe(422);
    const page = await answer.text();
    expect(readProblems(page)).toHaveLength(1);
    for (const secret of [NEW, PASSWORD]) expect(page).not.toContain(secret);
    expect(await logIn(PASSWORD)).toBe(303);
  });

  test('may have any characters', async () => {
    const visitor = await enter(hub, 'viewer');
    const odd = 'пароль 😀\u202e\u0000 é “x”';
    expect((await change(visitor, PASSWORD, odd)).status).toBe(303);
    expect(await logIn(odd)).toBe(303);
  });

  test('lets its user end all other sessions', async () => {
    const [here, there] = [await enter(hub, 'viewer'), await enter(hub, 'viewer')];
    expect((await here.post('/admin/password/sessions/')).status).toBe(303);
    expect([(await here.get('/admin/')).status, (await there.get('/admin/')).status]).toEqual([200, 302]);
    expect((await readUser(hub.database, 'viewer')).isActive).toBe(true);
  });
});
