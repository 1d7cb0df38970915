import { describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { eventually } from '../help/eventually.ts';
import { onEveryTarget } from './each_target.ts';

const READS = ['/api/v1/pages/', '/api/v1/pages/1/', '/health/', '/api/schema/'];
const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'CONNECT', 'PROPFIND'];
const DATABASE_READS = ['/api/v1/pages/', '/api/v1/pages/2/'];

onEveryTarget((under) => {
  test.each(READS.flatMap((path) => METHODS.map((method) => [method, path] as const)))(
    '%s %s is not allowed',
    async (method, path) => {
      const answer = await under.raw(method, path);
      expect(answer.status).toBe(405);
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
      expect(answer.body).toBe(`{"detail":"Method \\"${method}\\" not allowed."}`);
    },
  );

  test.each([
    '/api/',
    '/api/v1/',
    '/api/v2/pages/',
    '/api/v1/nope/',
    '/api/v1/pages//',
    '/api/v1/pages/1//',
    '/api/v1/pages/1/x',
    '/api/v1/pages/1/contents/',
    '/api/v1/pages.json',
    '/api/v1/%00',
    '/api/v1/%',
    '/api/v1/%ff/',
    '/api/v1/\xff/',
    '/api/v1/constructor/',
    '/api/v1/__proto__',
  ])('%j leads nowhere, and says so in JSON for every method', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
      const answer = await under.raw(method, path, { Accept: 'text/html' });
      expect(answer.status).toBe(404);
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect(answer.body).toBe('{"detail":"Not found."}');
    }
  });

  test('an address outside of the API that leads nowhere is a page for people', async () => {
    const answer = await under.raw('GET', '/nope');
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  });

  test('an unknown format is not found and a foreign Accept not acceptable, whatever the resource', async () => {
    for (const path of READS) {
      const format = await under.raw('GET', `${path}?format=xml`);
      expect([format.status, format.body]).toEqual([404, '{"detail":"Not found."}']);
      const accept = await under.raw('GET', path, { Accept: 'text/csv' });
      expect([accept.status, accept.body]).toEqual([406, '{"detail":"Could not satisfy the request Accept header."}']);
    }
  });
});

describe('when something unforeseen breaks', () => {
  onEveryTarget((under) => {
    test('the answer is a bland 500 whose request id leads to the whole story in the log', async () => {
      const { hub } = under;
      await hub.database.tx((tx) => tx.rows(sql`alter table pages_page rename to secret_pages`));
      for (const path of DATABASE_READS) {
        const answer = await under.raw('GET', path, { 'X-Request-ID': `trace-${path.length}` });
        expect([path, answer.status]).toEqual([path, 500]);
        expect(answer.body).toBe('{"detail":"A server error occurred."}');
        expect(answer.headers.get('content-type')).toBe('application/json');
        expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
        expect(answer.headers.get('x-request-id')).toBe(`trace-${path.length}`);
        expect(JSON.stringify([...answer.headers])).not.toMatch(/pages_page|select|elysia|bun/i);
        const line = await eventually(() => {
          const found = hub
            .log()
            .split('\n')
            .find((text) => text.includes(`trace-${path.length}`));
          expect(found).toBeString();
          return JSON.parse(found ?? '');
        });
        expect(line).toMatchObject({ level: 'error', requestId: `trace-${path.length}` });
        expect(line.message).toContain('pages_page');
        expect(line.stack).toContain('\n');
      }
      expect((await under.raw('GET', '/health/')).status).toBe(200);
      await hub.database.tx((tx) => tx.rows(sql`alter table secret_pages rename to pages_page`));
      await eventually(async () => expect((await under.raw('GET', '/api/v1/pages/2/')).status).toBe(200));
    });
  });
});
