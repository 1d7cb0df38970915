import { Html } from '@kitajs/html';
import { AdminLayout } from './admin_layout.tsx';
import type { ContentSection, StoredContent } from './content_form.tsx';
import type { Chrome } from './parts/chrome.ts';
import { countPages, UseList } from './parts/content_uses.tsx';
import { CsrfField } from './parts/field.tsx';

type ContentRemovalProps = {
  chrome: Chrome;
  section: ContentSection;
  content: Pick<StoredContent, 'id' | 'title' | 'uses'>;
};

/** Asks before a content is deleted; of one that pages show, says which. */
export function ContentRemovalPage({ chrome, section, content }: ContentRemovalProps): JSX.Element {
  const { m } = chrome;
  const { title, uses } = content;
  const listPath = `/admin/contents/${section.type}/`;
  const path = `${listPath}${content.id}/`;
  const isProtected = uses.count > 0;
  return (
    <AdminLayout
      chrome={chrome}
      title={isProtected ? m.contents.removal.protected(title) : m.contents.removal.title(title)}
      section={`contents/${section.type}`}
      trail={[
        { href: listPath, text: section.namePlural },
        { href: path, text: title },
      ]}
    >
      {isProtected ? (
        <>
          <p class="notice notice-warning" role="alert" safe>
            {`${m.contents.removal.protectedText} ${countPages(m, uses.count)}`}
          </p>
          <UseList m={m} uses={uses} />
          <a class="button" href={path} safe>
            {m.common.back}
          </a>
        </>
      ) : (
        <form method="post" action={`${path}delete/`} class="stack">
          <CsrfField token={chrome.csrf} />
          <p safe>{m.contents.removal.text}</p>
          <div class="form-actions">
            <button class="button button-danger" type="submit" safe>
              {m.contents.removal.confirm}
            </button>
            <a class="button" href={path} safe>
              {m.common.cancel}
            </a>
          </div>
        </form>
      )}
    </AdminLayout>
  );
}
