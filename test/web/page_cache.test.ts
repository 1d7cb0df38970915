import { describe, expect, test } from 'bun:test';
import { createPageCache } from '../../src/web/page_cache.ts';
import { type Body, createBody } from '../../src/web/respond.ts';

/** A source whose loads end when the test says so. */
function createSource() {
  const waiting: ((text: string | undefined) => void)[] = [];
  return {
    load: (): Promise<Body | undefined> => {
      const { promise, resolve } = Promise.withResolvers<Body | undefined>();
      waiting.push((text) => resolve(text === undefined ? undefined : createBody(text)));
      return promise;
    },
    loads: () => waiting.length,
    /** Ends the load that began as the nth, from 0. */
    end: (nth: number, text: string | undefined) => waiting[nth]?.(text),
  };
}

const HOUR_MS = 3_600_000;

async function textOf(found: Body | Promise<Body | undefined> | undefined): Promise<string | undefined> {
  const body = await found;
  return body && new TextDecoder().decode(body.bytes);
}

describe('the cache of answers', () => {
  test('loads once for all who ask meanwhile, and for those who ask after', async () => {
    const { lists } = createPageCache(HOUR_MS);
    const source = createSource();
    const [first, second] = [lists.find('a', source.load), lists.find('a', source.load)];
    source.end(0, 'once');
    expect([await textOf(first), await textOf(second)]).toEqual(['once', 'once']);
    expect(await textOf(lists.find('a', source.load))).toBe('once');
    expect(source.loads()).toBe(1);
  });

  test('does not keep what began to be loaded before an edit', async () => {
    const cache = createPageCache(HOUR_MS);
    const source = createSource();
    const before = cache.lists.find('a', source.load);
    cache.clear();
    const after = cache.lists.find('a', source.load);
    source.end(1, 'new');
    source.end(0, 'old');
    expect([await textOf(before), await textOf(after)]).toEqual(['old', 'new']);
    expect(await textOf(cache.lists.find('a', source.load))).toBe('new');
    expect(source.loads()).toBe(2);
  });

  test('does not let a load from before an edit, ending late, undo the one from after', async () => {
    const cache = createPageCache(HOUR_MS);
    const source = createSource();
    const before = cache.lists.find('a', source.load);
    cache.clear();
    source.end(0, 'old');
    await before;
    const after = cache.lists.find('a', source.load);
    source.end(1, 'new');
    expect(await textOf(after)).toBe('new');
  });

  test('keeps nothing when answers may not be old', async () => {
    const { lists } = createPageCache(0);
    const source = createSource();
    for (const nth of [0, 1]) {
      const found = lists.find('a', source.load);
      source.end(nth, `load ${nth}`);
      expect(await textOf(found)).toBe(`load ${nth}`);
    }
  });

  test('keeps no failure and no absence', async () => {
    const { lists } = createPageCache(HOUR_MS);
    const failing = lists.find('a', () => Promise.reject(new Error('away')));
    expect(async () => await failing).toThrow('away');
    const source = createSource();
    const absent = lists.find('a', source.load);
    source.end(0, undefined);
    expect(await absent).toBeUndefined();
    const there = lists.find('a', source.load);
    source.end(1, 'there');
    expect(await textOf(there)).toBe('there');
  });

  test('forgets the oldest answers when all of them take too much memory', async () => {
    const { lists } = createPageCache(HOUR_MS);
    const megabyte = 'x'.repeat(1024 * 1024);
    for (const key of Array.from({ length: 12 }, (_, index) => `key ${index}`)) {
      await lists.find(key, async () => createBody(megabyte));
    }
    const source = createSource();
    expect(await textOf(lists.find('key 11', source.load))).toBe(megabyte);
    expect(source.loads()).toBe(0);
    const forgotten = lists.find('key 0', source.load);
    source.end(0, 'loaded again');
    expect(await textOf(forgotten)).toBe('loaded again');
  });
});
