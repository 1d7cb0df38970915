import { Html } from '@kitajs/html';
import type { Messages } from '../../src/messages/index.ts';
import type { ListState } from './list_state.ts';

/** Search by title: a plain form, and while one types the list alone is fetched anew. A later answer ends an earlier one. */
export function ListSearch({ m, list }: { m: Messages; list: ListState }): JSX.Element {
  return (
    <search>
      <form
        class="list-tools"
        method="get"
        action={list.path}
        hx-get={list.path}
        hx-trigger="submit, input delay:200ms"
        hx-target="#list"
        hx-swap="outerHTML"
        hx-sync="this:replace"
        {...{ 'hx-status:4xx': 'swap:none', 'hx-status:5xx': 'swap:none' }}
        data-list-search
        data-failed={Html.escapeHtml(m.lists.failed)}
      >
        {list.sort === list.defaultSort ? '' : <input type="hidden" name="sort" value={Html.escapeHtml(list.sort)} />}
        <label class="visually-hidden" for="list-search" safe>
          {m.lists.searchTitles}
        </label>
        <input
          id="list-search"
          name="q"
          type="search"
          value={Html.escapeHtml(list.term)}
          placeholder={Html.escapeHtml(m.lists.searchTitles)}
          autocomplete="off"
          maxlength="255"
        />
        <button class="button" type="submit" safe>
          {m.common.search}
        </button>
        <p class="visually-hidden" role="status" data-list-status></p>
      </form>
    </search>
  );
}
