import { Html } from '@kitajs/html';
import type { Messages } from '../../src/messages/index.ts';
import type { ComparedItem } from './list_diff.ts';

/** Equal items shown on each side of one that differs, and items shown at all. */
const CONTEXT_ITEMS = 2;
const ITEMS_MAX = 300;

/** One of two lists that differ. */
export interface ListSide {
  readonly items: readonly ComparedItem[];
  /** What an item is called. */
  readonly names: ReadonlyMap<string, string>;
  /** What is said of an item that the other list has not. */
  readonly only: 'mine' | 'theirs';
}

/** A list with what the other has not, or has elsewhere, marked: in words too. Long runs that are equal are left out. */
export function ListSideView({ m, side }: { m: Messages; side: ListSide }): JSX.Element {
  const { items, names } = side;
  const near = items.filter((_, index) => isNearChange(items, index));
  const shown = near.slice(0, ITEMS_MAX);
  const same = items.length - near.length;
  const cut = near.length - shown.length;
  return (
    <ol class="compared">
      {shown.map((item) => (
        <li value={String(item.place)} class={`compared-${item.mark} compared-${side.only}`}>
          <span dir="auto" safe>
            {names.get(item.value) ?? item.value}
          </span>{' '}
          <Mark m={m} item={item} only={side.only} />
        </li>
      ))}
      {cut === 0 ? (
        ''
      ) : (
        <li class="compared-rest soft" safe>
          {m.pages.list.cut(m.plural(cut, m.pages.contentForms))}
        </li>
      )}
      {same === 0 ? (
        ''
      ) : (
        <li class="compared-rest soft" safe>
          {m.pages.list.more(m.plural(same, m.pages.contentForms))}
        </li>
      )}
    </ol>
  );
}

function Mark({ m, item, only }: { m: Messages; item: ComparedItem; only: ListSide['only'] }): JSX.Element {
  const { list } = m.pages;
  if (item.mark === 'same') return '';
  const text =
    item.mark === 'moved'
      ? list.moved(m.number(item.otherPlace ?? 0))
      : only === 'mine'
        ? list.onlyMine
        : list.onlyTheirs;
  return (
    <span class="badge" safe>
      {text}
    </span>
  );
}

function isNearChange(items: readonly ComparedItem[], index: number): boolean {
  const near = items.slice(Math.max(0, index - CONTEXT_ITEMS), index + CONTEXT_ITEMS + 1);
  return items.length <= ITEMS_MAX / 10 || near.some(({ mark }) => mark !== 'same');
}
