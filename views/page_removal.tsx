import { Html } from '@kitajs/html';
import { AdminLayout } from './admin_layout.tsx';
import type { Chrome } from './parts/chrome.ts';
import { CsrfField } from './parts/field.tsx';

type PageRemovalProps = {
  chrome: Chrome;
  /** `places` is how many contents it shows, one counted as often as it is shown. */
  page: { readonly id: number; readonly title: string; readonly places: number };
};

/** Asks before a page is deleted, and says what goes and what stays. */
export function PageRemovalPage({ chrome, page }: PageRemovalProps): JSX.Element {
  const { m } = chrome;
  const { removal } = m.pages;
  const path = `/admin/pages/${page.id}/`;
  const counted = m.plural(page.places, removal.placeForms);
  return (
    <AdminLayout
      chrome={chrome}
      title={removal.title(page.title)}
      section="pages"
      trail={[
        { href: '/admin/pages/', text: m.frame.pages },
        { href: path, text: page.title },
      ]}
    >
      <form method="post" action={`${path}delete/`} class="stack">
        <CsrfField token={chrome.csrf} />
        <p safe>{page.places === 0 ? removal.empty : removal.text(counted)}</p>
        <div class="form-actions">
          <button class="button button-danger" type="submit" safe>
            {removal.confirm}
          </button>
          <a class="button" href={path} safe>
            {m.common.cancel}
          </a>
        </div>
      </form>
    </AdminLayout>
  );
}
