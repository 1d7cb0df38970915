import { Html } from '@kitajs/html';
import { AdminLayout } from './admin_layout.tsx';
import type { Chrome } from './parts/chrome.ts';
import { changedColumn, linksColumn } from './parts/columns.tsx';
import { List, type ListProps, ListRows } from './parts/list.tsx';
import type { ListState } from './parts/list_state.ts';
import { SafeLink } from './parts/safe_link.tsx';

type PageListProps = {
  chrome: Chrome;
  list: ListState;
};

/** The list of pages. */
export function PagesPage(props: PageListProps & { scripts: readonly string[] }): JSX.Element {
  const { chrome, list } = props;
  const { m } = chrome;
  const add = (
    <a class="button button-primary" href={`${list.path}add/`} safe>
      {m.lists.pages.add}
    </a>
  );
  return (
    <AdminLayout
      chrome={chrome}
      title={m.frame.pages}
      section="pages"
      scripts={props.scripts}
      actions={list.mayEdit ? add : ''}
    >
      <List {...listProps(props)} />
    </AdminLayout>
  );
}

/** Its rows alone. */
export function PageRows(props: PageListProps): JSX.Element {
  return <ListRows {...listProps(props)} />;
}

function listProps({ chrome, list }: PageListProps): ListProps {
  const { m } = chrome;
  const { add, none, forms } = m.lists.pages;
  const columns = [
    { label: m.fields.url.label, kind: 'text', cell: ({ url = '' }) => <SafeLink address={url} /> },
    linksColumn(m, m.lists.pages.contents),
    changedColumn(m),
  ] as const satisfies ListProps['columns'];
  return { chrome, list, columns, words: { add, none, count: (n) => m.plural(n, forms) } };
}
