import { describe, expect, test } from 'bun:test';
import { onEveryTarget, RECORDED_HOST } from './each_target.ts';
import rows from './recorded/pagination.json' with { type: 'json' };

const LIST = '/api/v1/pages/';
const absolute = (query: unknown) => (typeof query === 'string' ? `http://${RECORDED_HOST}${LIST}${query}` : null);

onEveryTarget((under) => {
  /** The list for a query: links, and the first and last id of the rows. */
  async function list(query: string, headers?: Record<string, string>) {
    const answer = await under.raw('GET', `${LIST}${query}`, headers);
    const { count, next, previous, results, detail } = JSON.parse(answer.body);
    const ids: number[] = results?.map((page: { id: number }) => page.id) ?? [];
    return { status: answer.status, count, next, previous, ids, detail };
  }

  describe('as Django REST Framework answered it', () => {
    test.each(rows.filter((row) => row[1] === 200))('%s is a list page', async (query, _, next, previous, ends) => {
      const answer = await list(String(query));
      expect(answer).toMatchObject({ status: 200, count: 26, next: absolute(next), previous: absolute(previous) });
      expect<unknown>([answer.ids[0], answer.ids.at(-1)]).toEqual(ends);
    });

    test.each(rows.filter((row) => row[1] !== 200))('%s is refused', async (query, status, detail) => {
      expect(await list(String(query))).toMatchObject({ status, detail });
    });
  });

  test.each(['9007199254740991', '9007199254740993', '90071992547409', `1${'0'.repeat(400)}`])(
    'page=%s is beyond every page, whatever the size',
    async (page) => {
      for (const size of ['', '&page_size=1', '&page_size=100'])
        expect(await list(`?page=${page}${size}`)).toMatchObject({ status: 404, detail: 'Invalid page.' });
    },
  );

  test('walking the links of next shows every page once, in the order of ids', async () => {
    const seen: number[] = [];
    for (let url: string | null = `${LIST}?page_size=4`; url !== null; ) {
      const answer: { next: string | null; ids: number[] } = await list(url.slice(url.indexOf('?')));
      seen.push(...answer.ids);
      url = answer.next;
    }
    expect(seen).toEqual(Array.from({ length: 26 }, (_, index) => index + 1));
  });

  test('parameters with the names of object prototypes are parameters like others', async () => {
    const { status, next } = await list('?__proto__=1&constructor=2&toString=3&hasOwnProperty=4');
    expect(status).toBe(200);
    expect(next).toBe(absolute('?__proto__=1&constructor=2&hasOwnProperty=4&page=2&toString=3'));
  });

  test('a thousand parameters are kept', async () => {
    const { status, next } = await list(`?${Array.from({ length: 1000 }, (_, index) => `a${index}=1`).join('&')}`);
    expect(status).toBe(200);
    expect(new URL(next).searchParams.size).toBe(1001);
  });

  test('a parameter in raw UTF-8 or broken UTF-8 is kept readable', async () => {
    expect((await list('?q=\xd0\xaf')).next).toBe(absolute('?page=2&q=%D0%AF'));
    expect((await list('?q=\xff')).next).toBe(absolute('?page=2&q=%EF%BF%BD'));
  });

  test('links do not believe forwarded headers of a peer that is no trusted proxy', async () => {
    const forwarded = {
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'https',
      Forwarded: 'host=evil.example',
    };
    expect((await list('', forwarded)).next).toBe(absolute('?page=2'));
  });
});

describe('behind a trusted proxy', () => {
  onEveryTarget(
    (under) => {
      for (const upstream of ['internal', 'web', 'a']) {
        test(`links carry the scheme and host that the proxy wrote last, whatever it calls the hub (${upstream})`, async () => {
          const answer = await under.raw('GET', LIST, {
            Host: upstream,
            'X-Forwarded-Host': 'evil.example, hub.example.org',
            'X-Forwarded-Proto': 'http, https',
          });
          expect(JSON.parse(answer.body).next).toBe('https://hub.example.org/api/v1/pages/?page=2');
        });
      }

      test('a forwarded host that is not allowed is refused', async () => {
        const answer = await under.raw('GET', LIST, { 'X-Forwarded-Host': 'evil.example' });
        expect(answer.status).toBe(400);
        expect(answer.body).toBe('{"detail":"Invalid Host header."}');
      });
    },
    { settings: { TRUSTED_PROXIES: '127.0.0.1', ALLOWED_HOSTS: 'hub.example.org,localhost' } },
  );
});

describe('without any page', () => {
  onEveryTarget(
    (under) => {
      test.each(['', '?page=1', '?page=last', '?page='])('%j is an empty first page', async (query) => {
        const answer = await under.raw('GET', `${LIST}${query}`);
        expect(answer.status).toBe(200);
        expect(answer.body).toBe('{"count":0,"next":null,"previous":null,"results":[]}');
      });

      test('a second page does not exist', async () => {
        expect((await under.raw('GET', `${LIST}?page=2`)).status).toBe(404);
      });
    },
    { fixtures: [] },
  );
});

describe('with other sizes', () => {
  onEveryTarget(
    (under) => {
      test.each([
        ['', 3],
        ['?page_size=5', 5],
        ['?page_size=8', 7],
        ['?page_size=0', 3],
      ])('%j shows %i rows when PAGE_SIZE is 3 and MAX_PAGE_SIZE 7', async (query, size) => {
        const answer = await under.raw('GET', `${LIST}${query}`);
        expect(JSON.parse(answer.body).results).toHaveLength(size);
      });
    },
    { settings: { PAGE_SIZE: '3', MAX_PAGE_SIZE: '7' } },
  );
});
