import { Html } from '@kitajs/html';
import { AdminLayout } from './admin_layout.tsx';
import type { ContentSection } from './content_form.tsx';
import type { Chrome } from './parts/chrome.ts';
import { changedColumn, linksColumn, numberColumn } from './parts/columns.tsx';
import { List, type ListProps, ListRows } from './parts/list.tsx';
import type { ListState } from './parts/list_state.ts';

type ContentListProps = {
  chrome: Chrome;
  section: ContentSection;
  list: ListState;
};

/** The list of a type's contents. */
export function ContentsPage(props: ContentListProps & { scripts: readonly string[] }): JSX.Element {
  const { chrome, section, list } = props;
  const { m } = chrome;
  const add = (
    <a class="button button-primary" href={`${list.path}add/`} safe>
      {m.contents.add(section.name)}
    </a>
  );
  return (
    <AdminLayout
      chrome={chrome}
      title={section.namePlural}
      section={`contents/${section.type}`}
      scripts={props.scripts}
      actions={list.mayEdit ? add : ''}
    >
      <List {...listProps(props)} />
    </AdminLayout>
  );
}

/** Its rows alone. */
export function ContentRows(props: ContentListProps): JSX.Element {
  return <ListRows {...listProps(props)} />;
}

function listProps({ chrome, section, list }: ContentListProps): ListProps {
  const { m } = chrome;
  const columns = [
    { ...numberColumn(m, m.contents.id, ({ id }) => id), sort: 'id' },
    numberColumn(m, m.contents.counter, ({ counter = 0 }) => counter),
    linksColumn(m, m.frame.pages),
    changedColumn(m),
  ] as const satisfies ListProps['columns'];
  const words = {
    add: m.contents.add(section.name),
    none: m.lists.noContents(section.namePlural),
    count: (n: number) => m.lists.countContents(m.number(n), section.namePlural),
  };
  return { chrome, list, columns, words };
}
