import { Html } from '@kitajs/html';
import { AdminLayout } from './admin_layout.tsx';
import type { Chrome } from './parts/chrome.ts';
import { CsrfField } from './parts/field.tsx';
import { type FormField, FormFields } from './parts/form_fields.tsx';
import { Inlines, type InlinesProps } from './parts/inlines.tsx';

/** A page that is stored, beside its form. */
interface StoredPage {
  readonly id: number;
  readonly title: string;
  /** The one the next save is for. */
  readonly version: number;
  readonly updatedAt: Date;
}

type PageFormProps = Omit<InlinesProps, 'm'> & {
  chrome: Chrome;
  /** Undefined for a new one. */
  page: StoredPage | undefined;
  fields: readonly FormField[];
  /** Contents with something wrong, listed or not. */
  rowsWrong: number;
  /** Somebody deleted it while it was edited. */
  isGone: boolean;
  /** What stands in the form is stored nowhere: who leaves is asked. */
  isUnsaved: boolean;
  /** Addresses of the scripts this screen needs. */
  scripts: readonly string[];
};

/** The form of a page: its fields, its contents in order, and beside them what is known about it. */
export function PageForm(props: PageFormProps): JSX.Element {
  const { chrome, page, isReadOnly, isGone } = props;
  const { m } = chrome;
  return (
    <AdminLayout
      chrome={chrome}
      title={page?.title ?? m.pages.add}
      section="pages"
      trail={[{ href: '/admin/pages/', text: m.frame.pages }]}
      scripts={props.scripts}
    >
      {isGone ? (
        <p class="notice notice-warning" role="alert" safe>
          {m.pages.gone}
        </p>
      ) : (
        ''
      )}
      {isReadOnly ? (
        <p class="notice" safe>
          {m.pages.readOnly}
        </p>
      ) : (
        ''
      )}
      <div class="with-side">
        <Form {...props} />
        {page === undefined ? '' : <Facts chrome={chrome} page={page} isReadOnly={isReadOnly} />}
      </div>
    </AdminLayout>
  );
}

function Form(props: PageFormProps): JSX.Element {
  const { chrome, page, fields, rowsWrong, isReadOnly, isUnsaved } = props;
  const { m } = chrome;
  const action = page === undefined ? '/admin/pages/add/' : `/admin/pages/${page.id}/`;
  if (isReadOnly) {
    return (
      <div class="stack">
        <FormFields m={m} fields={fields} isReadOnly hasFocus={false} />
        <Inlines {...props} m={m} />
      </div>
    );
  }
  return (
    <form method="post" action={action} class="stack" data-draft data-unsaved={isUnsaved}>
      <CsrfField token={chrome.csrf} />
      {page === undefined ? '' : <input type="hidden" name="version" value={String(page.version)} />}
      {/* Enter in a field presses the first button of a form, shown or not. */}
      <button type="submit" name="_save" value="enter" hidden safe>
        {m.common.save}
      </button>
      <FormFields m={m} fields={fields} isReadOnly={false} hasFocus={page === undefined} othersWrong={rowsWrong} />
      <Inlines {...props} m={m} />
      <Buttons m={m} page={page} />
    </form>
  );
}

function Buttons({ m, page }: { m: Chrome['m']; page: StoredPage | undefined }): JSX.Element {
  return (
    <div class="form-actions form-actions-sticky">
      <button class="button button-primary" type="submit" name="_save" value="1" safe>
        {m.common.save}
      </button>
      <button class="button" type="submit" name="_continue" value="1" safe>
        {m.pages.saveAndContinue}
      </button>
      <button class="button" type="submit" name="_addanother" value="1" safe>
        {m.pages.saveAndAdd}
      </button>
      {page === undefined ? (
        ''
      ) : (
        <a class="button button-danger form-remove" href={`/admin/pages/${page.id}/delete/`} safe>
          {m.common.remove}
        </a>
      )}
    </div>
  );
}

function Facts({ chrome, page, isReadOnly }: { chrome: Chrome; page: StoredPage; isReadOnly: boolean }): JSX.Element {
  const { m } = chrome;
  const path = `/admin/pages/${page.id}/`;
  return (
    <aside class="side">
      <section class="side-part" aria-labelledby="facts-heading">
        <h2 id="facts-heading" safe>
          {m.pages.facts}
        </h2>
        <dl class="facts">
          <dt safe>{m.pages.savedAt}</dt>
          <dd>
            <time datetime={page.updatedAt.toISOString()} safe>
              {m.time(page.updatedAt)}
            </time>
          </dd>
          <dt safe>{m.pages.id}</dt>
          <dd>{page.id}</dd>
        </dl>
        <ul class="side-links">
          <li>
            <a href={`${path}history/`} safe>
              {m.pages.history}
            </a>
          </li>
          <li>
            <a href={`/api/v1/pages/${page.id}/`} target="_blank" rel="noopener" safe>
              {m.pages.api}
            </a>
          </li>
        </ul>
        {isReadOnly ? (
          ''
        ) : (
          <form method="post" action={`${path}duplicate/`}>
            <CsrfField token={chrome.csrf} />
            <button class="button" type="submit" aria-describedby="duplicate-help" safe>
              {m.pages.duplicate}
            </button>
            <p class="field-help" id="duplicate-help" safe>
              {m.pages.duplicateHelp}
            </p>
          </form>
        )}
      </section>
    </aside>
  );
}
