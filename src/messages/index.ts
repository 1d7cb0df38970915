/** What the admin says, in every language it speaks. To add one: a folder beside `en/`, a file beside `en.ts`, a line here. */
import { en } from './en.ts';
import { createPlural, type PluralForms } from './plural.ts';
import { ru } from './ru.ts';
import { createUnits, type Units } from './units.ts';

const tables = { en, ru } as const satisfies Readonly<Record<string, typeof en>>;

export type Language = keyof typeof tables;

/** The languages, by code, with what their speakers call them. */
export const LANGUAGES: Readonly<Record<Language, string>> = { en: 'English', ru: 'Русский' };

const CODES: readonly Language[] = ['en', 'ru'];
const FALLBACK: Language = 'en';

/** The sentences of one language, and how it writes numbers and times. */
export type Messages = typeof en &
  Units & {
    readonly language: Language;
    number(n: number): string;
    /** A number with its noun. */
    plural(n: number, forms: PluralForms): string;
    /** A moment to the minute, in the hub's time zone. */
    time(moment: Date): string;
  };

/** The language with this code, or undefined. */
export function findLanguage(code: string): Language | undefined {
  return CODES.find((known) => known === code);
}

/** RFC 9110 §12.5.4: the language a browser likes best among ours; English when it names none of them. */
export function negotiateLanguage(header: string | null): Language {
  const wishes = (header ?? '').split(',').flatMap((item) => {
    const [range = '', ...parameters] = item
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/);
    const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1');
    const language = range === '*' ? FALLBACK : findLanguage(range.split('-')[0] ?? '');
    return language === undefined || !(weight > 0) ? [] : [{ language, weight }];
  });
  // The first of equals: sorting keeps their order.
  return wishes.sort((a, b) => b.weight - a.weight)[0]?.language ?? FALLBACK;
}

/** Messages by language, for times in this zone. */
export function createMessages(timeZone: string): Readonly<Record<Language, Messages>> {
  const create = (language: Language): Messages => {
    const numbers = new Intl.NumberFormat(language);
    const times = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone });
    return {
      ...tables[language],
      language,
      number: (n) => numbers.format(n),
      plural: createPlural(language),
      time: (moment) => times.format(moment),
      ...createUnits(language, timeZone),
    };
  };
  return { en: create('en'), ru: create('ru') };
}
