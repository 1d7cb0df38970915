import { Html } from '@kitajs/html';
import type { Messages } from '../../src/messages/index.ts';

/** A content that can be chosen. */
export interface Choice {
  /** `label:id`, what a page's form sends. */
  readonly value: string;
  readonly id: string;
  readonly type: string;
  /** What the type is called. */
  readonly typeName: string;
  readonly text: string;
  /** The title with the part that the search was for in the middle. */
  readonly parts: { readonly before: string; readonly match: string; readonly after: string };
  /** On how many pages it stands, COUNTED_PAGES_MAX at most. */
  readonly pages: number;
}

/** Pages of one content are counted up to this. */
const COUNTED_PAGES_MAX = 1000;

/** Neither list nor options ever have the focus: it stays in the input, which names the active option. */
const LISTBOX = { role: 'listbox' } as const;
const OPTION = { role: 'option', 'aria-selected': 'false' } as const;

/**
 * The chooser inside a form: a combobox that `chooser.js` brings to life. What is chosen is told by the bubbling event
 * `chooser:choose` with the detail `{ value, text, type, id }`. Without JavaScript it is a search field whose button
 * `_choose` sends the form, which answers with `ChooserPage`.
 */
export function Combobox({ m, id = 'chooser' }: { m: Messages; id?: string }): JSX.Element {
  const { chooser } = m;
  return (
    <div
      class="chooser"
      data-chooser="/admin/autocomplete/"
      data-loading={Html.escapeHtml(chooser.loading)}
      data-added={Html.escapeHtml(chooser.added('{text}'))}
    >
      <label for={`${id}-input`} safe>
        {chooser.label}
      </label>
      <div class="chooser-line">
        <input
          id={`${id}-input`}
          name="chooser_term"
          type="text"
          maxlength="200"
          placeholder={Html.escapeHtml(chooser.placeholder)}
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          enterkeyhint="search"
        />
        <button class="button chooser-submit" type="submit" name="_choose" value="search" formnovalidate safe>
          {chooser.submit}
        </button>
      </div>
      <div class="chooser-popup" hidden>
        <ul {...LISTBOX} id={`${id}-list`} aria-label={Html.escapeHtml(chooser.label)}></ul>
      </div>
      <p class="visually-hidden" role="status"></p>
      {(['failed', 'ended', 'denied'] as const).map((problem) => (
        <template data-problem={problem}>
          <li {...OPTION} class="chooser-problem" data-retry="true" safe>
            {chooser[problem]}
          </li>
        </template>
      ))}
    </div>
  );
}

type ChoiceOptionsProps = {
  m: Messages;
  term: string;
  /** 1-based. */
  page: number;
  results: readonly Choice[];
  more: boolean;
  /** Types of which the reader may make a new one. */
  creatable: readonly { readonly type: string; readonly name: string }[];
};

/**
 * The options of the combobox for one page of a search. The first item is not shown: it is what a screen reader is told.
 * Pages after the first take the place of the row `data-more` and leave what stands below it.
 */
export function ChoiceOptions(props: ChoiceOptionsProps): JSX.Element {
  const { m, term, page, results, more, creatable } = props;
  const isEmpty = results.length === 0;
  return (
    <>
      <li role="presentation" class={isEmpty ? 'chooser-empty' : ''} hidden={!isEmpty} data-status safe>
        {describeChoices(props)}
      </li>
      {results.map((choice) => (
        <ChoiceOption m={m} choice={choice} />
      ))}
      {more ? (
        <li {...OPTION} class="chooser-action" data-more={moreAddress(term, page + 1)} safe>
          {m.chooser.more}
        </li>
      ) : (
        ''
      )}
      {page > 1
        ? ''
        : creatable.map(({ type, name }) => (
            <li {...OPTION} class="chooser-action chooser-create" data-create={`/admin/autocomplete/new/${type}/`} safe>
              {term.trim() === '' ? m.chooser.create(name) : m.chooser.createFor(name, term.trim())}
            </li>
          ))}
    </>
  );
}

function moreAddress(term: string, page: number): string {
  return Html.escapeHtml(`/admin/autocomplete/?${new URLSearchParams({ term, page: String(page) })}`);
}

/** How many were found, for those who do not see the list. */
export function describeChoices({
  m,
  term,
  page,
  results,
  more,
}: Pick<ChoiceOptionsProps, 'm' | 'term' | 'page' | 'results' | 'more'>): string {
  const { chooser } = m;
  if (results.length > 0) {
    const counted = m.plural(results.length, chooser.resultForms);
    return more && page === 1 ? chooser.foundFirst(counted) : chooser.found(counted);
  }
  if (page > 1) return chooser.noMore;
  return term.trim() === '' ? chooser.nothing : chooser.nothingFor(term.trim());
}

function ChoiceOption({ m, choice }: { m: Messages; choice: Choice }): JSX.Element {
  const { value, id, type, text } = choice;
  return (
    <li
      {...OPTION}
      data-value={Html.escapeHtml(value)}
      data-id={Html.escapeHtml(id)}
      data-type={Html.escapeHtml(type)}
      data-text={Html.escapeHtml(text)}
    >
      <ChoiceText m={m} choice={choice} />
    </li>
  );
}

/** A content as the chooser shows it: title, type, id, and where it stands. */
export function ChoiceText({ m, choice }: { m: Messages; choice: Choice }): JSX.Element {
  const { id, typeName, parts, pages } = choice;
  return (
    <>
      <span class="chooser-title" dir="auto">
        <span safe>{parts.before}</span>
        {parts.match === '' ? '' : <mark safe>{parts.match}</mark>}
        <span safe>{parts.after}</span>
      </span>
      <span class="chooser-facts">
        <span class="badge" safe>
          {typeName}
        </span>
        <span safe>{`#${id}`}</span>
        <span safe>{describePages(m, pages)}</span>
      </span>
    </>
  );
}

function describePages(m: Messages, pages: number): string {
  if (pages === 0) return m.chooser.onNoPage;
  if (pages >= COUNTED_PAGES_MAX) return m.chooser.onManyPages(m.number(COUNTED_PAGES_MAX));
  return m.chooser.onPages(m.plural(pages, m.chooser.pageForms));
}
