import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { audio } from '../../src/contents/audio.ts';
import { contentTypes } from '../../src/contents/index.ts';
import { video } from '../../src/contents/video.ts';
import { toInteger } from '../../src/db/rows.ts';
import { createContent, removeContent, updateContent } from '../../src/store/contents.ts';
import { createPage, PAGE_LABEL, removePage, updatePage } from '../../src/store/pages.ts';
import { SEARCH_PAGE_ROWS, SEARCH_RESULTS_MAX, searchContents } from '../../src/store/search.ts';
import { writeSearchEntries } from '../../src/store/search_entries.ts';
import { fold } from '../../src/store/search_words.ts';
import { TESTER } from '../help/actor.ts';
import { createTestDatabase, ORDERS, type TestDatabase } from '../help/databases.ts';
import { choiceOf } from '../help/random.ts';

const LABELS = contentTypes.map((type) => type.label);
const URL = 'https://example.org/';

test('folding takes away what people do not type: case, accents, points, widths, doubled spaces', () => {
  const same: string[][] = [
    ['ПРИВЕТ', 'привет', 'Приве́т'],
    ['мимолётное', 'МИМОЛЕТНОЕ'],
    ['Straße', 'STRASSE', 'strasse'],
    ['ΟΔΥΣΣΕΥΣ', 'Οδυσσεύς', 'οδυσσευσ'],
    ['Ångström', 'Ångström', 'angstrom'],
    ['مُحَمَّد', 'محمد'],
    ['שָׁלוֹם', 'שלום'],
    ['ﬁlm', 'FILM', 'ｆｉｌｍ'],
    [' a \t b\n', 'A B'],
    ['İstanbul', 'istanbul'],
  ];
  for (const [first = '', ...others] of same)
    for (const other of others) expect([other, fold(other)]).toEqual([other, fold(first)]);
  // Voiced and unvoiced are different letters.
  expect(fold('が')).not.toBe(fold('か'));
  expect(fold('ガ')).toBe(fold('ｶﾞ'));
});

/** How a folded title matches a folded term: 0 all of it, 1 its start, 2 the start of a word, 3 elsewhere, -1 not. */
function rankOf(title: string, term: string): number {
  if (title === term) return 0;
  if (title.startsWith(term)) return 1;
  if (!title.includes(term)) return -1;
  const isWordStart = (at: number) =>
    title[at - 1] === ' ' ||
    title[at] === '世' ||
    (/[\p{L}\p{N}]/u.test(title[at] ?? '') && /[^\p{L}\p{N}]|世/u.test(title[at - 1] ?? ''));
  for (let at = 1; at < title.length; at++) if (title.startsWith(term, at) && isWordStart(at)) return 2;
  return 3;
}

function ranksOf(titles: readonly string[], term: string): number[] {
  return titles.map((title) => rankOf(fold(title), term));
}

describe.each(ORDERS)('searching contents on %s', (_, dialect, icuLocale) => {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await createTestDatabase(dialect, icuLocale);
    if (dialect === 'sqlite') return;
    // As in a database made with a locale, which would sort titles as its language does.
    const [icu] = await opened.database.rows(sql`select 1 from pg_collation where collname = 'en-x-icu'`);
    if (icu === undefined) return;
    await opened.database.tx((tx) =>
      tx.rows(sql`alter table pages_searchentry alter column folded type text collate "en-x-icu",
        alter column title type text collate "en-x-icu"`),
    );
  });
  beforeEach(async () => {
    await opened.database.tx(async (tx) => {
      await tx.rows(sql`delete from pages_page`);
      for (const type of contentTypes) await tx.rows(sql`delete from ${sql.identifier(type.table)}`);
      for (const table of ['pages_searchentry', 'pages_searchword', 'pages_searchpart'])
        await tx.rows(sql`delete from ${sql.identifier(table)}`);
    });
  });
  afterAll(() => opened.drop());

  async function fill(...titles: string[]): Promise<void> {
    await opened.database.tx(async (tx) => {
      for (const [n, title] of titles.entries()) {
        if (n % 2 === 0) await createContent(tx, TESTER, video, { title, file_url: URL });
        else await createContent(tx, TESTER, audio, { title, text: 'Text' });
      }
    });
  }
  async function search(term: string, page = 0): Promise<string[]> {
    return (await searchContents(opened.database, term, LABELS, page)).results.map(({ title }) => title);
  }

  test('finds titles in any script and case', async () => {
    await fill('Привет, мир', 'Мимолётное', 'Straße', 'Οδυσσεύς', 'こんにちは世界', 'مُحَمَّد', '🎬 Film');
    for (const [term, title] of [
      ['ПРИВЕТ', 'Привет, мир'],
      ['мимолетное', 'Мимолётное'],
      ['STRASSE', 'Straße'],
      ['οδυσσευσ', 'Οδυσσεύς'],
      ['世界', 'こんにちは世界'],
      ['محمد', 'مُحَمَّد'],
      ['🎬', '🎬 Film'],
    ]) {
      expect([term, await search(term ?? '')]).toEqual([term, [title ?? '']]);
    }
    expect(await search('nowhere')).toEqual([]);
  });

  test('ranks the whole title first, then its start, then the start of a word, then any part', async () => {
    await fill('Sunset boulevard', 'The sunset', 'Minisunset', 'Sunset', 'A sunset', 'Sunset again');
    expect(await search('SUNSET')).toEqual([
      'Sunset',
      'Sunset again',
      'Sunset boulevard',
      'The sunset',
      'A sunset',
      'Minisunset',
    ]);
  });

  test('takes percent signs, underscores, backslashes and quotes as they are', async () => {
    await fill('100% real', '100 real', 'a_b', 'axb', "it's", 'back\\slash', '%');
    expect(await search('100%')).toEqual(['100% real']);
    expect(await search('a_b')).toEqual(['a_b']);
    expect(await search('%')).toEqual(['%', '100% real']);
    expect(await search("t's")).toEqual(["it's"]);
    expect(await search('k\\s')).toEqual(['back\\slash']);
    expect(await search('a\0')).toEqual([]);
  });

  test('sorts by code point, whatever the locale of the database', async () => {
    await fill('b 2', 'B 10', 'a z', 'я', '_ x', 'A y', 'Ж', '1 x');
    expect(await search('')).toEqual(['1 x', '_ x', 'A y', 'a z', 'B 10', 'b 2', 'Ж', 'я']);
  });

  test('gives a page at a time and says whether there is more', async () => {
    const titles = Array.from({ length: SEARCH_PAGE_ROWS * 2 }, (_, n) => `Film ${String(n).padStart(3, '0')}`);
    await fill(...titles);
    const first = await searchContents(opened.database, 'film', LABELS);
    const second = await searchContents(opened.database, 'film', LABELS, 1);
    expect([...first.results, ...second.results].map(({ title }) => title)).toEqual(titles);
    expect([first.more, second.more]).toEqual([true, false]);
    expect(await searchContents(opened.database, 'film', LABELS, 2)).toEqual({ results: [], more: false });
  });

  test('looks only into the models it is asked for', async () => {
    await fill('Film one', 'Film two');
    const only = async (labels: string[]) =>
      (await searchContents(opened.database, 'film', labels)).results.map(({ label }) => label);
    expect(await only([video.label])).toEqual([video.label]);
    expect(await only([audio.label])).toEqual([audio.label]);
    expect(await only([])).toEqual([]);
  });

  test('cuts a long term between characters', async () => {
    await fill('🎬'.repeat(200));
    expect(await search(`x${'🎬'.repeat(200)}`)).toEqual([]);
    expect(await search('🎬'.repeat(200))).toHaveLength(1);
    expect(await search(`🎬${'🎬'.repeat(150)} and more`)).toHaveLength(1);
  });

  test('begins words behind punctuation, and at each character of scripts without spaces', async () => {
    await fill('A «quoted» word', 'Spider-man', "L'amour", 'こんにちは世界', 'nonquoted');
    expect(await search('quoted')).toEqual(['A «quoted» word', 'nonquoted']);
    expect(await search('MAN')).toEqual(['Spider-man']);
    expect(await search('amour')).toEqual(["L'amour"]);
    expect(await search('界')).toEqual(['こんにちは世界']);
    expect(await search('-man')).toEqual(['Spider-man']);
    expect(await search('r-m')).toEqual(['Spider-man']);
  });

  test('lists a title once, however often the term is in it', async () => {
    const titles = ['sun sun', 'a sun and sunny sun', 'asun bsun sun', 'unsun asun'];
    await fill(...titles);
    expect((await search('sun')).toSorted()).toEqual(titles.toSorted());
    expect((await search('su')).toSorted()).toEqual(titles.toSorted());
  });

  test('finds every part of every title in its rank, and nothing else', async () => {
    const choose = choiceOf(7);
    const characters = ['a', 'b', 'b', ' ', '-', '世', 'Ё', '1'];
    const titles = new Set<string>();
    while (titles.size < 60) {
      const title = Array.from({ length: 2 + choose(9) }, () => characters[choose(characters.length)] ?? '').join('');
      if (fold(title) !== '') titles.add(fold(title));
    }
    await fill(...titles);
    const terms = new Set<string>();
    for (const title of titles) {
      const from = choose(title.length);
      for (const length of [1, 2, 3, 5]) terms.add(title.slice(from, from + length).trim());
    }
    // A number finds an id, too.
    for (const term of terms) if (/^\d*$/.test(term)) terms.delete(term);
    for (const term of terms) {
      const found: string[] = [];
      for (let page = 0, more = true; more; page++) {
        const part = await searchContents(opened.database, term, LABELS, page);
        for (const { title } of part.results) found.push(title);
        more = part.more;
      }
      const matching = [...titles].filter((title) => rankOf(title, term) >= 0);
      expect([term, found.toSorted()]).toEqual([term, matching.toSorted()]);
      expect([term, ranksOf(found, term)]).toEqual([term, ranksOf(found, term).toSorted()]);
    }
    expect(terms.size).toBeGreaterThan(60);
  });

  test('pages without gaps, repetitions or a change of order from exact to part', async () => {
    const titles = Array.from({ length: 70 }, (_, n) => [`Film ${n}`, `A film ${n}`, `Microfilm ${n}`][n % 3] ?? '');
    await fill('Film', ...titles);
    const pages = await Promise.all([0, 1, 2, 3].map((page) => searchContents(opened.database, 'film', LABELS, page)));
    const found = pages.flatMap(({ results }) => results.map(({ title }) => title));
    expect(pages.map(({ results, more }) => [results.length, more])).toEqual([
      [20, true],
      [20, true],
      [20, true],
      [11, false],
    ]);
    expect(found[0]).toBe('Film');
    expect(found.toSorted()).toEqual(['Film', ...titles].toSorted());
    expect(ranksOf(found, 'film')).toEqual(ranksOf(found, 'film').toSorted());
  });

  test('has no results behind the last that is looked for', async () => {
    const last = SEARCH_RESULTS_MAX / SEARCH_PAGE_ROWS - 1;
    await opened.database.tx((tx) =>
      writeSearchEntries(
        tx,
        video.label,
        Array.from({ length: SEARCH_RESULTS_MAX + 1 }, (_, n) => ({ id: n + 1, title: `Film ${n}` })),
      ),
    );
    const full = await searchContents(opened.database, 'film', LABELS, last);
    expect([full.results.length, full.more]).toEqual([SEARCH_PAGE_ROWS, false]);
    expect(await searchContents(opened.database, 'film', LABELS, last + 1)).toEqual({ results: [], more: false });
  });

  test('finds by id first, of every model or of the one that is named', async () => {
    const ids = await opened.database.tx(async (tx) => [
      await createContent(tx, TESTER, video, { title: 'By id', file_url: URL }),
      await createContent(tx, TESTER, audio, { title: 'Other', text: 'Text' }),
    ]);
    const [id = 0] = ids;
    await opened.database.tx((tx) => createContent(tx, TESTER, audio, { title: `${id} films`, text: 'Text' }));
    expect((await search(String(id)))[0]).toBe('By id');
    expect(await search(` ${id}`)).toContain(`${id} films`);
    expect(await search(`${video.label}:${id}`)).toEqual(['By id']);
    expect(await search(`${audio.label}:${ids[1]}`)).toEqual(['Other']);
    expect(await search(`pages.gone:${id}`)).toEqual([]);
    // Not twice, when title and id are the same.
    await opened.database.tx((tx) => updateContent(tx, TESTER, video, id, 1, { title: String(id), file_url: URL }));
    expect((await search(String(id))).filter((title) => title === String(id))).toHaveLength(1);
    for (const term of ['0', '9007199254740993', '99999999999999999999', '-1', '1e3']) {
      expect([term, (await search(term)).includes('Other')]).toEqual([term, false]);
    }
  });

  test('finds pages by the same function, under their label', async () => {
    const { database } = opened;
    await fill('Film');
    const page = await database.tx((tx) => createPage(tx, TESTER, { title: 'Films of Мимолётное', url: URL }));
    const pages = (term: string) => searchContents(database, term, [PAGE_LABEL]);
    expect((await pages('мимолетное')).results).toEqual([
      { label: PAGE_LABEL, id: page, title: 'Films of Мимолётное', pages: 0 },
    ]);
    expect((await searchContents(database, 'film', [...LABELS, PAGE_LABEL])).results).toHaveLength(2);
    await database.tx((tx) => updatePage(tx, TESTER, page, 1, { title: 'Renamed', url: URL }, []));
    expect([(await pages('films')).results, (await pages('named')).results.length]).toEqual([[], 1]);
    await database.tx((tx) => removePage(tx, TESTER, page));
    expect((await pages('renamed')).results).toEqual([]);
  });

  test('says on how many different pages a content stands', async () => {
    const { database } = opened;
    await fill('Twice', 'Never');
    const [{ id = 0 } = {}] = (await searchContents(database, 'twice', LABELS)).results;
    const link = { label: video.label, id };
    await database.tx((tx) => createPage(tx, TESTER, { title: 'One', url: URL }, [link, link]));
    await database.tx((tx) => createPage(tx, TESTER, { title: 'Two', url: URL }, [link]));
    const { results } = await searchContents(database, '', LABELS);
    expect(results.map(({ title, pages }) => [title, pages])).toEqual([
      ['Never', 0],
      ['Twice', 2],
    ]);
  });

  test('takes titles that fold into many times their length', async () => {
    await fill('ﷺ'.repeat(255), `${'𝔘'.repeat(200)} end`, 'x'.repeat(255));
    expect(await search('ﷺ')).toHaveLength(1);
    expect(await search('𝔘'.repeat(90))).toHaveLength(1);
    expect(await search('x'.repeat(200))).toHaveLength(1);
    // What is indexed has a limit: Postgres refuses a longer row.
    const [longest] = await opened.database.rows(sql`select max(length(start)) as n from pages_searchword`);
    expect(toInteger(longest?.n)).toBe(255);
  });

  test('follows edits and removals', async () => {
    const id = await opened.database.tx((tx) => createContent(tx, TESTER, video, { title: 'Before', file_url: URL }));
    await opened.database.tx((tx) => updateContent(tx, TESTER, video, id, 1, { title: 'After', file_url: URL }));
    expect([await search('before'), await search('after')]).toEqual([[], ['After']]);
    await opened.database.tx((tx) => removeContent(tx, TESTER, video, id));
    expect(await search('after')).toEqual([]);
  });
});

test('all databases give the same results in the same order', async () => {
  const choose = choiceOf(11);
  const words = ['sun', 'sunset', 'the', 'set', 'Über-set', 'кино', 'a', '12', 'resets'];
  const titles = Array.from({ length: 150 }, () =>
    Array.from({ length: 1 + choose(4) }, () => words[choose(words.length)] ?? '').join(' '),
  );
  const answers = [];
  for (const [, dialect, icuLocale] of ORDERS) {
    const opened = await createTestDatabase(dialect, icuLocale);
    await opened.database.tx(async (tx) => {
      for (const [n, title] of titles.entries()) {
        if (n % 3 === 0) await createPage(tx, TESTER, { title, url: URL });
        else if (n % 3 === 1) await createContent(tx, TESTER, video, { title, file_url: URL });
        else await createContent(tx, TESTER, audio, { title, text: 'Text' });
      }
    });
    const found = [];
    for (const term of ['', 's', 'se', 'set', 'e', 'he', 'ets', 'n s', 'the set', 'ber', 'ин', '12', '2']) {
      for (const page of [0, 1, 2]) {
        found.push([term, page, await searchContents(opened.database, term, [...LABELS, PAGE_LABEL], page)]);
      }
    }
    answers.push(found);
    await opened.drop();
  }
  const [first = [], ...others] = answers;
  for (const other of others) expect(other).toEqual(first);
  expect(JSON.stringify(answers[0])).toContain('Über-set');
});
