import { Html } from '@kitajs/html';
import type { Messages } from '../../src/messages/index.ts';
import type { ListedRow } from '../../src/store/listing.ts';
import type { Chrome } from './chrome.ts';
import { CsrfField } from './field.tsx';
import { ListSearch } from './list_search.tsx';
import type { ListState } from './list_state.ts';
import { listAddress, Pager } from './pager.tsx';

/** A column after the title's. */
export interface Column {
  readonly label: string;
  /** What a click on its heading sorts by. */
  readonly sort?: 'id' | 'updated';
  readonly kind: 'text' | 'number' | 'time';
  cell(row: ListedRow): JSX.Element;
}

/** What one list says of its objects. */
export interface ListWords {
  /** How many of them, in words. */
  count(n: number): string;
  /** The button that makes a new one, and what the list says while it is empty. */
  readonly add: string;
  readonly none: string;
}

export type ListProps = {
  chrome: Chrome;
  list: ListState;
  columns: readonly Column[];
  words: ListWords;
};

/** The search and the list; its rows come alone when htmx asks for them (`ListRows`). */
export function List(props: ListProps): JSX.Element {
  const { chrome, list } = props;
  return (
    <>
      <ListSearch m={chrome.m} list={list} />
      <ListRows {...props} />
    </>
  );
}

/** Count, rows and pager. `lists.js` counts what is selected. */
export function ListRows(props: ListProps): JSX.Element {
  const { chrome, list, words } = props;
  const { m } = chrome;
  const table = list.rows.length === 0 ? <Empty {...props} /> : <Table {...props} />;
  return (
    <div id="list" class="list">
      <p class="list-count soft" data-count safe>
        {countWords(m, list, words)}
      </p>
      {list.mayEdit && list.rows.length > 0 ? (
        <form method="post" action={`${list.path}delete/`} data-select>
          <CsrfField token={chrome.csrf} />
          {table}
          <div class="bulk">
            <button class="button button-danger" type="submit" safe>
              {m.lists.removeSelected}
            </button>
            <span class="soft" data-selected data-text={Html.escapeHtml(m.lists.selected)}></span>
          </div>
        </form>
      ) : (
        table
      )}
      <Pager m={m} list={list} />
    </div>
  );
}

function countWords(m: Messages, list: ListState, words: ListWords): string {
  if (list.count !== undefined)
    return list.term === '' ? words.count(list.count) : m.lists.found(words.count(list.count));
  return m.lists.foundMore;
}

function Table({ chrome, list, columns }: ListProps): JSX.Element {
  const { m } = chrome;
  return (
    <div class="table-scroll">
      <table class="table">
        <thead>
          <tr>
            {list.mayEdit ? (
              <th class="select">
                <input type="checkbox" data-select-all hidden aria-label={Html.escapeHtml(m.lists.selectAll)} />
              </th>
            ) : (
              ''
            )}
            <Heading m={m} list={list} column={{ label: m.fields.title.label, sort: 'title', kind: 'text' }} />
            {columns.map((column) => (
              <Heading m={m} list={list} column={column} />
            ))}
          </tr>
        </thead>
        <tbody>
          {list.rows.map((row) => (
            <Row m={m} list={list} columns={columns} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

type HeadingProps = {
  m: Messages;
  list: ListState;
  column: Pick<Column, 'label' | 'kind'> & { sort?: 'id' | 'title' | 'updated' };
};

/** A heading that sorts: once more turns the order around. What a search finds is in the order of how well it fits. */
function Heading({ m, list, column }: HeadingProps): JSX.Element {
  const { label, sort, kind } = column;
  const isSortable = sort !== undefined && list.term === '';
  const isUp = isSortable && list.sort === sort;
  const isDown = isSortable && list.sort === `-${sort}`;
  if (!isSortable) {
    return (
      <th scope="col" class={kind} safe>
        {label}
      </th>
    );
  }
  const next = isUp || (kind === 'time' && !isDown) ? `-${sort}` : sort;
  return (
    <th scope="col" class={kind} aria-sort={isUp ? 'ascending' : isDown ? 'descending' : undefined}>
      <a
        href={Html.escapeHtml(listAddress(list, { sort: next }))}
        title={Html.escapeHtml(next.startsWith('-') ? m.lists.sortDown : m.lists.sortUp)}
        safe
      >
        {label}
      </a>
    </th>
  );
}

function Row(props: { m: Messages; list: ListState; columns: readonly Column[]; row: ListedRow }): JSX.Element {
  const { m, list, columns, row } = props;
  return (
    <tr>
      {list.mayEdit ? (
        <td class="select">
          <input
            type="checkbox"
            name="ids"
            value={String(row.id)}
            aria-label={Html.escapeHtml(m.lists.select(row.title))}
            autocomplete="off"
          />
        </td>
      ) : (
        ''
      )}
      <th scope="row">
        <a href={`${list.path}${row.id}/`} dir="auto" safe>
          {row.title}
        </a>
      </th>
      {columns.map((column) => (
        <td class={column.kind}>{column.cell(row)}</td>
      ))}
    </tr>
  );
}

/** A list without rows says what to do next. */
function Empty({ chrome, list, words }: ListProps): JSX.Element {
  const { m } = chrome;
  return (
    <div class="empty">
      <p safe>{list.term === '' ? words.none : m.lists.nothingFor(list.term)}</p>
      <div class="form-actions">
        {list.term === '' ? (
          ''
        ) : (
          <a class="button" href={Html.escapeHtml(list.path)} safe>
            {m.lists.showAll}
          </a>
        )}
        {list.mayEdit ? (
          <a class="button" href={`${list.path}add/`} safe>
            {words.add}
          </a>
        ) : (
          ''
        )}
      </div>
    </div>
  );
}
