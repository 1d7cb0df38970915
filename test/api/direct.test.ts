import { describe, expect, test } from 'bun:test';
import { createDirectAddresses } from '../../src/web/api/direct.ts';
import { createApiHeaders } from '../../src/web/api/headers.ts';
import { inJson, type Resource } from '../../src/web/api/resource.ts';
import { createBody, renderJson } from '../../src/web/respond.ts';

const SITE = 'http://hub.example';

/** A resource that answers with what it was asked for. */
const echo = (path: string): Resource => ({
  path,
  about: inJson('Echo', 'What was asked for.'),
  get: ({ params, query }) => ({ body: createBody(renderJson({ path, params, query: [...query] })) }),
});

const find = createDirectAddresses([echo('/things/'), echo('/things/:id/'), echo('/others/:id/parts/')], {
  headers: createApiHeaders([]),
  logFailure(_, error) {
    throw error;
  },
});

async function ask(url: string): Promise<unknown> {
  const response = await find(url)?.answer(new Request(url));
  return response?.json();
}

describe('an address of the API', () => {
  test.each([
    ['/things/', '/things/', {}, []],
    [
      '/things/?page=2&page=3&q=%D1%8F',
      '/things/',
      {},
      [
        ['page', ['2', '3']],
        ['q', ['я']],
      ],
    ],
    ['/things/7/', '/things/:id/', { id: '7' }, []],
    ['/things/00012345678901234567890/?x=#fragment', '/things/:id/', { id: '00012345678901234567890' }, [['x', ['']]]],
  ])('%s is found, the same each time', async (address, route, params, query) => {
    for (const url of [`${SITE}${address}`, `http://h${address}`, `${SITE}${address}`]) {
      const found = find(url);
      expect([found?.path, found?.route]).toEqual([address.replace(/[?#].*/s, ''), route]);
      expect(await ask(url)).toEqual({ path: route, params, query });
    }
  });

  test.each([
    '/',
    '/things',
    '/things/7',
    '/things/x/',
    '/things/7/8/',
    '/things/%37/',
    '/things/-7/',
    '/things/7x/',
    '/Things/',
    '//things/',
    '/others/7/',
    '/others/7/parts/',
    '/things/٧/',
    '/things/7 /',
  ])('%s is left to the router', (path) => {
    expect(find(`${SITE}${path}`)).toBeUndefined();
  });

  test('stands for itself, after however many others', async () => {
    const first = find(`${SITE}/things/1/`);
    expect(find(`${SITE}/things/1/`)).toBe(first);
    for (let id = 1; id <= 2500; id++) {
      expect(await ask(`${SITE}/things/${id}/?n=${id}`)).toEqual({
        path: '/things/:id/',
        params: { id: String(id) },
        query: [['n', [String(id)]]],
      });
    }
    expect(find(`${SITE}/things/1/`)).not.toBe(first);
    expect(await ask(`${SITE}/things/1/`)).toMatchObject({ params: { id: '1' } });
  });

  test('is not remembered when it is long', async () => {
    const long = `${SITE}/things/?q=${'x'.repeat(1000)}`;
    expect(find(long)).not.toBe(find(long));
    expect(await ask(long)).toMatchObject({ query: [['q', ['x'.repeat(1000)]]] });
  });
});
