import { expect, test } from 'bun:test';
import { createMessages } from '../../src/messages/index.ts';
import { USES_COUNTED_MAX } from '../../src/store/content_uses.ts';
import { UseList } from '../../views/parts/content_uses.tsx';

const { en: m } = createMessages('UTC');
const pages = [
  { id: 1, title: 'One' },
  { id: 2, title: 'Two' },
];

test.each([
  [2, undefined],
  [3, 'and 1 page more'],
  [USES_COUNTED_MAX, 'and 9,998 pages more'],
  [USES_COUNTED_MAX + 1, 'and more than 9,998 pages more'],
])(
  'of %p pages that show a content, two are named and the rest is counted as far as it is known',
  async (count, rest) => {
    const html = await UseList({ m, uses: { pages, count } });
    expect(/<li class="soft">([^<]*)/.exec(html)?.[1]).toBe(rest);
  },
);
