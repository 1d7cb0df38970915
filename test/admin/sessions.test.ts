/** Sessions: their cookies, their ends, and what the database knows of them. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type SQL, sql } from 'drizzle-orm';
import { createSession, findSession, listSessionsOf } from '../../src/store/sessions.ts';
import { noteLogin } from '../../src/store/users.ts';
import { createToken, hashToken } from '../../src/web/tokens.ts';
import { createUsers, enter, logIn, openVisitor, PASSWORD } from '../help/admin.ts';
import { DIALECTS } from '../help/databases.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';
import { readUser } from '../help/users.ts';

const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;
const HTTPS = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'hub.example.org' };
const SECURE = /^__Host-contenthub_session=[A-Za-z0-9_-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/;
const PLAIN = /^contenthub_session=[A-Za-z0-9_-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/;

describe.each(DIALECTS)('a session (%s)', (dialect) => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await startTestHub(dialect);
    await createUsers(hub.database);
  });
  afterAll(() => hub.stop());

  const setTimes = (seenAgo: number, createdAgo: number) =>
    hub.database.tx((tx) => {
      const { session } = tx.tables;
      const at = (ago: number): SQL => sql`${sql.param(new Date(Date.now() - ago), session.seen_at)}`;
      return tx.rows(sql`update ${session} set seen_at = ${at(seenAgo)}, created_at = ${at(createdAgo)}`);
    });

  test.each([
    ['was idle for less than twelve hours', 11.9 * HOUR_MS, 12 * HOUR_MS, 200],
    ['was idle for longer', 12.1 * HOUR_MS, 13 * HOUR_MS, 302],
    ['is busy and thirteen days old', 0, 13.9 * DAY_MS, 200],
    ['is busy and older than two weeks', 0, 14.1 * DAY_MS, 302],
  ])('that %s is treated so', async (_name, seenAgo, createdAgo, status) => {
    const visitor = await enter(hub, 'editor');
    await setTimes(seenAgo, createdAgo);
    expect((await visitor.get('/admin/')).status).toBe(status);
  });

  test('that is used is not idle any more', async () => {
    const visitor = await enter(hub, 'editor');
    await setTimes(11 * HOUR_MS, 12 * HOUR_MS);
    await visitor.get('/admin/');
    const { id } = await readUser(hub.database, 'editor');
    const [session] = await listSessionsOf(hub.database, id);
    expect(Date.now() - (session?.seenAt.getTime() ?? 0)).toBeLessThan(HOUR_MS);
  });

  test('is stored by the hash of its token alone, which 256 random bits make', async () => {
    const visitor = await logIn(hub, 'viewer');
    const token = visitor.cookie().split('=')[1] ?? '';
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    const rows = await hub.database.rows(sql`select * from ${hub.database.tables.session}`);
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(rows.map((row) => row.token_hash)).toContain(new Bun.CryptoHasher('sha256').update(token).digest('hex'));
    expect(await findSession(hub.database, token)).toBeUndefined();
  });

  test('does not begin with a token that somebody else chose', async () => {
    const chosen = createToken();
    const visitor = await openVisitor({ url: hub.url });
    const headers = { Cookie: `contenthub_session=${chosen}` };
    await visitor.get('/admin/login/', headers);
    const answer = await visitor.post('/admin/login/', { username: 'editor', password: PASSWORD }, headers);
    expect(answer.status).toBe(303);
    expect(visitor.cookie()).not.toContain(chosen);
    expect((await hub.request('/admin/', { headers })).status).toBe(302);
  });

  test('is nobody’s when two cookies of its name came', async () => {
    const [visitor, other] = [await enter(hub, 'editor'), await enter(hub, 'viewer')];
    for (const cookies of [`${visitor.cookie()}; ${other.cookie()}`, `${other.cookie()}; ${visitor.cookie()}`]) {
      expect((await hub.request('/admin/', { headers: { Cookie: cookies } })).status).toBe(302);
    }
  });

  test('does not begin when the password was changed while it was compared', async () => {
    const { id } = await readUser(hub.database, 'viewer');
    expect(await hub.database.tx((tx) => noteLogin(tx, id, 'the hash of the former password'))).toBe(false);
  });

  test('of somebody who logs out is over, and the cookie goes', async () => {
    const visitor = await enter(hub, 'editor');
    const cookie = visitor.cookie();
    expect((await visitor.get('/admin/logout/')).status).toBe(405);
    expect((await visitor.get('/admin/')).status).toBe(200);
    const answer = await visitor.post('/admin/logout/');
    expect(answer.headers.getSetCookie()).toEqual(['contenthub_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax']);
    expect((await hub.request('/admin/', { headers: { Cookie: cookie } })).status).toBe(302);
  });
});

describe('behind a proxy that speaks https', () => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await startTestHub('sqlite', {
      settings: { TRUSTED_PROXIES: '127.0.0.1', ALLOWED_HOSTS: 'hub.example.org' },
    });
    await createUsers(hub.database);
  });
  afterAll(() => hub.stop());

  test('cookies are for https and this host alone, those of messages too', async () => {
    const shown = await hub.request('/admin/login/', { headers: HTTPS });
    const [cookie = ''] = shown.headers.getSetCookie();
    expect(cookie).toMatch(SECURE);
    const csrf_token = /data-csrf="([^"]+)"/.exec(await shown.text())?.[1] ?? '';
    const body = new URLSearchParams({ csrf_token, username: 'editor', password: PASSWORD });
    const headers = { ...HTTPS, Cookie: cookie.split(';')[0] ?? '', Origin: 'https://hub.example.org' };
    const answer = await hub.request('/admin/login/', { method: 'POST', body, headers });
    expect(answer.status).toBe(303);
    const [session = ''] = answer.headers.getSetCookie();
    expect(session).toMatch(SECURE);
    expect(session.split(';')[0]).not.toBe(cookie.split(';')[0]);
  });

  test('a cookie that only looks like one for this host is none', async () => {
    const visitor = await enter(hub, 'editor');
    const token = visitor.cookie().split('=')[1];
    const ask = (cookie: string) => hub.request('/admin/', { headers: { ...HTTPS, Cookie: cookie } });
    expect((await ask(`__Host-contenthub_session=${token}`)).status).toBe(200);
    for (const name of ['contenthub_session', '\u00a0__Host-contenthub_session', '__host-contenthub_session']) {
      expect((await ask(`${name}=${token}`)).status).toBe(302);
    }
  });

  test('plain http on a foreign host logs nobody in, and says why', async () => {
    const headers = { ...HTTPS, 'X-Forwarded-Proto': 'http' };
    const shown = await hub.request('/admin/login/', { headers });
    const [cookie = ''] = shown.headers.getSetCookie();
    expect(cookie).toMatch(PLAIN);
    const html = await shown.text();
    expect(html).toContain('TRUSTED_PROXIES');
    const csrf_token = /data-csrf="([^"]+)"/.exec(html)?.[1] ?? '';
    const body = new URLSearchParams({ csrf_token, username: 'editor', password: PASSWORD });
    const sent = { method: 'POST', body, headers: { ...headers, Cookie: cookie.split(';')[0] ?? '' } };
    const answer = await hub.request('/admin/login/', sent);
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([403, []]);
  });
});

test('on this machine the cookie has another name', async () => {
  const hub = await startTestHub('sqlite');
  const [cookie = ''] = (await hub.request('/admin/login/')).headers.getSetCookie();
  expect(cookie).toMatch(PLAIN);
  await hub.stop();
});

test('of a user many sessions are listed, the last used first, and none that is over', async () => {
  const hub = await startTestHub('sqlite');
  await createUsers(hub.database);
  const { id } = await readUser(hub.database, 'viewer');
  const tokens = Array.from({ length: 60 }, createToken);
  await hub.database.tx(async (tx) => {
    for (const token of tokens) await createSession(tx, hashToken(token), id, '');
  });
  expect(await listSessionsOf(hub.database, id)).toHaveLength(50);
  expect(await listSessionsOf(hub.database, id, Date.now() + 13 * HOUR_MS)).toEqual([]);
  await hub.stop();
});
