import { describe, expect, test } from 'bun:test';
import { gunzipSync } from 'node:zlib';
import { onEveryTarget } from './each_target.ts';

/** Paths whose answers carry every header of the contract, with their status. */
const ANSWERS = [
  ['/api/v1/pages/', 200],
  ['/api/v1/pages/1/', 200],
  ['/api/v1/pages/999/', 404],
  ['/api/v1/pages/abc/', 404],
  ['/api/v1/pages/?page=99', 404],
  ['/api/v1/pages/?format=xml', 404],
  ['/health/', 200],
  ['/api/schema/', 200],
  ['/api/schema/?format=json', 200],
] as const;

/** Headers that name the answer they came with. */
const withoutIdentity = (headers: Headers) =>
  Object.fromEntries([...headers].filter(([name]) => name !== 'x-request-id' && name !== 'date'));

onEveryTarget((under) => {
  test.each(ANSWERS)('%s carries the security headers, Allow, Vary and no cookie', async (path, status) => {
    const answer = await under.raw('GET', path);
    expect(answer.status).toBe(status);
    expect(withoutIdentity(answer.headers)).toMatchObject({
      allow: 'GET, HEAD, OPTIONS',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'x-frame-options': 'DENY',
      vary: expect.stringMatching(/^Accept(, Accept-Encoding)?$/),
    });
    expect(answer.headers.has('set-cookie')).toBe(false);
    expect(answer.headers.has('server')).toBe(false);
    expect(answer.headers.has('x-powered-by')).toBe(false);
  });

  test.each(ANSWERS)('HEAD %s has the headers of GET, Content-Length included, and no body', async (path) => {
    for (const headers of [{}, { 'Accept-Encoding': 'gzip' }, { Accept: 'application/json; indent=2' }]) {
      const [head, get] = [await under.raw('HEAD', path, headers), await under.raw('GET', path, headers)];
      expect(head.body).toBe('');
      expect(head.status).toBe(get.status);
      expect(withoutIdentity(head.headers)).toEqual(withoutIdentity(get.headers));
      expect(Number(head.headers.get('content-length'))).toBeGreaterThan(0);
    }
  });

  test.each([
    ['/api/v1/pages/', 'Page List'],
    ['/api/v1/pages/?page=99', 'Page List'],
    ['/api/v1/pages/1/', 'Page Instance'],
    ['/api/v1/pages/999/', 'Page Instance'],
    ['/health/', 'Health'],
  ])('OPTIONS %s describes the resource without looking for it', async (path, name) => {
    const answer = await under.raw('OPTIONS', path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    const options = JSON.parse(answer.body);
    expect(Object.keys(options)).toEqual(['name', 'description', 'renders', 'parses']);
    expect(options.name).toBe(name);
    expect(options.renders).toEqual(['application/json']);
    expect(options.parses).toEqual(['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data']);
  });

  describe('the request id', () => {
    test.each(['abc', 'A.b_c-9', 'x'.repeat(128)])('%s is kept', async (id) => {
      expect((await under.raw('GET', '/health/', { 'X-Request-ID': id })).headers.get('x-request-id')).toBe(id);
    });

    test.each(['', 'two words', 'x'.repeat(129), 'a;b', '<script>', 'é'])(
      '%j is replaced by one of ours',
      async (id) => {
        const answer = await under.raw('GET', '/health/', { 'X-Request-ID': id });
        expect(answer.headers.get('x-request-id')).toMatch(/^[\w-]{6,}$/);
        expect(answer.headers.get('x-request-id')).not.toBe(id);
      },
    );

    test('is that of the request, whatever else is answered at once', async () => {
      const paths = ['/health/', '/api/v1/pages/1/', '/api/v1/pages/2/', '/api/v1/pages/999/', '/api/v1/pages/'];
      const given = Array.from({ length: 100 }, (_, n) => ({
        path: paths[n % paths.length] ?? '',
        id: `request-${n}`,
      }));
      const answers = await Promise.all(
        given.map(async ({ path, id }) => (await under.raw('GET', path, { 'X-Request-ID': id })).headers),
      );
      expect(answers.map((headers) => headers.get('x-request-id'))).toEqual(given.map(({ id }) => id));
    });

    test('is a new one for each request, also of errors and redirects', async () => {
      const paths = ['/health/', '/api/v1/pages/999/', '/api/v1/pages', '/nope', '/livez', '/api/v1/pages/'];
      const ids = await Promise.all(
        paths.map(async (path) => (await under.raw('GET', path)).headers.get('x-request-id')),
      );
      expect(new Set(ids).size).toBe(paths.length);
      expect(ids).not.toContain(null);
    });
  });

  describe('without the trailing slash', () => {
    test.each([
      ['GET', '/api/v1/pages', 301, '/api/v1/pages/'],
      ['HEAD', '/api/v1/pages?page=2&q=a%20b', 301, '/api/v1/pages/?page=2&q=a%20b'],
      ['OPTIONS', '/api/v1/pages', 301, '/api/v1/pages/'],
      ['GET', '/api/v1/pages/1?x=%zz', 301, '/api/v1/pages/1/?x=%zz'],
      ['GET', '/api/v1/pages/1?format=xml', 301, '/api/v1/pages/1/?format=xml'],
      ['POST', '/api/v1/pages?a=1', 308, '/api/v1/pages/?a=1'],
      ['PUT', '/api/v1/pages/1', 308, '/api/v1/pages/1/'],
      ['PATCH', '/api/v1/pages/1', 308, '/api/v1/pages/1/'],
      ['DELETE', '/api/v1/pages/1', 308, '/api/v1/pages/1/'],
      ['GET', '/health', 301, '/health/'],
      ['GET', '/api/schema?format=json', 301, '/api/schema/?format=json'],
      ['GET', '/api/docs', 301, '/api/docs/'],
      ['GET', '/api/redoc', 301, '/api/redoc/'],
    ])('%s %s is %i to %s', async (method, path, status, location) => {
      const answer = await under.raw(method, path, { Accept: 'text/html' });
      expect(answer.status).toBe(status);
      expect(answer.headers.get('location')).toBe(location);
      expect(answer.headers.get('x-frame-options')).toBe('DENY');
      expect(answer.body).toBe('');
    });

    test('an address that leads nowhere does not redirect', async () => {
      expect((await under.raw('GET', '/api/v1/nope')).status).toBe(404);
    });
  });

  describe('compression', () => {
    test('a large answer is gzipped when asked for, to the same content', async () => {
      const path = '/api/v1/pages/?page_size=100';
      const plain = await under.raw('GET', path, { 'Accept-Encoding': 'gzip;q=0' });
      expect(plain.headers.get('content-encoding')).toBeNull();
      const answer = await fetch(`${under.hub.url}${path}`, {
        headers: { 'Accept-Encoding': 'gzip' },
        decompress: false,
      });
      expect(answer.headers.get('content-encoding')).toBe('gzip');
      expect(answer.headers.get('vary')).toBe('Accept, Accept-Encoding');
      const bytes = await answer.bytes();
      expect(answer.headers.get('content-length')).toBe(String(bytes.byteLength));
      expect(JSON.parse(gunzipSync(bytes).toString())).toEqual(JSON.parse(plain.body));
    });

    test('a small answer is not worth it', async () => {
      const answer = await under.raw('GET', '/health/', { 'Accept-Encoding': 'gzip' });
      expect(answer.headers.get('content-encoding')).toBeNull();
      expect(answer.body).toBe('{"status":"ok"}');
    });
  });
});
