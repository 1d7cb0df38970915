/**
 * What search makes of a title: SQLite's `lower` and `LIKE` fold ASCII only, so the program folds titles and terms and
 * takes titles apart, and both databases only compare code points: what matches is the same on both.
 *
 * Words are found by looking at two neighbouring characters and no more. So a term has the same words as the part of a
 * title that it matches, but for its first, and "begins with" can be asked of marked texts.
 */

/** Of a title, a word or a part this much is compared, in UTF-16 units of 3 bytes: two fit an index row of Postgres (2,704 bytes). */
const COMPARED_LENGTH_MAX = 255;
/** Words of one title; more than a title of 255 characters can have, unless its characters fold into many. */
const WORDS_MAX = 300;

// Accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic. Marks that are letters of their own (Indic vowel
// signs, Japanese voicing) stay.
const ACCENTS = /[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670]/g;

/** Stands in marked texts where a word begins that no space comes before; below every character of a folded text. */
const MARK = '\u0001';
const SPACELESS = String.raw`\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}`;
// Before a letter or digit behind something else, and before and behind each character of scripts that have no spaces.
const WORD_STARTS = new RegExp(
  String.raw`(?<=[^\p{L}\p{N}\p{M} ]|[${SPACELESS}])(?=[\p{L}\p{N}])|(?<=[^ ])(?=[${SPACELESS}])`,
  'gu',
);
// A mark is the only control character there is.
const WORDS = /[^ \p{Cc}]+/gu;

/** A text without case, accents and doubled spaces: `«Мимолётное»` and `мимолетное` compare equal but for the quotes. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(ACCENTS, '')
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .normalize('NFKC')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

/** A folded text with a mark before each word that no space comes before. */
export function markWords(folded: string): string {
  return folded.replaceAll(WORD_STARTS, MARK);
}

/** The folded text that was marked. */
export function withoutMarks(marked: string): string {
  return marked.replaceAll(MARK, '');
}

/** A title from one of its words on. */
export interface TitleWord {
  /** Where it begins in the folded title, in characters from 1. */
  readonly position: number;
  /** The marked title from here on. */
  readonly start: string;
  /** The length of what an earlier word of the title begins with, too. */
  readonly repeated: number;
  /** The word alone, with the punctuation behind it. */
  readonly word: string;
}

/** The words of a folded title, first of all its beginning. What an earlier word begins with in full is not listed again. */
export function wordsOf(folded: string): TitleWord[] {
  // A title of nothing but accents is a title still, and has its place in the order of titles.
  if (folded === '') return [{ position: 1, start: '', repeated: 0, word: '' }];
  const marked = markWords(folded);
  const words: TitleWord[] = [];
  const begins: number[] = [];
  let position = 1;
  let counted = 0;
  for (const { 0: word, index } of marked.matchAll(WORDS)) {
    position += countCharacters(withoutMarks(marked.slice(counted, index)));
    counted = index;
    const start = compared(marked.slice(index));
    const repeated = Math.max(0, ...begins.map((begin) => countEqual(marked, begin, index, start.length)));
    if (repeated === start.length) continue;
    begins.push(index);
    words.push({ position, start, repeated, word: compared(word) });
    if (words.length === WORDS_MAX) break;
  }
  return words;
}

/** What is compared of a text: its beginning, cut between characters. */
export function compared(text: string): string {
  if (text.length <= COMPARED_LENGTH_MAX) return text;
  return text.slice(0, COMPARED_LENGTH_MAX).replace(/[\ud800-\udbff]$/, '');
}

function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function countEqual(text: string, one: number, other: number, max: number): number {
  let count = 0;
  while (count < max && text.charCodeAt(one + count) === text.charCodeAt(other + count)) count += 1;
  return count;
}

/** A marked text up to where its second word begins, without the space. */
export function firstWordOf(marked: string): string {
  return /^[^ \p{Cc}]*/u.exec(marked)?.[0] ?? '';
}

/** A word from each of its characters on, but for the first. */
export function partsOf(word: string): string[] {
  const parts: string[] = [];
  let at = 0;
  for (const character of word) {
    if (at > 0) parts.push(word.slice(at));
    at += character.length;
  }
  return parts;
}
