import { Html } from '@kitajs/html';
import type { Messages } from '../../src/messages/index.ts';
import { TextDiff } from './text_diff.tsx';

/** Characters of a value that stands open; longer ones are folded. */
const OPEN_CHARACTERS_MAX = 300;
/** Characters of a value that are shown at all. */
const SHOWN_CHARACTERS_MAX = 4000;

/** One place of a list that is not as it was. */
export interface ListChange {
  readonly mark: 'added' | 'removed' | 'moved';
  readonly text: string;
  /** Where it is edited; undefined when it is gone. */
  readonly href: string | undefined;
  readonly place: number;
  /** Of what was moved: where it was. */
  readonly from?: number | undefined;
}

/** What became of a field. A value that is undefined was not there: the object was made, or deleted. */
export type FieldChange = { readonly label: string } & (
  | { readonly kind: 'text'; readonly before: string | undefined; readonly after: string | undefined }
  /** Too much to compare on this screen; `href` is where it is compared. */
  | { readonly kind: 'long'; readonly before: number; readonly after: number; readonly href: string }
  | { readonly kind: 'list'; readonly changes: readonly ListChange[]; readonly more: number }
);

/** What changed, field by field. */
export function FieldChanges({ m, changes }: { m: Messages; changes: readonly FieldChange[] }): JSX.Element {
  if (changes.length === 0) return '';
  return (
    <dl class="changes">
      {changes.map((change) => (
        <div>
          <dt safe>{change.label}</dt>
          <dd>
            <Change m={m} change={change} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Change({ m, change }: { m: Messages; change: FieldChange }): JSX.Element {
  if (change.kind === 'list') return <Items m={m} changes={change.changes} more={change.more} />;
  if (change.kind === 'long') {
    const count = (n: number) => m.plural(n, m.history.characterForms);
    return (
      <>
        <span safe>{m.history.long(count(change.before), count(change.after))}</span>{' '}
        <a href={Html.escapeHtml(change.href)} safe>
          {m.history.showDifference}
        </a>
      </>
    );
  }
  const { before, after } = change;
  if (before === undefined || after === undefined) return <Value m={m} text={after ?? before ?? ''} />;
  if (before.length + after.length <= OPEN_CHARACTERS_MAX) return <TextDiff m={m} before={before} after={after} />;
  return (
    <details>
      <summary safe>{m.history.showDifference}</summary>
      <TextDiff m={m} before={before} after={after} />
    </details>
  );
}

function Value({ m, text }: { m: Messages; text: string }): JSX.Element {
  if (text === '') {
    return (
      <span class="soft" safe>
        {m.history.empty}
      </span>
    );
  }
  const shown = text.length <= SHOWN_CHARACTERS_MAX ? text : `${text.slice(0, SHOWN_CHARACTERS_MAX).toWellFormed()}…`;
  const rest = text.length <= SHOWN_CHARACTERS_MAX ? '' : m.conflict.moreCharacters(text.length - SHOWN_CHARACTERS_MAX);
  if (text.length <= OPEN_CHARACTERS_MAX) {
    return (
      <div class="diff" dir="auto" safe>
        {text}
      </div>
    );
  }
  return (
    <details>
      <summary safe>{m.history.showText}</summary>
      <div class="diff" dir="auto" safe>
        {`${shown} ${rest}`}
      </div>
    </details>
  );
}

function Items(props: { m: Messages; changes: readonly ListChange[]; more: number }): JSX.Element {
  const { m, changes, more } = props;
  return (
    <ul class="list-changes">
      {changes.map((item) => (
        <li class={`list-change-${item.mark}`}>
          <Item item={item} />{' '}
          <span class="soft" safe>
            {describe(m, item)}
          </span>
        </li>
      ))}
      {more === 0 ? (
        ''
      ) : (
        <li class="soft" safe>
          {m.plural(more, m.history.more)}
        </li>
      )}
    </ul>
  );
}

function Item({ item }: { item: ListChange }): JSX.Element {
  if (item.mark === 'added') {
    return (
      <ins>
        <Name item={item} />
      </ins>
    );
  }
  if (item.mark === 'moved') return <Name item={item} />;
  return (
    <del>
      <Name item={item} />
    </del>
  );
}

function Name({ item: { text, href } }: { item: ListChange }): JSX.Element {
  if (href === undefined) return <span safe>{text}</span>;
  return (
    <a href={Html.escapeHtml(href)} safe>
      {text}
    </a>
  );
}

function describe(m: Messages, { mark, place, from = 0 }: ListChange): string {
  const { history } = m;
  if (mark === 'moved') return history.moved(m.number(from), m.number(place));
  return `${mark === 'added' ? history.added : history.removed}, ${history.atPlace(m.number(place))}`;
}
