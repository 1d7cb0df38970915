import { Html } from '@kitajs/html';
import type { Messages } from '../../src/messages/index.ts';
import { type DiffPart, diffWords } from './word_diff.ts';

/** Characters of unchanged text shown on each side of a change. */
const CONTEXT_CHARACTERS = 120;
/** Characters of one change, and changes of one text, that are shown. */
const CHANGE_CHARACTERS_MAX = 4000;
const PARTS_MAX = 300;

type TextDiffProps = {
  m: Messages;
  before: string;
  after: string;
};

/** Where a text differs from another, with a little of what stands around it. Plain without JavaScript and without colours. */
export function TextDiff({ m, before, after }: TextDiffProps): JSX.Element {
  const parts = diffWords(before, after);
  return (
    <div class="diff" dir="auto">
      {parts.slice(0, PARTS_MAX).map((part, place) => (
        <Part m={m} part={part} isFirst={place === 0} isLast={place === parts.length - 1} />
      ))}
      {parts.length > PARTS_MAX ? (
        <span class="soft" safe>
          {`… ${m.conflict.moreChanges(parts.length - PARTS_MAX)}`}
        </span>
      ) : (
        ''
      )}
    </div>
  );
}

function Part(props: { m: Messages; part: DiffPart; isFirst: boolean; isLast: boolean }): JSX.Element {
  const { kind, text } = props.part;
  if (kind === 'removed') return <del safe>{cut(props.m, text)}</del>;
  if (kind === 'added') return <ins safe>{cut(props.m, text)}</ins>;
  return <span safe>{shorten(text, props.isFirst, props.isLast)}</span>;
}

function cut(m: Messages, text: string): string {
  const characters = [...text];
  if (characters.length <= CHANGE_CHARACTERS_MAX) return text;
  const rest = characters.length - CHANGE_CHARACTERS_MAX;
  return `${characters.slice(0, CHANGE_CHARACTERS_MAX).join('')}… ${m.conflict.moreCharacters(rest)}`;
}

/** The ends of an unchanged text that touch a change. */
function shorten(text: string, isFirst: boolean, isLast: boolean): string {
  if (text.length <= 2 * CONTEXT_CHARACTERS) return text;
  const head = isFirst ? '' : text.slice(0, CONTEXT_CHARACTERS);
  const tail = isLast ? '' : text.slice(-CONTEXT_CHARACTERS);
  return `${head} … ${tail}`.toWellFormed();
}
