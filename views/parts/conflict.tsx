import { Html } from '@kitajs/html';
import type { Messages } from '../../src/messages/index.ts';
import type { Chrome } from './chrome.ts';
import { type ConflictField, judge } from './conflict_field.ts';
import { CsrfField } from './field.tsx';
import { ListSideView } from './list_side.tsx';
import { TextDiff } from './text_diff.tsx';

/** Characters of a value shown beside its radio button. */
const VALUE_CHARACTERS_MAX = 300;

type ConflictProps = {
  chrome: Chrome;
  /** Where the form is sent again: to the address that refused it. */
  action: string;
  /** The address that shows the version of the other. */
  theirsPath: string;
  /** The version of the other, which the next save is for. */
  version: number;
  /** Every field of the form, also those that are equal. */
  fields: readonly ConflictField[];
  /** Who stored the other version, and when, if history knows. */
  saved: { readonly by: string; readonly at: Date } | undefined;
};

/**
 * What to do with a save that came too late: take all of mine, all of theirs, or choose field by field. The answer is an
 * ordinary save of the form, for the newer version: a radio button's value is the field's. Saved too late again, it is
 * the same page again, with what was chosen as mine.
 */
export function Conflict(props: ConflictProps): JSX.Element {
  const { chrome, action, theirsPath, version, fields, saved } = props;
  const { m } = chrome;
  const differing = fields.filter((field) => judge(field) !== 'same');
  return (
    <div class="conflict">
      <p class="notice notice-warning" role="alert" safe>
        {saved === undefined ? m.conflict.changed : m.conflict.changedBy(saved.by, m.time(saved.at))}
      </p>
      <form method="post" action={Html.escapeHtml(action)} enctype="multipart/form-data" class="stack">
        <Hidden chrome={chrome} version={version} fields={fields.filter((field) => !differing.includes(field))} />
        {differing.map((field) => (
          <Choice m={m} field={field} />
        ))}
        <div>
          <button class="button button-primary" type="submit" name="_continue" value="1" safe>
            {m.conflict.saveMerged}
          </button>
        </div>
      </form>
      <h2 safe>{m.conflict.whole}</h2>
      <div class="conflict-whole">
        <form method="post" action={Html.escapeHtml(action)} enctype="multipart/form-data">
          <Hidden chrome={chrome} version={version} fields={fields} />
          <button class="button" type="submit" name="_continue" value="1" safe>
            {m.conflict.takeMine}
          </button>
        </form>
        <a class="button" href={Html.escapeHtml(theirsPath)} data-discard-draft safe>
          {m.conflict.takeTheirs}
        </a>
      </div>
    </div>
  );
}

function Hidden(props: { chrome: Chrome; version: number; fields: readonly ConflictField[] }): JSX.Element {
  return (
    <>
      <CsrfField token={props.chrome.csrf} />
      <input type="hidden" name="version" value={String(props.version)} />
      {props.fields.map(({ name, mine }) => (
        <input type="hidden" name={Html.escapeHtml(name)} value={Html.escapeHtml(mine)} />
      ))}
    </>
  );
}

function Choice({ m, field }: { m: Messages; field: ConflictField }): JSX.Element {
  const verdict = judge(field);
  const { mine, theirs } = field.shown ?? field;
  const both = verdict === 'clash' ? field.both : undefined;
  const badge = { same: '', mine: m.conflict.onlyMine, theirs: m.conflict.onlyTheirs, clash: m.conflict.clash }[
    verdict
  ];
  return (
    <fieldset class={verdict === 'clash' ? 'conflict-field conflict-clash' : 'conflict-field'}>
      <legend>
        <span safe>{field.label}</span>{' '}
        <span class="badge" safe>
          {badge}
        </span>
      </legend>
      {both === undefined ? '' : <Both m={m} field={field} value={both} />}
      <div class={field.lists === undefined ? '' : 'conflict-sides'}>
        <Side m={m} field={field} side="mine" text={mine} isChosen={verdict !== 'theirs' && both === undefined} />
        <Side m={m} field={field} side="theirs" text={theirs} isChosen={verdict === 'theirs'} />
      </div>
      {field.lists === undefined ? <Difference m={m} mine={mine} theirs={theirs} /> : ''}
    </fieldset>
  );
}

/** A value with the changes of both. */
function Both({ m, field, value }: { m: Messages; field: ConflictField; value: string }): JSX.Element {
  const id = Html.escapeHtml(`conflict-${field.name}-both`);
  return (
    <div class="conflict-side">
      <input type="radio" id={id} name={Html.escapeHtml(field.name)} value={Html.escapeHtml(value)} checked />
      <label for={id} safe>
        {m.conflict.both}
      </label>
    </div>
  );
}

function Difference({ m, mine, theirs }: { m: Messages; mine: string; theirs: string }): JSX.Element {
  return (
    <div class="conflict-diff">
      <p class="soft">
        <span safe>{m.conflict.legend}</span> <del safe>{m.conflict.legendTheirs}</del>{' '}
        <ins safe>{m.conflict.legendMine}</ins>
      </p>
      <TextDiff m={m} before={theirs} after={mine} />
    </div>
  );
}

type SideProps = { m: Messages; field: ConflictField; side: 'mine' | 'theirs'; text: string; isChosen: boolean };

function Side({ m, field, side, text, isChosen }: SideProps): JSX.Element {
  const id = Html.escapeHtml(`conflict-${field.name}-${side}`);
  const characters = [...text.slice(0, 2 * VALUE_CHARACTERS_MAX)];
  const isCut = characters.length > VALUE_CHARACTERS_MAX;
  const excerpt = isCut ? `${characters.slice(0, VALUE_CHARACTERS_MAX).join('')}…` : text;
  return (
    <div class="conflict-side">
      <input
        type="radio"
        id={id}
        name={Html.escapeHtml(field.name)}
        value={Html.escapeHtml(field[side])}
        checked={isChosen}
        aria-describedby={`${id}-value`}
      />
      <label for={id} safe>
        {side === 'mine' ? m.conflict.mine : m.conflict.theirs}
      </label>
      {field.lists === undefined || text === '' ? (
        <div class={text === '' ? 'conflict-value soft' : 'conflict-value'} id={`${id}-value`} dir="auto" safe>
          {text === '' ? m.conflict.empty : excerpt}
        </div>
      ) : (
        <div class="conflict-list" id={`${id}-value`}>
          <ListSideView m={m} side={field.lists[side]} />
        </div>
      )}
    </div>
  );
}
