import { Html } from '@kitajs/html';
import { AdminLayout } from './admin_layout.tsx';
import type { Chrome, Section } from './parts/chrome.ts';
import { HistoryEntries, type ShownEntry } from './parts/history_entry.tsx';

type Option = { readonly value: string; readonly text: string };

interface Steps {
  /** Addresses; undefined where there is nothing. */
  readonly newest: string | undefined;
  readonly older: string | undefined;
}

type HistoryProps = Steps & {
  chrome: Chrome;
  entries: readonly ShownEntry[];
  /** What is asked for, '' for all, and what may be. */
  filter: {
    readonly kind: string;
    readonly action: string;
    readonly actor: string;
    readonly kinds: readonly Option[];
    readonly actions: readonly Option[];
  };
};

/** What happened in the whole hub. */
export function HistoryPage(props: HistoryProps): JSX.Element {
  const { chrome, entries, filter } = props;
  const { m } = chrome;
  const isFiltered = filter.kind !== '' || filter.action !== '' || filter.actor !== '';
  return (
    <AdminLayout chrome={chrome} title={m.frame.history} section="history">
      <Filter chrome={chrome} filter={filter} isFiltered={isFiltered} />
      {entries.length === 0 ? (
        <p class="empty" safe>
          {isFiltered ? m.history.noneSuch : m.history.none}
        </p>
      ) : (
        <HistoryEntries chrome={chrome} entries={entries} />
      )}
      <Parts chrome={chrome} newest={props.newest} older={props.older} />
    </AdminLayout>
  );
}

function Filter(props: { chrome: Chrome; filter: HistoryProps['filter']; isFiltered: boolean }): JSX.Element {
  const { chrome, filter } = props;
  const { history } = chrome.m;
  return (
    <form method="get" action="/admin/history/" class="list-tools">
      <Choice id="kind" label={history.kind} all={history.all} chosen={filter.kind} options={filter.kinds} />
      <Choice id="action" label={history.action} all={history.all} chosen={filter.action} options={filter.actions} />
      <div class="field">
        <label for="filter-actor" safe>
          {history.actor}
        </label>
        <input
          id="filter-actor"
          name="actor"
          type="text"
          value={Html.escapeHtml(filter.actor)}
          title={Html.escapeHtml(history.actorHelp)}
          autocomplete="off"
          spellcheck="false"
        />
      </div>
      <button class="button" type="submit" safe>
        {history.apply}
      </button>
      {props.isFiltered ? (
        <a class="button button-quiet" href="/admin/history/" safe>
          {history.clear}
        </a>
      ) : (
        ''
      )}
    </form>
  );
}

type ChoiceProps = { id: string; label: string; all: string; chosen: string; options: readonly Option[] };

function Choice({ id, label, all, chosen, options }: ChoiceProps): JSX.Element {
  return (
    <div class="field">
      <label for={`filter-${id}`} safe>
        {label}
      </label>
      <select id={`filter-${id}`} name={id}>
        <option value="" safe>
          {all}
        </option>
        {options.map(({ value, text }) => (
          <option value={Html.escapeHtml(value)} selected={value === chosen} safe>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

function Parts({ chrome, newest, older }: Steps & { chrome: Chrome }): JSX.Element {
  const { history } = chrome.m;
  if (newest === undefined && older === undefined) return '';
  return (
    <nav class="pager" aria-label={Html.escapeHtml(history.pages)}>
      {newest === undefined ? (
        ''
      ) : (
        <a class="button" href={Html.escapeHtml(newest)} safe>
          {history.newest}
        </a>
      )}
      {older === undefined ? (
        ''
      ) : (
        <a class="button" href={Html.escapeHtml(older)} rel="next" safe>
          {history.older}
        </a>
      )}
    </nav>
  );
}

type ObjectHistoryProps = Steps & {
  chrome: Chrome;
  entries: readonly ShownEntry[];
  title: string;
  section: Section;
  /** The list it stands in. */
  parent: { readonly href: string; readonly text: string };
  /** Where it is edited. */
  path: string;
  isGone: boolean;
};

/** What happened to one object. */
export function ObjectHistoryPage(props: ObjectHistoryProps): JSX.Element {
  const { chrome, entries, title, parent, path, isGone } = props;
  const { m } = chrome;
  return (
    <AdminLayout
      chrome={chrome}
      title={m.history.of(title)}
      section={props.section}
      trail={[parent, ...(isGone ? [] : [{ href: path, text: title }])]}
    >
      {isGone && props.section !== 'users' ? (
        <p class="notice" safe>
          {m.history.gone}
        </p>
      ) : (
        ''
      )}
      {entries.length === 0 ? (
        <p class="empty" safe>
          {m.history.noneOf}
        </p>
      ) : (
        <HistoryEntries chrome={chrome} entries={entries} />
      )}
      <Parts chrome={chrome} newest={props.newest} older={props.older} />
    </AdminLayout>
  );
}
