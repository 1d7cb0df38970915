import { Html } from '@kitajs/html';
import type { ContentUses } from '../src/store/content_uses.ts';
import type { Named } from '../src/store/removals.ts';
import { AdminLayout } from './admin_layout.tsx';
import type { Chrome, Section } from './parts/chrome.ts';
import { UseList } from './parts/content_uses.tsx';
import { CsrfField } from './parts/field.tsx';

/** Titles that a summary names. */
const TITLES_MAX = 20;

type BulkRemovalProps = {
  chrome: Chrome;
  section: Section;
  sectionName: string;
  listPath: string;
  /** What goes. */
  removed: readonly Named[];
  /** What has to stay, with the pages that show it, and how many more stay. */
  kept: readonly { readonly title: string; readonly path: string; readonly uses: ContentUses }[];
  keptMore?: number;
  /** How many of the selected are gone already. */
  gone: number;
  summary: string;
  notes: readonly string[];
};

/** Asks before several objects are deleted, and says what goes and what stays. */
export function BulkRemovalPage(props: BulkRemovalProps): JSX.Element {
  const { chrome, section, sectionName, listPath, removed, gone, summary, notes } = props;
  const { m } = chrome;
  const { removal } = m.lists;
  return (
    <AdminLayout
      chrome={chrome}
      title={removed.length === 0 ? removal.allStay : removal.title}
      section={section}
      trail={[{ href: listPath, text: sectionName }]}
    >
      {removed.length === 0 ? (
        ''
      ) : (
        <p>
          <strong safe>{summary}</strong>
        </p>
      )}
      <ul class="uses">
        {removed.slice(0, TITLES_MAX).map(({ id, title }) => (
          <li>
            <a href={`${listPath}${id}/`} dir="auto" safe>
              {title}
            </a>
          </li>
        ))}
        {removed.length > TITLES_MAX ? <li safe>{removal.more(m.number(removed.length - TITLES_MAX))}</li> : ''}
      </ul>
      {[...notes, ...(gone === 0 ? [] : [removal.alreadyRemoved(m.number(gone))])].map((note) => (
        <p safe>{note}</p>
      ))}
      <Kept {...props} />
      <form method="post" action={`${listPath}delete/`} class="stack">
        <CsrfField token={chrome.csrf} />
        <input type="hidden" name="confirmed" value="1" />
        {removed.map(({ id }) => (
          <input type="hidden" name="ids" value={String(id)} />
        ))}
        {removed.length === 0 ? (
          ''
        ) : (
          <p class="soft" safe>
            {removal.historyStays}
          </p>
        )}
        <div class="form-actions">
          {removed.length === 0 ? (
            ''
          ) : (
            <button class="button button-danger" type="submit" safe>
              {removal.confirm(m.number(removed.length))}
            </button>
          )}
          <a class="button" href={listPath} safe>
            {removed.length === 0 ? m.common.back : m.common.cancel}
          </a>
        </div>
      </form>
    </AdminLayout>
  );
}

function Kept({ chrome, kept, keptMore = 0 }: BulkRemovalProps): JSX.Element {
  const { m } = chrome;
  if (kept.length === 0) return '';
  return (
    <section class="kept">
      <p class="notice notice-warning" safe>
        {m.lists.removal.protected}
      </p>
      <ul class="uses">
        {kept.map(({ title, path, uses }) => (
          <li>
            <a href={path} dir="auto" safe>
              {title}
            </a>
            <UseList m={m} uses={uses} />
          </li>
        ))}
        {keptMore > 0 ? <li safe>{m.lists.removal.more(m.number(keptMore))}</li> : ''}
      </ul>
    </section>
  );
}
