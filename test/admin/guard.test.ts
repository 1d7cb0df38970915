/** Forms that come in pieces, or not to their end. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { listHistory } from '../../src/store/history.ts';
import { updateUser } from '../../src/store/users.ts';
import { TESTER } from '../help/actor.ts';
import { createUsers, enter, openVisitor, type Visitor } from '../help/admin.ts';
import { DIALECTS } from '../help/databases.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';
import { rawRequest, sendSlowly } from '../help/raw_http.ts';
import { readUser } from '../help/users.ts';

describe.each(DIALECTS)('a form (%s)', (dialect) => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await startTestHub(dialect);
    await createUsers(hub.database);
  });
  afterAll(() => hub.stop());

  /** A new page as the visitor's browser would send it, cut in the middle of its body. */
  function formOf(visitor: Visitor, title: string): [first: string, second: string] {
    const body = String(new URLSearchParams({ csrf_token: visitor.token(), url: 'https://example.org/', title }));
    const head = rawRequest('POST', '/admin/pages/add/', {
      Cookie: visitor.cookie(),
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': String(body.length),
    });
    return [head + body.slice(0, 10), body.slice(10)];
  }

  /** What was sent before is with the hub when it has answered this. */
  const waitForHub = async () => void (await hub.request('/admin/'));

  async function setEditor(role: 'viewer' | 'editor', isActive: boolean): Promise<void> {
    const { id } = await readUser(hub.database, 'editor');
    await hub.database.tx((tx) => updateUser(tx, TESTER, id, { email: '', role, isActive }));
  }

  test.each([
    ['disabled', 'editor', false, 401],
    ['made a viewer', 'viewer', true, 403],
  ] as const)('is not carried out when its user was %s while it came', async (_name, role, isActive, status) => {
    const visitor = await enter(hub, 'editor');
    const answer = await sendSlowly(hub.url, formOf(visitor, 'In pieces'), async () => {
      await waitForHub();
      await setEditor(role, isActive);
    });
    expect(answer.status).toBe(status);
    expect(await listHistory(hub.database, { label: 'pages.page', limit: 1 })).toEqual([]);
    await setEditor('editor', true);
  });

  test('that breaks off is no failure of the hub', async () => {
    for (const visitor of [await openVisitor(hub), await enter(hub, 'editor')]) {
      const [first] = formOf(visitor, 'Half');
      await sendSlowly(hub.url, [first], waitForHub);
    }
    const [first, second] = formOf(await enter(hub, 'editor'), 'Whole');
    expect((await sendSlowly(hub.url, [first, second], waitForHub)).status).toBe(303);
    expect(hub.log()).not.toContain('"level":"error"');
  });
});
