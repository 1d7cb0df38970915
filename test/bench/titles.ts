/** A million titles of contents and a million of pages, the same at each run: a few words are everywhere, most are rare. */
import { choiceOf } from '../help/random.ts';

/** A title in a table of the schema. */
export interface TitleRow {
  readonly label: string;
  readonly id: number;
  readonly title: string;
}

/** Where titles stand, with each table's share of them. A page shows contents of the first two. */
export const MODELS = [
  { label: 'pages.audiocontent', table: 'pages_audiocontent', share: 0.25 },
  { label: 'pages.videocontent', table: 'pages_videocontent', share: 0.25 },
  { label: 'pages.page', table: 'pages_page', share: 0.5 },
] as const;

const COMMON = ['the', 'of', 'a', 'and', 'in', 'film', 'video', 'part', 'to', 'evening', 'кино', 'recording'];
const SYLLABLES = [
  'ka',
  'ri',
  'sun',
  'tel',
  'mo',
  'an',
  'ber',
  'vi',
  'do',
  'esk',
  'ing',
  'or',
  'pla',
  'que',
  'st',
  'ух',
];
const WORDS = 50_000;
const NUMBERED_SHARE = 0.1;

/** Words by how often they come, the first most often. */
export function createVocabulary(): string[] {
  const random = choiceOf(1);
  const words = new Set(COMMON);
  while (words.size < WORDS) {
    let word = '';
    for (let n = 1 + random(4); n >= 0; n--) word += SYLLABLES[random(SYLLABLES.length)] ?? '';
    words.add(word);
  }
  return [...words];
}

/** So many titles of one model, ids from 1. */
export function* createTitles(label: string, count: number, seed: number): Generator<TitleRow> {
  const words = createVocabulary();
  const random = choiceOf(seed);
  for (let id = 1; id <= count; id++) {
    const chosen: string[] = [];
    for (let n = 2 + random(4); n > 0; n--) chosen.push(words[rank(random)] ?? '');
    if (random(1000) < NUMBERED_SHARE * 1000) chosen.push(String(random(1_000_000)));
    const [first = '', ...rest] = chosen;
    yield { label, id, title: [first.charAt(0).toUpperCase() + first.slice(1), ...rest].join(' ') };
  }
}

/** A word's place in the vocabulary, by Zipf's law: each ten times as many words share as many uses. */
function rank(random: (below: number) => number): number {
  return Math.floor(WORDS ** (random(1_000_000) / 1_000_000)) - 1;
}
