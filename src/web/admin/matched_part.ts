import { fold } from '../../store/search_words.ts';

/** A text in three parts: what a term was found in stands in the middle. All but `before` are '' when nothing was. */
export interface MatchedText {
  readonly before: string;
  readonly match: string;
  readonly after: string;
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Finds the part of a title that a search's term stands for, as the search does: without case, accents and doubled
 * spaces, a word's start before any other place. Characters are never cut apart: for `e` the whole of `é` is marked.
 */
export function matchPart(title: string, term: string): MatchedText {
  const wanted = fold(term);
  const nothing = { before: title, match: '', after: '' };
  if (wanted === '') return nothing;
  const { text, places } = foldWithPlaces(title);
  const start = text.startsWith(wanted) ? 0 : text.indexOf(` ${wanted}`) + 1 || text.indexOf(wanted);
  const [first, last] = [places[start], places[start + wanted.length - 1]];
  if (first === undefined || last === undefined) return nothing;
  return { before: title.slice(0, first.from), match: title.slice(first.from, last.to), after: title.slice(last.to) };
}

interface Place {
  readonly from: number;
  readonly to: number;
}

/** The folded title, and for each of its UTF-16 units the character of the title that it comes from. */
function foldWithPlaces(title: string): { readonly text: string; readonly places: readonly Place[] } {
  let text = '';
  const places: Place[] = [];
  for (const { segment, index } of segmenter.segment(title)) {
    const piece = segment.trim() === '' ? ' ' : fold(segment);
    if (piece === ' ' && (text === '' || text.endsWith(' '))) continue;
    text += piece;
    for (let unit = 0; unit < piece.length; unit += 1) places.push({ from: index, to: index + segment.length });
  }
  return { text, places };
}
