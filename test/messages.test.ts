import { describe, expect, test } from 'bun:test';
import { en } from '../src/messages/en.ts';
import { createMessages, negotiateLanguage } from '../src/messages/index.ts';
import { ru } from '../src/messages/ru.ts';
import { sentencesOf } from './help/sentences.ts';

/** What Russian says as English does. */
const SAME = ['common.product', 'frame.api', 'lists.countContents', 'system.redis', 'system.nothing'];

describe('every sentence', () => {
  const english = new Map(sentencesOf(en).map(({ place, text }) => [place, text]));

  test('has a translation of its own', () => {
    const same = sentencesOf(ru).filter(({ place, text }) => english.get(place) === text);
    expect(same.map(({ place }) => place).sort()).toEqual(SAME.toSorted());
  });

  test('says something, and in Russian with Russian letters', () => {
    expect([...english].filter(([, text]) => text.trim() === '')).toEqual([]);
    const latin = sentencesOf(ru).filter(({ text, place }) => !/[а-яё]/i.test(text) && !SAME.includes(place));
    expect(latin).toEqual([]);
  });

  test('has every plural form of its language', () => {
    for (const [language, table] of Object.entries({ en, ru })) {
      const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
      const nouns = sentencesOf(table).filter(({ place }) => place.endsWith('.other') && isNoun(table, place));
      expect(nouns.length).toBeGreaterThan(3);
      const places = new Set(sentencesOf(table).map(({ place }) => place));
      const missing = nouns.flatMap(({ place }) =>
        forms.map((form) => place.replace(/other$/, form)).filter((wanted) => !places.has(wanted)),
      );
      expect(missing).toEqual([]);
    }
  });
});

/** `other` beside `one` is a form of a noun; elsewhere it is a word. */
function isNoun(table: unknown, place: string): boolean {
  return sentencesOf(table).some((sentence) => sentence.place === place.replace(/other$/, 'one'));
}

describe('a language', () => {
  test('tells one from many', () => {
    expect(en.conflict.moreChanges(1)).toBe('and 1 more change');
    expect(en.conflict.moreChanges(2)).toBe('and 2 more changes');
    expect(en.conflict.moreCharacters(1)).toBe('(and 1 more character)');
    expect(en.conflict.moreCharacters(1000)).toBe('(and 1000 more characters)');
  });

  test('is the one a browser likes best', () => {
    expect(negotiateLanguage('de, ru;q=0.5, en;q=0.4')).toBe('ru');
    expect(negotiateLanguage('ru-RU, en;q=0.9')).toBe('ru');
    expect(negotiateLanguage('de')).toBe('en');
    expect(negotiateLanguage('ru;q=0, en;q=0.1')).toBe('en');
    expect(negotiateLanguage(null)).toBe('en');
  });

  test('writes amounts with their units', () => {
    const { en: english, ru: russian } = createMessages('UTC');
    expect([1400, 65_000, 7_530_000, 90_000_000].map(english.span)).toEqual([
      ...['1.4 sec', '1 min 5 sec', '2 hr 5 min', '1 day 1 hr'],
    ]);
    expect(russian.span(1400)).toBe('1,4 с');
    expect(russian.memory(84_000_000)).toBe('84 МБ');
    expect(english.clock(new Date('2026-01-02T03:04:05Z'))).toBe('3:04:05 AM');
    expect(russian.plural(22, ru.dashboard.views)).toBe('22 просмотра');
  });
});
