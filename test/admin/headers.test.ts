/** Headers of every answer of the admin, whatever is asked, in whatever way, by whomever. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createUsers, enter } from '../help/admin.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';
import { addressesOf, readRoutes } from '../help/screens.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const PATHS = [
  ...new Set(
    (await readRoutes()).flatMap(({ path }) => addressesOf(path)).flatMap((path) => [path, path.slice(0, -1)]),
  ),
  ...['/admin/nothing/', '/admin/%ff/', '/admin/contents/__proto__/', '/admin/pages/9007199254740993/'],
];

describe('every answer of the admin', () => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await startTestHub('sqlite', { settings: { CORS_ALLOWED_ORIGINS: '*' } });
    await createUsers(hub.database);
  });
  afterAll(() => hub.stop());

  describe.each(['', 'viewer', 'admin'])('to somebody with the role %p', (role) => {
    test.each(METHODS)('to %s', async (method) => {
      const cookie = role === '' ? '' : (await enter(hub, role)).cookie();
      for (const path of PATHS) {
        const headers = { Cookie: cookie, Origin: 'https://evil.example' };
        const answer = await hub.request(path, { method, headers });
        const place = `${method} ${path} ${answer.status}`;
        expect(answer.status, place).toBeLessThan(500);
        if (!['GET', 'HEAD'].includes(method)) expect(answer.status, place).not.toBe(200);
        const policy = answer.headers.get('content-security-policy') ?? '';
        expect(policy, place).toStartWith("default-src 'none'; script-src 'self'; style-src 'self'");
        expect(policy, place).not.toContain('unsafe');
        expect(policy, place).toContain("frame-ancestors 'none'");
        const sent = ['cache-control', 'x-content-type-options', 'cross-origin-opener-policy', 'x-frame-options'];
        const values = sent.map((name) => answer.headers.get(name));
        expect(values, place).toEqual(['no-store', 'nosniff', 'same-origin', 'DENY']);
        expect(answer.headers.get('referrer-policy'), place).toMatch(/^(same-origin|no-referrer)$/);
        expect(answer.headers.get('access-control-allow-origin'), place).toBeNull();
      }
    });
  });
});
