import { describe, expect, test } from 'bun:test';
import { rawRequest, sendRaw } from '../help/raw_http.ts';
import { type HubUnderTest, onEveryTarget } from './each_target.ts';

const LIST = '/api/v1/pages/';
const BODY_BYTES_MAX = 1024 * 1024;
/** Answers of the HTTP parser itself, before the program sees anything: bytes that are no HTTP, and sizes beyond its limits. */
const PARSER_REFUSALS = [0, 400, 414, 431, 505];

async function expectServing(under: HubUnderTest): Promise<void> {
  expect((await under.raw('GET', '/health/')).body).toBe('{"status":"ok"}');
}

onEveryTarget(
  (under) => {
    test.each([
      ['a NUL byte', '/api/v1/pages/\0/'],
      ['a raw space', '/api/v1/pages/1 /'],
      ['a raw tab', '/api/v1/pages/?q=a\tb'],
      ['a lonely star', '*'],
      ['20 kB of query', `${LIST}?q=${'x'.repeat(20_000)}`],
      ['20 kB of path', `${LIST}${'x'.repeat(20_000)}/`],
    ])('%s in the target is refused by the parser, and the hub serves on', async (_, target) => {
      expect(PARSER_REFUSALS).toContain((await under.raw('GET', target)).status);
      await expectServing(under);
    });

    test.each(['FOO', 'get', 'GETT', 'G\0T'])(
      'the invented method %j is refused, and the hub serves on',
      async (method) => {
        expect([...PARSER_REFUSALS, 405]).toContain((await under.raw(method, LIST)).status);
        await expectServing(under);
      },
    );

    test('a header of 100 kB is refused, and the hub serves on', async () => {
      const answer = await under.raw('GET', LIST, { 'X-Long': 'x'.repeat(100_000) });
      expect(answer.status).toBe(431);
      await expectServing(under);
    });

    test('14 kB of query are fine', async () => {
      expect((await under.raw('GET', `${LIST}?q=${'x'.repeat(14_000)}`)).status).toBe(200);
    });

    test.each([
      ['If-None-Match', '"""\xff,,W/'],
      ['If-Modified-Since', 'yesterday'],
      ['Range', 'bytes=5-1'],
      ['Accept-Encoding', ';;q=,gzip;q=x'],
      ['Accept-Language', '\xff'],
      ['Cookie', 'a=b; =; \xff'],
      ['Authorization', 'Basic !!!'],
      ['Content-Type', 'application/json; charset=nonsense'],
      ['Origin', '\xff'],
    ])('a garbage %s is ignored', async (name, value) => {
      expect((await under.raw('GET', '/api/v1/pages/1/', { [name]: value })).status).toBe(200);
    });

    describe('bodies', () => {
      const post = (length: number) =>
        Buffer.concat([
          Buffer.from(
            rawRequest('POST', LIST, { 'Content-Length': String(length), 'Content-Type': 'application/json' }),
          ),
          Buffer.alloc(length, '{'),
        ]);

      test('of up to a mebibyte do not change the answer', async () => {
        expect((await sendRaw(under.hub.url, post(100_000))).status).toBe(405);
      });

      test('above a mebibyte are refused', async () => {
        expect((await sendRaw(under.hub.url, post(BODY_BYTES_MAX + 1))).status).toBe(413);
        await expectServing(under);
      });

      test.each(['-3', 'abc', '1e3', '99999999999999999999999'])('of the length %s are refused', async (length) => {
        const { status } = await under.raw('POST', LIST, { 'Content-Length': length });
        expect([0, 400, 413]).toContain(status);
        await expectServing(under);
      });

      test('of two lengths are refused, so that nobody can hide a request in another', async () => {
        const headers = { 'Content-Length': '3', 'Transfer-Encoding': 'chunked' };
        expect((await under.raw('POST', LIST, headers)).status).toBe(400);
      });
    });

    describe('the host', () => {
      const next = async (request: string) => {
        const { status, body } = await sendRaw(under.hub.url, request);
        return { status, next: status === 200 ? JSON.parse(body).next : undefined };
      };

      test.each([
        ['a', 'http://a/api/v1/pages/?page=2'],
        ['a:81', 'http://a:81/api/v1/pages/?page=2'],
        ['LOCALHOST', 'http://LOCALHOST/api/v1/pages/?page=2'],
        ['[::1]:8000', 'http://[::1]:8000/api/v1/pages/?page=2'],
        ['deep.example.org', 'http://deep.example.org/api/v1/pages/?page=2'],
      ])('%s is in ALLOWED_HOSTS and in the links', async (host, link) => {
        expect(await next(rawRequest('GET', LIST, { Host: host }))).toEqual({ status: 200, next: link });
      });

      test.each([
        '',
        'evil.example',
        'localhost.evil.example',
        'notexample.org',
        'localhost:abc',
        'localhost:999999',
        'user@localhost',
        'localhost/x',
        'a/../b',
        'localhost evil',
        '\xff',
      ])('%j is refused', async (host) => {
        for (const path of [LIST, '/api/schema/', '/'])
          expect((await sendRaw(under.hub.url, rawRequest('GET', path, { Host: host }))).status).toBe(400);
      });

      test('given twice is refused', async () => {
        const request = `GET ${LIST} HTTP/1.1\r\nHost: a\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
        expect((await next(request)).status).toBe(400);
      });

      test('left out is refused', async () => {
        expect((await next(`GET ${LIST} HTTP/1.1\r\nConnection: close\r\n\r\n`)).status).toBe(400);
        expect((await next(`GET ${LIST} HTTP/1.0\r\n\r\n`)).status).toBe(400);
      });

      test('of an HTTP/1.0 request is read too', async () => {
        const link = 'http://a/api/v1/pages/?page=2';
        expect(await next(`GET ${LIST} HTTP/1.0\r\nHost: a\r\n\r\n`)).toEqual({ status: 200, next: link });
      });

      test('is that of the header, whatever an absolute target says', async () => {
        const link = 'http://a/api/v1/pages/?page=2';
        expect(await next(rawRequest('GET', `http://evil.example${LIST}`, { Host: 'a' }))).toEqual({
          status: 200,
          next: link,
        });
      });
    });
  },
  { settings: { ALLOWED_HOSTS: 'a,localhost,[::1],.example.org' } },
);
