import { Html } from '@kitajs/html';
import { AdminLayout } from './admin_layout.tsx';
import type { Chrome, Section } from './parts/chrome.ts';
import { CsrfField } from './parts/field.tsx';
import { type FieldChange, FieldChanges } from './parts/field_change.tsx';

type RestoreProps = {
  chrome: Chrome;
  action: string;
  historyPath: string;
  section: Section;
  parent: { readonly href: string; readonly text: string };
  /** Where the object is edited; undefined when it is gone. */
  path: string | undefined;
  title: string;
  entry: { readonly at: Date; readonly by: string };
  /** The version that would be replaced; undefined when the object is gone. */
  version: number | undefined;
  changes: readonly FieldChange[];
  /** Contents that cannot be on the page any more, and how many beyond those. */
  missing: readonly string[];
  missingMore: number;
  /** Why this version cannot be stored at all. */
  refusals: readonly string[];
  /** What went wrong a moment ago, '' for nothing. */
  problem: string;
};

/** Asks before a version is restored, and says what would change. */
export function RestorePage(props: RestoreProps): JSX.Element {
  const { chrome, title, entry, changes, version, path } = props;
  const { m } = chrome;
  const { restore } = m.history;
  const trail = [props.parent, ...(path === undefined ? [] : [{ href: path, text: title }])];
  const isSame = version !== undefined && changes.length === 0 && props.missing.length === 0;
  return (
    <AdminLayout
      chrome={chrome}
      title={restore.title(title)}
      section={props.section}
      trail={[...trail, { href: props.historyPath, text: m.frame.history }]}
    >
      {props.problem === '' ? (
        ''
      ) : (
        <p class="notice notice-warning" role="alert" safe>
          {props.problem}
        </p>
      )}
      <p safe>{restore.version(m.time(entry.at), entry.by)}</p>
      {isSame ? <p safe>{restore.same}</p> : <p safe>{version === undefined ? restore.anew : restore.asChange}</p>}
      {changes.length === 0 ? '' : <h2 safe>{restore.would}</h2>}
      <FieldChanges m={m} changes={changes} />
      <Refusals {...props} />
      <form method="post" action={Html.escapeHtml(props.action)} class="stack">
        <CsrfField token={chrome.csrf} />
        <input type="hidden" name="version" value={version === undefined ? '' : String(version)} />
        <Missing {...props} />
        <div class="form-actions">
          {isSame || props.refusals.length > 0 ? (
            ''
          ) : (
            <button class="button button-primary" type="submit" safe>
              {restore.confirm}
            </button>
          )}
          <a class="button" href={Html.escapeHtml(props.historyPath)} safe>
            {isSame ? m.common.back : m.common.cancel}
          </a>
        </div>
      </form>
    </AdminLayout>
  );
}

function Refusals({ chrome, refusals }: RestoreProps): JSX.Element {
  if (refusals.length === 0) return '';
  return (
    <div class="notice notice-error" role="alert">
      <p safe>{chrome.m.history.restore.refused}</p>
      <ul>
        {refusals.map((refusal) => (
          <li safe>{refusal}</li>
        ))}
      </ul>
    </div>
  );
}

function Missing({ chrome, missing, missingMore }: RestoreProps): JSX.Element {
  const { m } = chrome;
  const { restore } = m.history;
  if (missing.length === 0) return '';
  return (
    <div class="notice notice-warning">
      <p safe>{restore.missing}</p>
      <ul>
        {missing.map((name) => (
          <li safe>{name}</li>
        ))}
        {missingMore === 0 ? '' : <li safe>{restore.missingMore(m.plural(missingMore, restore.contentForms))}</li>}
      </ul>
      <label class="confirmation">
        <input type="checkbox" name="leave_out" value={String(missing.length + missingMore)} required />{' '}
        <span safe>{restore.leaveOut}</span>
      </label>
    </div>
  );
}
