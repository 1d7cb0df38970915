/** What is wrong with a page's contents as they were sent: said at the row it is about. */
import { findContentType } from '../../contents/index.ts';
import type { Connection } from '../../db/connection.ts';
import { findTitles } from '../../store/contents.ts';
import { type ContentReference, formatReference, parseReference } from '../../store/pages.ts';
import { type InputRow, isOrder, PAGE_CONTENTS_MAX, referencesOf } from './page_input.ts';

/** `unknown` is no reference to anything; `refused` is of a model that pages are not given here. */
export type RowProblem = 'unknown' | 'gone' | 'refused' | 'order';

export interface ContentsCheck {
  /** By the index of the row; empty when all is well. */
  readonly rows: ReadonlyMap<number, RowProblem>;
  /** How many contents were sent, and how many the page may show, when they are too many. */
  readonly tooMany: TooMany | undefined;
}

export interface TooMany {
  readonly max: number;
  readonly sent: number;
}

/** Nothing is wrong. */
export const NO_PROBLEMS: ContentsCheck = { rows: new Map(), tooMany: undefined };

export interface AllowedContents {
  /** Labels of models that pages are given (PAGES_ALLOWED_CONTENT_MODELS). */
  readonly models: readonly string[];
  /** What the page shows already: it may stay, whatever its model and however many they are. */
  readonly present: readonly ContentReference[];
}

/** Checks every row but those that are to be taken off. */
export async function checkContents(
  connection: Connection,
  rows: readonly InputRow[],
  allowed: AllowedContents,
): Promise<ContentsCheck> {
  const kept = rows.filter(({ isRemoved }) => !isRemoved);
  const max = Math.max(PAGE_CONTENTS_MAX, allowed.present.length);
  if (kept.length > max) return { rows: new Map(), tooMany: { max, sent: kept.length } };
  const titles = await findTitles(connection, referencesOf(kept));
  const present = new Set(allowed.present.map(formatReference));
  const problems = new Map<number, RowProblem>();
  for (const [index, row] of rows.entries()) {
    const problem = row.isRemoved ? undefined : problemOf(row);
    if (problem !== undefined) problems.set(index, problem);
  }
  return { rows: problems, tooMany: undefined };

  function problemOf({ value, order }: InputRow): RowProblem | undefined {
    const reference = parseReference(value);
    if (reference === undefined || findContentType(reference.label) === undefined) return 'unknown';
    if (!titles.get(reference.label)?.has(reference.id)) return 'gone';
    if (!allowed.models.includes(reference.label) && !present.has(value)) return 'refused';
    return isOrder(order) ? undefined : 'order';
  }
}

export function isWell({ rows, tooMany }: ContentsCheck): boolean {
  return rows.size === 0 && tooMany === undefined;
}
