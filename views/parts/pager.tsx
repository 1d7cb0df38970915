import { Html } from '@kitajs/html';
import type { Messages } from '../../src/messages/index.ts';
import type { ListState } from './list_state.ts';

/** The address of a list with another order or another part of it; what is usual is left out. */
export function listAddress(
  { path, term, sort, defaultSort }: Pick<ListState, 'path' | 'term' | 'sort' | 'defaultSort'>,
  wanted: { readonly sort?: string; readonly cursor?: string | undefined },
): string {
  const query = new URLSearchParams();
  const order = wanted.sort ?? sort;
  if (term !== '') query.set('q', term);
  if (order !== defaultSort) query.set('sort', order);
  if (wanted.cursor !== undefined) query.set('cursor', wanted.cursor);
  return query.size === 0 ? path : `${path}?${query}`;
}

/** First, previous, next and last part of a list; nothing where all of it is shown. A search has no last part. */
export function Pager({ m, list }: { m: Messages; list: ListState }): JSX.Element {
  if (list.next === undefined && list.previous === undefined) return '';
  const to = (cursor: string | undefined) => listAddress(list, { cursor });
  return (
    <nav class="pager" aria-label={Html.escapeHtml(m.lists.parts)}>
      <Step text={m.lists.first} href={list.previous && to(undefined)} />
      <Step text={m.lists.previous} href={list.previous && to(list.previous)} rel="prev" />
      <Step text={m.lists.next} href={list.next && to(list.next)} rel="next" />
      {list.term === '' ? <Step text={m.lists.last} href={list.next && to(list.lastPart)} /> : ''}
    </nav>
  );
}

function Step({ text, href, rel }: { text: string; href: string | undefined; rel?: string }): JSX.Element {
  if (href === undefined) {
    return (
      <span class="button" aria-disabled="true" safe>
        {text}
      </span>
    );
  }
  return (
    <a class="button" href={Html.escapeHtml(href)} rel={rel} safe>
      {text}
    </a>
  );
}
