import { Html } from '@kitajs/html';
import type { Action } from '../src/store/history.ts';
import type { CountingState } from '../src/web/admin/counting.ts';
import { AdminLayout } from './admin_layout.tsx';
import type { Chrome } from './parts/chrome.ts';
import { CountingLine } from './parts/counting_line.tsx';

/** Something with a title and a screen of its own. */
type Thing = {
  title: string;
  kind: string;
  place: string | undefined;
};

type DashboardProps = {
  chrome: Chrome;
  /** Pages and content types, with their lists and how many there are. */
  amounts: readonly { plural: string; name: string; place: string; count: number }[];
  edits: readonly (Thing & { action: Action; actor: string; at: Date })[];
  /** Undefined while it is still being looked for. */
  ranking: { at: Date; contents: readonly (Thing & { counter: number })[] } | undefined;
  state: CountingState;
  mayEdit: boolean;
  maySeeSystem: boolean;
};

/** The first screen of the admin. */
export function DashboardPage(props: DashboardProps): JSX.Element {
  const { chrome, state, mayEdit, maySeeSystem } = props;
  const { dashboard } = chrome.m;
  const addPage = (
    <a class="button button-primary" href="/admin/pages/add/" safe>
      {dashboard.addPage}
    </a>
  );
  return (
    <AdminLayout chrome={chrome} title={dashboard.title} section="dashboard" actions={mayEdit ? addPage : ''}>
      <Amounts {...props} />
      <CountingLine chrome={chrome} state={state} hasLink={maySeeSystem} />
      <div class="columns">
        <RecentEdits chrome={chrome} edits={props.edits} />
        <MostViewed chrome={chrome} ranking={props.ranking} />
      </div>
    </AdminLayout>
  );
}

function Amounts({ chrome, amounts, mayEdit }: DashboardProps): JSX.Element {
  const { m } = chrome;
  return (
    <section aria-label={Html.escapeHtml(m.dashboard.amounts)}>
      <ul class="amounts">
        {amounts.map(({ plural, name, place, count }) => (
          <li>
            <a class="amount" href={place}>
              <strong safe>{m.number(count)}</strong>
              <span safe>{plural}</span>
            </a>
            {mayEdit ? (
              <a class="amount-add" href={`${place}add/`} aria-label={Html.escapeHtml(m.dashboard.addNamed(name))} safe>
                {m.dashboard.add}
              </a>
            ) : (
              ''
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function RecentEdits({ chrome, edits }: Pick<DashboardProps, 'chrome' | 'edits'>): JSX.Element {
  const { m } = chrome;
  const { recent, recentNone, actions } = m.dashboard;
  return (
    <section class="panel" aria-labelledby="recent">
      <h2 id="recent" safe>
        {recent}
      </h2>
      {edits.length === 0 ? (
        <p class="empty" safe>
          {recentNone}
        </p>
      ) : (
        <ol class="events">
          {edits.map((edit) => (
            <li>
              <ThingLink thing={edit.action === 'delete' ? { ...edit, place: undefined } : edit} />
              <p class="soft">
                <span safe>{edit.kind}</span>
                {' · '}
                <span safe>{`${actionWord(edit.action, actions)} ${edit.actor}`}</span>
                {' · '}
                <time datetime={edit.at.toISOString()} safe>
                  {m.time(edit.at)}
                </time>
              </p>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function actionWord(action: Action, words: Chrome['m']['dashboard']['actions']): string {
  return action === 'create' || action === 'delete' || action === 'load' ? words[action] : words.update;
}

function MostViewed({ chrome, ranking }: Pick<DashboardProps, 'chrome' | 'ranking'>): JSX.Element {
  const { m } = chrome;
  const { mostViewed, mostViewedNone, mostViewedLater, asOf } = m.dashboard;
  return (
    <section class="panel" aria-labelledby="most-viewed">
      <h2 id="most-viewed" safe>
        {mostViewed}
      </h2>
      {ranking === undefined || ranking.contents.length === 0 ? (
        <p class="empty" safe>
          {ranking === undefined ? mostViewedLater : mostViewedNone}
        </p>
      ) : (
        <ol class="events">
          {ranking.contents.map((content) => (
            <li class="ranked">
              <div>
                <ThingLink thing={content} />
                <p class="soft" safe>
                  {content.kind}
                </p>
              </div>
              <span class="ranked-number" safe>
                {m.plural(content.counter, m.dashboard.views)}
              </span>
            </li>
          ))}
        </ol>
      )}
      {ranking === undefined ? (
        ''
      ) : (
        <p class="panel-more soft">
          <time datetime={ranking.at.toISOString()} safe>
            {asOf(m.time(ranking.at))}
          </time>
        </p>
      )}
    </section>
  );
}

function ThingLink({ thing: { title, place } }: { thing: Thing }): JSX.Element {
  if (place === undefined) return <span safe>{title}</span>;
  return (
    <a href={place} safe>
      {title}
    </a>
  );
}
