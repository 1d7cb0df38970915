import { expect, test } from 'bun:test';
import { createMessages } from '../../src/messages/index.ts';
import { compareLists } from '../../views/parts/list_diff.ts';
import { ListSideView } from '../../views/parts/list_side.tsx';

const { en: m } = createMessages('UTC');

/** What is said of the items that are not shown. */
async function restOf(mine: readonly string[], theirs: readonly string[]): Promise<string[]> {
  const items = compareLists(mine, theirs).mine;
  const html = await ListSideView({ m, side: { items, names: new Map(), only: 'mine' } });
  return [...html.matchAll(/<li class="compared-rest[^>]*>([^<]*)/g)].map(([, text = '']) => text);
}

const items = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}${index}`);

test('of two long lists, what is left out because it is equal is told from what there is no room for', async () => {
  const shared = items('shared', 100);
  expect(await restOf([...shared, ...items('mine', 10)], shared)).toEqual(['and 98 contents more, the same in both']);
  expect(await restOf([...shared, ...items('mine', 400)], shared)).toEqual([
    'and 102 contents more around further differences, not shown here',
    'and 98 contents more, the same in both',
  ]);
});
