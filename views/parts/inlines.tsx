import { Html } from '@kitajs/html';
import type { Messages } from '../../src/messages/index.ts';
import { Combobox } from './combobox.tsx';

/** Rows that one press lists more of. */
const ROWS_PER_PRESS = 100;

/** One place of a page, with what its content is called. */
export interface InlineRow {
  /** `label:id`, as the form sends it. */
  readonly value: string;
  readonly text: string;
  /** What the type is called; '' for what is no content. */
  readonly typeName: string;
  /** Undefined, as the address, for a content that does not exist. */
  readonly id: number | undefined;
  readonly href: string | undefined;
  /** 1-based. */
  readonly place: number;
  /** The place that was typed for it. */
  readonly order: string;
  readonly isRemoved: boolean;
  readonly problem: string | undefined;
}

export type InlinesProps = {
  m: Messages;
  /** The first rows, and the last: those that were just added. */
  rows: readonly InlineRow[];
  tail: readonly InlineRow[];
  /** References between them that are not listed; they travel in one field. */
  rest: readonly string[];
  /** What is wrong with the contents as a whole. */
  problem: string | undefined;
  /** What each type is called, for rows that scripts add. */
  typeNames: Readonly<Record<string, string>>;
  isReadOnly: boolean;
};

/**
 * The contents of a page, in order. Each row is a field `contents`; without JavaScript its place can be typed and it can
 * be ticked to be taken off, both done when the form is saved. `inlines.js` makes rows that are dragged and moved by keys.
 */
export function Inlines(props: InlinesProps): JSX.Element {
  const { m, rows, tail, rest, problem, typeNames, isReadOnly } = props;
  const { pages } = m;
  const total = rows.length + rest.length + tail.length;
  return (
    <section
      class="inlines"
      aria-labelledby="inlines-heading"
      data-inlines={isReadOnly ? undefined : ''}
      data-type-names={Html.escapeHtml(JSON.stringify(typeNames))}
      data-words={Html.escapeHtml(wordsFor(m))}
    >
      <h2 id="inlines-heading">
        <span safe>{pages.contents}</span>{' '}
        <span class="badge" data-total safe>
          {m.number(total)}
        </span>
      </h2>
      {problem === undefined ? (
        ''
      ) : (
        <p class="field-problem" role="alert" safe>
          {problem}
        </p>
      )}
      <p class="inlines-empty soft" hidden={total > 0} data-empty safe>
        {pages.none}
      </p>
      <ol class="inlines-list" data-list>
        {rows.map((row) => (
          <Inline m={m} row={row} isReadOnly={isReadOnly} />
        ))}
        {rest.length === 0 ? '' : <Rest {...props} />}
        {tail.map((row) => (
          <Inline m={m} row={row} isReadOnly={isReadOnly} />
        ))}
      </ol>
      {isReadOnly ? (
        ''
      ) : (
        <>
          <input type="hidden" name="listed" value={String(rows.length)} data-not-kept />
          <input type="hidden" name="tail" value={String(tail.length)} data-not-kept />
          <p class="visually-hidden" role="status" data-live></p>
          <p class="visually-hidden" id="inlines-help" safe>
            {pages.handleHelp}
          </p>
          <template data-row-template>
            <Inline m={m} row={EMPTY} isReadOnly={false} />
          </template>
          <template data-tools-template>
            <Tools />
          </template>
          <Combobox m={m} />
        </>
      )}
    </section>
  );
}

const EMPTY: InlineRow = {
  ...{ value: '', text: '', typeName: '-', id: 0, href: '#', place: 0, order: '', isRemoved: false },
  problem: undefined,
};

function Inline({ m, row, isReadOnly }: { m: Messages; row: InlineRow; isReadOnly: boolean }): JSX.Element {
  const { value, place, order, isRemoved, problem } = row;
  const words = m.pages.row;
  const title = row.text;
  const problemId = `inline-${place}-problem`;
  return (
    <li class={problem === undefined ? 'inline' : 'inline inline-wrong'} data-row>
      {isReadOnly ? (
        <span class="inline-place" safe>
          {m.number(place)}
        </span>
      ) : (
        <>
          <input type="hidden" name="contents" value={Html.escapeHtml(value)} />
          <input
            class="inline-place"
            name="order"
            type="text"
            inputmode="numeric"
            autocomplete="off"
            maxlength="9"
            value={Html.escapeHtml(order)}
            aria-label={Html.escapeHtml(words.placeOf(title))}
            aria-invalid={problem === undefined ? undefined : 'true'}
            aria-describedby={problem === undefined ? undefined : problemId}
          />
        </>
      )}
      <div class="inline-what">
        <InlineText m={m} row={row} />
        {isReadOnly ? (
          ''
        ) : (
          <p class="inline-note" data-off hidden safe>
            {words.off}
          </p>
        )}
        {problem === undefined ? (
          ''
        ) : (
          <p class="field-problem" id={problemId} safe>
            {problem}
          </p>
        )}
      </div>
      {isReadOnly ? (
        ''
      ) : (
        <label class="inline-remove">
          <input
            type="checkbox"
            name="remove"
            value={String(place)}
            checked={isRemoved}
            aria-label={Html.escapeHtml(words.removeOf(title))}
          />
          <span safe>{words.remove}</span>
        </label>
      )}
    </li>
  );
}

function InlineText({ m, row }: { m: Messages; row: InlineRow }): JSX.Element {
  const { text, typeName, id, href } = row;
  return (
    <>
      {typeName === '' ? (
        ''
      ) : (
        <span class="badge" data-type safe>
          {typeName}
        </span>
      )}{' '}
      {href === undefined ? (
        <span dir="auto" data-title safe>
          {text}
        </span>
      ) : (
        <a
          href={Html.escapeHtml(href)}
          target="_blank"
          rel="noopener"
          dir="auto"
          title={Html.escapeHtml(m.pages.row.newTab)}
          data-title
          safe
        >
          {text}
        </a>
      )}{' '}
      {id === undefined ? (
        ''
      ) : (
        <span class="soft" data-id safe>
          {`#${id}`}
        </span>
      )}
    </>
  );
}

/** What scripts give each row. Names come from `data-words`, because they hold the row's title. */
function Tools(): JSX.Element {
  return (
    <>
      <button
        type="button"
        class="inline-handle"
        data-handle
        aria-pressed="false"
        aria-describedby="inlines-help"
      ></button>
      <div class="inline-tools">
        <button type="button" class="button button-quiet inline-icon" data-move="-1">
          <span aria-hidden="true">↑</span>
        </button>
        <button type="button" class="button button-quiet inline-icon" data-move="1">
          <span aria-hidden="true">↓</span>
        </button>
        <button type="button" class="button button-quiet inline-icon" data-remove>
          <span aria-hidden="true">✕</span>
        </button>
        <button type="button" class="button" data-undo hidden></button>
      </div>
    </>
  );
}

/** Rows as an answer for scripts: the first of them, and the others as they were. */
export function InlineRows(props: Pick<InlinesProps, 'm' | 'rows' | 'rest'>): JSX.Element {
  const { m, rows, rest } = props;
  return (
    <>
      {rows.map((row) => (
        <Inline m={m} row={row} isReadOnly={false} />
      ))}
      {rest.length === 0 ? '' : <Rest {...props} tail={[]} isReadOnly={false} />}
    </>
  );
}

/** The rows that are not listed, and what lists them. */
function Rest({
  m,
  rows,
  rest,
  tail,
  isReadOnly,
}: Pick<InlinesProps, 'm' | 'rows' | 'rest' | 'tail' | 'isReadOnly'>): JSX.Element {
  const { pages } = m;
  const listed = rows.length + tail.length;
  const more = Math.min(ROWS_PER_PRESS, rest.length);
  const ways = [
    { count: rows.length + more, text: pages.showMore(m.plural(more, pages.contentForms)) },
    ...(more === rest.length ? [] : [{ count: rows.length + rest.length, text: pages.showAll }]),
  ];
  return (
    <li class="inlines-rest" data-rest>
      {isReadOnly ? (
        ''
      ) : (
        <>
          <input type="hidden" name="contents" value={Html.escapeHtml(rest.join(' '))} />
          <input type="hidden" name="order" value={','.repeat(rest.length - 1)} />
        </>
      )}
      <p class="soft" data-shown safe>
        {pages.shown(m.number(listed), m.number(listed + rest.length))}
      </p>
      {ways.map(({ count, text }) =>
        isReadOnly ? (
          <a class="button" href={`?list=${count}`} safe>
            {text}
          </a>
        ) : (
          <button
            type="submit"
            class="button"
            name="_list"
            value={String(count)}
            data-count={String(count - rows.length)}
            formnovalidate
            safe
          >
            {text}
          </button>
        ),
      )}
    </li>
  );
}

/** Sentences for scripts, with `{title}`, `{place}`, `{total}` and `{counted}` where these go. */
function wordsFor(m: Messages): string {
  const { row, say, shown } = m.pages;
  const [title, place, total] = ['{title}', '{place}', '{total}'];
  return JSON.stringify({
    language: m.language,
    placeOf: row.placeOf(title),
    up: row.up(title),
    down: row.down(title),
    handle: row.handle(title),
    remove: row.removeOf(title),
    undo: row.undo,
    undoOf: row.undoOf(title),
    picked: say.picked(title, place, total),
    moved: say.moved(title, place, total),
    dropped: say.dropped(title, place, total),
    back: say.back(title, place, total),
    removed: say.removed(title),
    kept: say.kept(title),
    failed: say.failed,
    shown: shown('{shown}', total),
  });
}
