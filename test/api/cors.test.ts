import { describe, expect, test } from 'bun:test';
import { type HubUnderTest, onEveryTarget } from './each_target.ts';

const APP = 'https://app.example.org';
const LIST = '/api/v1/pages/';
const PREFLIGHT = {
  Origin: APP,
  'Access-Control-Request-Method': 'GET',
  'Access-Control-Request-Headers': 'x-request-id',
};

async function allowedOrigin(under: HubUnderTest, path: string, origin: string) {
  return (await under.raw('GET', path, { Origin: origin })).headers.get('access-control-allow-origin');
}

describe('with one allowed origin', () => {
  onEveryTarget(
    (under) => {
      test.each([
        LIST,
        '/api/v1/pages/1/',
        '/api/v1/pages/999/',
        '/api/v1/nope/',
        '/api/v1/pages',
        '/health/',
        '/api/schema/',
      ])('%s may be read by it, errors and redirects too', async (path) => {
        const { headers } = await under.raw('GET', path, { Origin: APP });
        expect(headers.get('access-control-allow-origin')).toBe(APP);
        expect(headers.get('access-control-expose-headers')).toBe('X-Request-ID');
        expect(headers.get('access-control-allow-credentials')).toBeNull();
        expect(headers.get('vary')).toMatch(/^Accept, origin/);
      });

      test.each(['https://evil.example', 'http://app.example.org', `${APP}.evil.example`, 'null', ''])(
        'the origin %j may not',
        async (origin) => {
          expect(await allowedOrigin(under, LIST, origin)).toBeNull();
        },
      );

      test('answers without Origin vary by it too', async () => {
        expect((await under.raw('GET', LIST)).headers.get('vary')).toBe('Accept, origin');
      });

      test('a preflight is answered empty, before the text of OPTIONS', async () => {
        const answer = await under.raw('OPTIONS', LIST, PREFLIGHT);
        expect([answer.status, answer.body]).toEqual([200, '']);
        expect(answer.headers.get('access-control-allow-origin')).toBe(APP);
        expect(answer.headers.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS');
        expect(answer.headers.get('access-control-allow-headers')).toContain('x-request-id');
        expect(answer.headers.get('access-control-max-age')).toBe('86400');
      });

      test('the preflight of another origin allows nothing', async () => {
        const answer = await under.raw('OPTIONS', LIST, { ...PREFLIGHT, Origin: 'https://evil.example' });
        expect([answer.status, answer.body]).toEqual([200, '']);
        expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
      });

      test('OPTIONS that is no preflight describes the resource', async () => {
        expect((await under.raw('OPTIONS', LIST, { Origin: APP })).body).toContain('"Page List"');
      });

      test.each(['/', '/admin/', '/admin/autocomplete/', '/api-not/', '/livez'])(
        '%s is not for other origins',
        async (path) => {
          for (const method of ['GET', 'OPTIONS']) {
            const { headers } = await under.raw(method, path, PREFLIGHT);
            expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
          }
        },
      );
    },
    { settings: { CORS_ALLOWED_ORIGINS: `https://other.example, ${APP}` } },
  );
});

describe('with every origin allowed', () => {
  onEveryTarget(
    (under) => {
      test('the answer is the same for all and never with credentials', async () => {
        const { headers } = await under.raw('GET', LIST, { Origin: 'https://any.example' });
        expect(headers.get('access-control-allow-origin')).toBe('*');
        expect(headers.get('access-control-allow-credentials')).toBeNull();
        expect(headers.get('vary')).toBe('Accept');
      });
    },
    { settings: { CORS_ALLOWED_ORIGINS: '*' } },
  );
});

describe('with DEBUG', () => {
  onEveryTarget(
    (under) => {
      test('every origin is allowed', async () => expect(await allowedOrigin(under, LIST, APP)).toBe('*'));
    },
    { settings: { DEBUG: '1' } },
  );
});

describe('with no origin allowed', () => {
  onEveryTarget((under) => {
    test('nothing is said about origins', async () => {
      expect(await allowedOrigin(under, LIST, APP)).toBeNull();
    });

    test('a preflight gets the text of OPTIONS', async () => {
      const answer = await under.raw('OPTIONS', LIST, PREFLIGHT);
      expect(answer.body).toContain('"Page List"');
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    });
  });
});
