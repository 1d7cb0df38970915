import { expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { onEveryTarget } from './each_target.ts';
import bodies from './recorded/bodies.json' with { type: 'json' };

const NO_PAGE = '{"detail":"No Page matches the given query."}';
const NOT_FOUND = '{"detail":"Not found."}';

onEveryTarget(
  (under) => {
    test.each(Object.entries(bodies))(
      '%s answers what Django REST Framework answered, to the byte',
      async (path, body) => {
        const answer = await under.raw('GET', path, { Accept: '*/*' });
        expect(answer.status).toBe(200);
        expect(answer.body).toBe(body);
        expect(answer.headers.get('content-type')).toBe('application/json');
        expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(body)));
      },
    );

    test('a content shown twice on a page stands there twice', async () => {
      await under.hub.database.tx((tx) =>
        tx.rows(
          sql`insert into pages_pagecontent (page_id, content_type, object_id, "order") values (26, 'pages.audiocontent', 3, 9)`,
        ),
      );
      const page = JSON.parse((await under.raw('GET', '/api/v1/pages/26/')).body);
      expect(page.contents.map((content: { type: string; id: number }) => `${content.type}:${content.id}`)).toEqual([
        'audio:3',
        'video:3',
        'audio:1',
        'audio:3',
      ]);
    });

    test.each([
      ['1', 200],
      ['01', 200],
      ['0000000000000000000000000000000001', 200],
      ['%31', 200],
    ])('the id %s is page 1', async (id, status) => {
      const answer = await under.raw('GET', `/api/v1/pages/${id}/`);
      expect(answer.status).toBe(status);
      expect(answer.body).toBe(bodies['/api/v1/pages/1/']);
    });

    test.each([
      '0',
      '27',
      '999',
      '2147483648',
      '9007199254740991',
      '9007199254740992',
      '9007199254740993',
      '9223372036854775807',
      '9223372036854775808',
      '9'.repeat(20),
      '9'.repeat(5000),
    ])('no page has the id %s', async (id) => {
      const answer = await under.raw('GET', `/api/v1/pages/${id}/`);
      expect(answer.status).toBe(404);
      expect(answer.body).toBe(NO_PAGE);
    });

    test.each([
      'abc',
      '-1',
      '+1',
      '%2B1',
      '1.5',
      '1e3',
      '0x1',
      '1_0',
      '1%20',
      '%201',
      '1%0A',
      '1%00',
      '%00',
      '%',
      '%zz',
      '%ff',
      '%C3%28',
      '%D9%A1',
      '%EF%BC%91',
      '\xff\xfe',
      '1,2',
      'NaN',
      'null',
      'constructor',
      '__proto__',
      "1'or'1",
      '1.json',
    ])('%j is not an id', async (id) => {
      const answer = await under.raw('GET', `/api/v1/pages/${id}/`);
      expect(answer.status).toBe(404);
      expect(answer.body).toBe(NOT_FOUND);
      expect(answer.headers.get('content-type')).toBe('application/json');
    });
  },
  // Views stay unstored while the suite runs, so that counters are those of the fixtures.
  { settings: { IMPRESSION_PUSH_MS: '60000' } },
);
