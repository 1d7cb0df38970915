import { Html } from '@kitajs/html';
import { AdminLayout } from './admin_layout.tsx';
import type { Chrome } from './parts/chrome.ts';
import { type Choice, ChoiceText, describeChoices } from './parts/combobox.tsx';
import { CsrfField } from './parts/field.tsx';

type ChooserPageProps = {
  chrome: Chrome;
  /** The address of the form that wants contents; it comes back there. */
  action: string;
  /** What was typed in that form, in the order of its fields. */
  kept: readonly (readonly [name: string, value: string])[];
  term: string;
  /** 1-based. */
  page: number;
  results: readonly Choice[];
  more: boolean;
  /** Values ticked on other pages of the search, or before. */
  chosen?: readonly string[];
};

/** The chooser without JavaScript: a search whose results can be ticked, and the way back to the form with them. */
export function ChooserPage(props: ChooserPageProps): JSX.Element {
  const { chrome, action, kept, term, page } = props;
  const { m } = chrome;
  return (
    <AdminLayout chrome={chrome} title={m.chooser.page.title} section="pages">
      <form method="post" action={Html.escapeHtml(action)} class="stack" enctype="multipart/form-data">
        <CsrfField token={chrome.csrf} />
        {kept.map(([name, value]) => (
          <input type="hidden" name={Html.escapeHtml(name)} value={Html.escapeHtml(value)} />
        ))}
        <input type="hidden" name="chooser_page" value={String(page)} />
        <div class="field">
          <label for="chooser-term" safe>
            {m.chooser.placeholder}
          </label>
          <div class="chooser-line">
            <input
              id="chooser-term"
              name="chooser_term"
              type="search"
              maxlength="200"
              autofocus
              value={Html.escapeHtml(term)}
            />
            <button class="button" type="submit" name="_choose" value="search" safe>
              {m.common.search}
            </button>
          </div>
        </div>
        <Ticked {...props} />
        <Results {...props} />
        <Turns {...props} />
        <div class="choices">
          <button class="button button-primary" type="submit" name="_chosen" value="1" safe>
            {m.chooser.page.add}
          </button>
          <button class="button" type="submit" name="_cancel_choose" value="1" safe>
            {m.chooser.page.cancel}
          </button>
        </div>
      </form>
    </AdminLayout>
  );
}

/** What was ticked elsewhere stays ticked, and can be taken back. */
function Ticked({ chrome, results, chosen = [] }: ChooserPageProps): JSX.Element {
  const others = chosen.filter((value) => !results.some((choice) => choice.value === value));
  if (others.length === 0) return '';
  return (
    <fieldset class="chooser-results">
      <legend safe>{chrome.m.chooser.page.ticked}</legend>
      {others.map((value) => (
        <label>
          <input type="checkbox" name="chosen" value={Html.escapeHtml(value)} checked />
          <span safe>{value}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Results({ chrome, term, page, results, more, chosen = [] }: ChooserPageProps): JSX.Element {
  const { m } = chrome;
  return (
    <fieldset class="chooser-results">
      <legend safe>{m.chooser.page.results}</legend>
      <p class="soft" role="status" safe>
        {describeChoices({ m, term, page, results, more })}
      </p>
      {results.map((choice) => (
        <label>
          <input
            type="checkbox"
            name="chosen"
            value={Html.escapeHtml(choice.value)}
            checked={chosen.includes(choice.value)}
          />
          <ChoiceText m={m} choice={choice} />
        </label>
      ))}
    </fieldset>
  );
}

function Turns({ chrome, page, more }: ChooserPageProps): JSX.Element {
  const { m } = chrome;
  if (page === 1 && !more) return '';
  return (
    <div class="pager">
      <button class="button" type="submit" name="_choose" value="previous" disabled={page === 1} safe>
        {m.chooser.page.previous}
      </button>
      <span safe>{m.chooser.page.number(m.number(page))}</span>
      <button class="button" type="submit" name="_choose" value="next" disabled={!more} safe>
        {m.chooser.page.next}
      </button>
    </div>
  );
}
