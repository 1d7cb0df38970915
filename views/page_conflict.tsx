import { Html } from '@kitajs/html';
import { AdminLayout } from './admin_layout.tsx';
import type { Chrome } from './parts/chrome.ts';
import { Conflict } from './parts/conflict.tsx';
import type { ConflictField } from './parts/conflict_field.ts';

type PageConflictProps = {
  chrome: Chrome;
  page: { readonly id: number; readonly version: number; readonly title: string };
  fields: readonly ConflictField[];
  saved: { readonly by: string; readonly at: Date } | undefined;
};

/** Two versions of a page: the one that was sent too late, and the one that is stored. */
export function PageConflictPage({ chrome, page, fields, saved }: PageConflictProps): JSX.Element {
  const { m } = chrome;
  const path = `/admin/pages/${page.id}/`;
  return (
    <AdminLayout
      chrome={chrome}
      title={m.conflict.title(page.title)}
      section="pages"
      trail={[
        { href: '/admin/pages/', text: m.frame.pages },
        { href: path, text: page.title },
      ]}
    >
      <Conflict chrome={chrome} action={path} theirsPath={path} version={page.version} fields={fields} saved={saved} />
    </AdminLayout>
  );
}
