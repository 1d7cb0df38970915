/** The form of a page as an answer: stored, new, or as it was sent. */
import { PageForm } from '../../../views/page_form.tsx';
import type { InlineRow } from '../../../views/parts/inlines.tsx';
import { wordsOf } from '../../contents/content.ts';
import type { Refusal } from '../../contents/fields/kind.ts';
import { contentTypes, findContentType } from '../../contents/index.ts';
import { pageFields } from '../../contents/page.ts';
import type { Messages } from '../../messages/index.ts';
import { findTitles } from '../../store/contents.ts';
import { type Page, parseReference } from '../../store/pages.ts';
import { assetUrl } from '../static.ts';
import { type ContentsCheck, isWell, NO_PROBLEMS, type RowProblem } from './page_check.ts';
import { type InputRow, PAGE_CONTENTS_MAX, type PageInput, referencesOf } from './page_input.ts';
import { sayRefusal } from './refusals.ts';
import { type AdminContext, type AdminRequest, mayUse, type Reply } from './screen.ts';

/** Rows that a form lists at first; what comes after them is one field until somebody asks for it. */
export const ROWS_LISTED = 100;
/** Characters of a forged reference that are shown. */
const VALUE_CHARACTERS_MAX = 100;

/** How many rows a form lists from the start, and from the end: those that were just added. */
export interface Listed {
  readonly head: number;
  readonly tail: number;
}

export interface PageFormState {
  /** Undefined for a form that makes a new page. */
  readonly page?: Pick<Page, 'id' | 'title' | 'version' | 'updatedAt'> | undefined;
  readonly input: PageInput;
  readonly refusals?: Readonly<Record<string, Refusal>>;
  readonly check?: ContentsCheck;
  /** What stands in the form is stored nowhere. */
  readonly isUnsaved?: boolean;
  /** Somebody deleted the page while it was edited. */
  readonly isGone?: boolean;
  /** First and last rows to list, PAGE_CONTENTS_MAX of each at most; up to the last with a problem all are. */
  readonly listed?: Listed;
}

export async function pageFormReply(
  { database }: AdminContext,
  { chrome, m, user }: AdminRequest,
  state: PageFormState,
): Promise<Reply> {
  const { page, input, refusals = {}, check = NO_PROBLEMS, isUnsaved = false, isGone = false } = state;
  const { rows: all } = input;
  const wanted = state.listed ?? { head: ROWS_LISTED, tail: 0 };
  const head = Math.min(all.length, PAGE_CONTENTS_MAX, Math.max(ROWS_LISTED, wanted.head, lastOf(check.rows) + 1));
  const tail = Math.min(all.length - head, PAGE_CONTENTS_MAX, wanted.tail);
  const end = all.length - tail;
  const first = await describeRows(database, m, all.slice(0, head), 1, check.rows);
  const { tooMany } = check;
  const html = PageForm({
    ...{ chrome, page, isGone, isUnsaved },
    fields: (['title', 'url'] as const).map((name) => {
      const refusal = refusals[name];
      const problems = refusal === undefined ? [] : [sayRefusal(m, refusal)];
      return { name, ...m.fields[name], control: pageFields[name].control, value: input[name], problems };
    }),
    rows: first,
    rowsWrong: check.rows.size,
    rest: all.slice(head, end).map(({ value }) => value),
    tail: await describeRows(database, m, all.slice(end), end + 1),
    problem: tooMany && m.pages.problems.tooMany(m.number(tooMany.max), m.number(tooMany.sent)),
    typeNames: Object.fromEntries(contentTypes.map((type) => [type.type, wordsOf(type, m.language).name])),
    isReadOnly: !mayUse(user?.role ?? 'none', 'editor'),
    scripts: [assetUrl('inlines.js'), assetUrl('chooser.js')],
  });
  const isWrong = Object.keys(refusals).length > 0 || !isWell(check);
  return { html, status: isGone ? 409 : isWrong ? 422 : 200 };
}

/** Rows with what their contents are called. @param first the place of the first of them */
export async function describeRows(
  connection: AdminContext['database'],
  m: Messages,
  rows: readonly InputRow[],
  first: number,
  problems: ReadonlyMap<number, RowProblem> = new Map(),
): Promise<InlineRow[]> {
  const titles = await findTitles(connection, referencesOf(rows));
  return rows.map(({ value, order, isRemoved }, index) => {
    const reference = parseReference(value);
    const type = reference && findContentType(reference.label);
    const title = reference && titles.get(reference.label)?.get(reference.id);
    const problem = problems.get(index);
    return {
      ...{ value, isRemoved, place: first + index, order: order ?? String(first + index) },
      text: title ?? cut(value),
      typeName: type === undefined ? '' : wordsOf(type, m.language).name,
      id: title === undefined ? undefined : reference?.id,
      href: type === undefined || title === undefined ? undefined : `/admin/contents/${type.type}/${reference?.id}/`,
      problem: problem && m.pages.problems[problem],
    };
  });
}

function lastOf(problems: ReadonlyMap<number, unknown>): number {
  return Math.max(-1, ...problems.keys());
}

function cut(value: string): string {
  const characters = [...value.slice(0, 2 * VALUE_CHARACTERS_MAX)];
  return characters.length <= VALUE_CHARACTERS_MAX ? value : `${characters.slice(0, VALUE_CHARACTERS_MAX).join('')}…`;
}
