import { Html } from '@kitajs/html';
import type { Messages } from '../../src/messages/index.ts';
import type { ListedRow } from '../../src/store/listing.ts';
import type { Column } from './list.tsx';

/** Links of one row are counted up to this; from there on a list says "1,000+". */
const COUNTED_LINKS_MAX = 1000;

/** A column of numbers. */
export function numberColumn(m: Messages, label: string, read: (row: ListedRow) => number): Column {
  return { label, kind: 'number', cell: (row) => <span safe>{m.number(read(row))}</span> };
}

/** How many pages a content stands on, or how many contents a page shows. */
export function linksColumn(m: Messages, label: string): Column {
  const text = ({ links }: ListedRow) => `${m.number(links)}${links < COUNTED_LINKS_MAX ? '' : '+'}`;
  return { label, kind: 'number', cell: (row) => <span safe>{text(row)}</span> };
}

/** When a row was changed last. */
export function changedColumn(m: Messages): Column {
  return {
    label: m.lists.changed,
    sort: 'updated',
    kind: 'time',
    cell: ({ updatedAt }) => (
      <time datetime={updatedAt.toISOString()} safe>
        {m.time(updatedAt)}
      </time>
    ),
  };
}
