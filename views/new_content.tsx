import { Html } from '@kitajs/html';
import { AdminLayout } from './admin_layout.tsx';
import type { Chrome } from './parts/chrome.ts';
import { CsrfField, Field } from './parts/field.tsx';
import type { FormField } from './parts/form_fields.tsx';

type NewContentProps = {
  chrome: Chrome;
  /** The name of the type in addresses, and for people. */
  type: string;
  typeName: string;
  fields: readonly FormField[];
};

/**
 * The form of a new content inside the chooser's dialog. What `chooser_dialog.js` says in it stands in its data: it is
 * what only the browser knows.
 */
export function NewContentForm({ chrome, type, typeName, fields }: NewContentProps): JSX.Element {
  const { m, csrf } = chrome;
  const { dialog } = m.chooser;
  const address = `/admin/autocomplete/new/${type}/`;
  const firstWrong = fields.find(({ problems }) => problems.length > 0);
  const first = firstWrong ?? fields.find(({ value }) => value === '') ?? fields[0];
  return (
    <form
      class="stack"
      method="post"
      action={address}
      hx-post={address}
      hx-target="closest dialog"
      hx-disable="find button"
      novalidate
      aria-labelledby="chooser-dialog-title"
      data-discard={Html.escapeHtml(dialog.discard)}
    >
      <h2 id="chooser-dialog-title" safe>
        {dialog.title(typeName)}
      </h2>
      <div role="alert">
        <p class="notice notice-error" data-problem="failed" hidden safe>
          {dialog.failed}
        </p>
        <p class="notice notice-error" data-problem="denied" hidden safe>
          {dialog.denied}
        </p>
        <p class="notice notice-warning" data-problem="ended" hidden>
          <span safe>{dialog.ended}</span>{' '}
          <a href="/admin/login/" target="_blank" rel="noopener" safe>
            {dialog.login}
          </a>
        </p>
      </div>
      <CsrfField token={csrf} />
      {fields.map((field) => (
        <Field m={m} {...field} scope="chooser-new" isFirst={field === first} />
      ))}
      <div class="choices">
        <button class="button button-primary" type="submit" safe>
          {dialog.create}
        </button>
        <button class="button" type="button" data-close safe>
          {m.common.cancel}
        </button>
      </div>
    </form>
  );
}

/** The same form as a page of its own, for who opens its address. */
export function NewContentPage(props: NewContentProps): JSX.Element {
  const { chrome, type, typeName } = props;
  return (
    <AdminLayout chrome={chrome} title={chrome.m.chooser.dialog.title(typeName)} section={`contents/${type}`}>
      <NewContentForm {...props} />
    </AdminLayout>
  );
}

type CreatedProps = { value: string; id: string; type: string; text: string };

/** What the dialog is answered when the content is stored: `chooser_dialog.js` chooses it and closes. */
export function CreatedContent({ value, id, type, text }: CreatedProps): JSX.Element {
  return (
    <p
      data-value={Html.escapeHtml(value)}
      data-id={Html.escapeHtml(id)}
      data-type={Html.escapeHtml(type)}
      data-text={Html.escapeHtml(text)}
      safe
    >
      {text}
    </p>
  );
}
