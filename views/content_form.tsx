import { Html } from '@kitajs/html';
import type { ContentUses } from '../src/store/content_uses.ts';
import { AdminLayout } from './admin_layout.tsx';
import type { Chrome } from './parts/chrome.ts';
import { countPages, UseList } from './parts/content_uses.tsx';
import { CsrfField } from './parts/field.tsx';
import { type FormField, FormFields } from './parts/form_fields.tsx';
import { type Preview, PreviewPart } from './parts/preview.tsx';

/** A type as its section shows it. */
export interface ContentSection {
  readonly type: string;
  readonly name: string;
  readonly namePlural: string;
}

/** A content that is stored, beside the fields of its form. */
export interface StoredContent {
  readonly id: number;
  /** The one the next save is for. */
  readonly version: number;
  readonly title: string;
  readonly counter: number;
  readonly uses: ContentUses;
}

export type ContentFormProps = {
  chrome: Chrome;
  section: ContentSection;
  /** Undefined for a new one. */
  content: StoredContent | undefined;
  fields: readonly FormField[];
  isReadOnly: boolean;
  preview: Preview | undefined;
  /** Somebody deleted it while it was edited. */
  isGone?: boolean;
  /** What stands in the fields was sent and not stored. */
  isUnsaved: boolean;
  /** Addresses of the scripts this screen needs. */
  scripts: readonly string[];
};

const FORM_ID = 'content-form';

/** The form of a content of any type, and beside it what is known about it. */
export function ContentForm(props: ContentFormProps): JSX.Element {
  const { chrome, section, content, preview, isReadOnly } = props;
  const { m } = chrome;
  const listPath = `/admin/contents/${section.type}/`;
  const action = content === undefined ? `${listPath}add/` : `${listPath}${content.id}/`;
  const form = isReadOnly ? undefined : { id: FORM_ID, action };
  return (
    <AdminLayout
      chrome={chrome}
      title={content?.title ?? m.contents.add(section.name)}
      section={`contents/${section.type}`}
      trail={[{ href: listPath, text: section.namePlural }]}
      scripts={props.scripts}
    >
      {props.isGone ? (
        <p class="notice notice-warning" role="alert" safe>
          {m.contents.gone}
        </p>
      ) : (
        ''
      )}
      {isReadOnly ? (
        <p class="notice" safe>
          {m.contents.readOnly}
        </p>
      ) : (
        ''
      )}
      <div class="with-side">
        <Fields {...props} action={action} />
        <aside class="side">
          {preview === undefined ? '' : <PreviewPart m={m} preview={preview} form={form} />}
          {content === undefined ? '' : <Facts chrome={chrome} action={action} content={content} />}
        </aside>
      </div>
    </AdminLayout>
  );
}

function Fields(props: ContentFormProps & { action: string }): JSX.Element {
  const { chrome, content, fields, isReadOnly, action } = props;
  const { m } = chrome;
  return (
    <form
      id={FORM_ID}
      method="post"
      action={action}
      enctype="multipart/form-data"
      class="stack"
      {...(isReadOnly ? {} : { 'data-draft': '' })}
      {...(props.isUnsaved ? { 'data-unsaved': '' } : {})}
    >
      <CsrfField token={chrome.csrf} />
      {content === undefined ? '' : <input type="hidden" name="version" value={String(content.version)} />}
      <FormFields m={m} fields={fields} isReadOnly={isReadOnly} hasFocus={content === undefined} />
      {isReadOnly ? (
        ''
      ) : (
        <div class="form-actions">
          <button class="button button-primary" type="submit" name="_save" value="1" safe>
            {m.common.save}
          </button>
          <button class="button" type="submit" name="_continue" value="1" safe>
            {m.contents.saveAndContinue}
          </button>
          <button class="button" type="submit" name="_addanother" value="1" safe>
            {m.contents.saveAndAdd}
          </button>
          {content === undefined ? (
            ''
          ) : (
            <a class="button button-danger form-remove" href={`${action}delete/`} safe>
              {m.common.remove}
            </a>
          )}
        </div>
      )}
    </form>
  );
}

function Facts(props: { chrome: Chrome; action: string; content: StoredContent }): JSX.Element {
  const { m } = props.chrome;
  const { id, counter, uses } = props.content;
  return (
    <>
      <section class="side-part" aria-labelledby="uses-heading">
        <h2 id="uses-heading" safe>
          {m.contents.uses}
        </h2>
        <p class="soft" safe>
          {uses.count === 0 ? m.contents.notUsed : countPages(m, uses.count)}
        </p>
        {uses.count === 0 ? '' : <UseList m={m} uses={uses} />}
      </section>
      <section class="side-part" aria-labelledby="facts-heading">
        <h2 id="facts-heading" safe>
          {m.contents.facts}
        </h2>
        <dl class="facts">
          <dt safe>{m.contents.counter}</dt>
          <dd>
            <span safe>{m.number(counter)}</span>{' '}
            <span class="soft" safe>
              {m.contents.counterHelp}
            </span>
          </dd>
          <dt safe>{m.contents.id}</dt>
          <dd>{id}</dd>
        </dl>
        <p>
          <a href={`${props.action}history/`} safe>
            {m.contents.history}
          </a>
        </p>
      </section>
    </>
  );
}
