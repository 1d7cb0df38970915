import { Html } from '@kitajs/html';
import { AdminLayout } from './admin_layout.tsx';
import type { ContentSection } from './content_form.tsx';
import type { Chrome } from './parts/chrome.ts';
import { Conflict } from './parts/conflict.tsx';
import type { ConflictField } from './parts/conflict_field.ts';

type ContentConflictProps = {
  chrome: Chrome;
  section: ContentSection;
  content: { readonly id: number; readonly version: number; readonly title: string };
  fields: readonly ConflictField[];
  saved: { readonly by: string; readonly at: Date } | undefined;
};

/** Two versions of a content: the one that was sent too late, and the one that is stored. */
export function ContentConflictPage({ chrome, section, content, fields, saved }: ContentConflictProps): JSX.Element {
  const listPath = `/admin/contents/${section.type}/`;
  const path = `${listPath}${content.id}/`;
  return (
    <AdminLayout
      chrome={chrome}
      title={chrome.m.conflict.title(content.title)}
      section={`contents/${section.type}`}
      trail={[
        { href: listPath, text: section.namePlural },
        { href: path, text: content.title },
      ]}
    >
      <Conflict
        chrome={chrome}
        action={path}
        theirsPath={path}
        version={content.version}
        fields={fields}
        saved={saved}
      />
    </AdminLayout>
  );
}
