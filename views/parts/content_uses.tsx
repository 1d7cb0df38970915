import { Html } from '@kitajs/html';
import type { Messages } from '../../src/messages/index.ts';
import type { ContentUses } from '../../src/store/content_uses.ts';

/** Beyond this a number says "more than": as far as the store counts. */
const COUNTED_MAX = 10_000;

/** How many pages, in words. */
export function countPages(m: Messages, count: number): string {
  if (count <= COUNTED_MAX) return m.plural(count, m.contents.pageForms);
  return m.contents.moreThan(m.plural(COUNTED_MAX, m.contents.pageForms));
}

/** Those that are not named: of more than are counted it is not known how many. */
function countRest(m: Messages, count: number, rest: number): string {
  const words = m.plural(count <= COUNTED_MAX ? rest : rest - 1, m.contents.pageForms);
  return count <= COUNTED_MAX ? words : m.contents.moreThan(words);
}

/** The pages that show a content, as links; of many the first, and how many more. */
export function UseList({ m, uses }: { m: Messages; uses: ContentUses }): JSX.Element {
  const rest = uses.count - uses.pages.length;
  return (
    <ul class="uses">
      {uses.pages.map(({ id, title }) => (
        <li>
          <a href={`/admin/pages/${id}/`} dir="auto" safe>
            {title}
          </a>
        </li>
      ))}
      {rest > 0 && uses.pages.length > 0 ? (
        <li class="soft" safe>
          {m.contents.morePages(countRest(m, uses.count, rest))}
        </li>
      ) : (
        ''
      )}
    </ul>
  );
}
