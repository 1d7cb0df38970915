/** What the chooser offers: one search over the content models that pages may be given. */
import type { Choice } from '../../../views/parts/combobox.tsx';
import { wordsOf } from '../../contents/content.ts';
import { findContentType } from '../../contents/index.ts';
import type { Language } from '../../messages/index.ts';
import { formatReference } from '../../store/pages.ts';
import { SEARCH_PAGE_ROWS, type SearchResult, searchContents } from '../../store/search.ts';
import { matchPart } from './matched_part.ts';
import type { AdminContext } from './screen.ts';

/** Behind these there is nothing: who has paged so far types more of the title. */
const CHOICES_MAX = 20_000;
const CHOICE_PAGES_MAX = CHOICES_MAX / SEARCH_PAGE_ROWS;

/** A page of choices, best first. */
export interface Choices {
  readonly results: readonly Choice[];
  readonly more: boolean;
}

/**
 * Contents of the allowed models whose title has the term in it, as the chooser shows them.
 * @param page 1-based; behind the last one there is nothing
 */
export async function findChoices(
  { config, database }: Pick<AdminContext, 'config' | 'database'>,
  { term, page, language }: { readonly term: string; readonly page: number; readonly language: Language },
): Promise<Choices> {
  if (page > CHOICE_PAGES_MAX) return { results: [], more: false };
  const found = await searchContents(database, term, config.allowedContentModels, page - 1);
  const results = found.results.flatMap((result) => toChoice(result, term, language));
  return { results, more: found.more && page < CHOICE_PAGES_MAX };
}

function toChoice(result: SearchResult, term: string, language: Language): Choice[] {
  const type = findContentType(result.label);
  if (type === undefined) return [];
  return [
    {
      value: formatReference(result),
      id: String(result.id),
      type: type.type,
      typeName: wordsOf(type, language).name,
      text: result.title,
      parts: matchPart(result.title, term),
      pages: result.pages,
    },
  ];
}

/** A page number from a query or form. What is none is the first page. */
export function parsePageNumber(text: string | null | undefined): number {
  return typeof text === 'string' && /^0*[1-9]\d*$/.test(text) ? Number(text) : 1;
}
