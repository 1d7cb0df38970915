/** Who asks, behind proxies: what a client writes into headers must not say who is throttled, and whom history names. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { listHistory } from '../../src/store/history.ts';
import { openVisitor } from '../help/admin.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';

const CLIENT = '203.0.113.7';

describe('the address of a client', () => {
  let hub: TestHub;
  let direct: TestHub;
  beforeAll(async () => {
    hub = await startTestHub('sqlite', { settings: { TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8' } });
    direct = await startTestHub('sqlite');
  });
  afterAll(async () => {
    await hub.stop();
    await direct.stop();
  });

  async function addressFor(asked: TestHub, forwarded: string): Promise<string | undefined> {
    const visitor = await openVisitor(asked);
    await visitor.post('/admin/login/', { username: forwarded, password: 'wrong' }, { 'X-Forwarded-For': forwarded });
    const [entry] = await listHistory(asked.database, { action: 'login_failed', limit: 1 });
    expect(entry?.title).toBe(forwarded);
    return entry?.actor.address;
  }

  test.each([
    [CLIENT, CLIENT],
    [`6.6.6.6, ${CLIENT}`, CLIENT],
    [`6.6.6.6, ${CLIENT}, 10.0.0.9`, CLIENT],
    [`6.6.6.6, ${CLIENT}, ::ffff:10.0.0.9`, CLIENT],
    [`6.6.6.6, ${CLIENT}:5123`, CLIENT],
    ['6.6.6.6, [2001:db8::7]:5123', '2001:db8::7'],
    ['6.6.6.6, [2001:db8::7]', '2001:db8::7'],
    [`6.6.6.6, ::ffff:${CLIENT}`, CLIENT],
    ['6.6.6.6, unknown', '127.0.0.1'],
    ['6.6.6.6, _hidden, 10.0.0.9', '127.0.0.1'],
    ['6.6.6.6,', '127.0.0.1'],
    ['10.0.0.8, 10.0.0.9', '127.0.0.1'],
  ])('is, of "%s", %s', async (forwarded, address) => {
    expect(await addressFor(hub, forwarded)).toBe(address);
  });

  test('is the peer’s where no proxy is trusted', async () => {
    expect(await addressFor(direct, CLIENT)).toBe('127.0.0.1');
  });
});
