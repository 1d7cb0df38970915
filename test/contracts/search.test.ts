import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { audio } from '../../src/contents/audio.ts';
import { contentTypes } from '../../src/contents/index.ts';
import { video } from '../../src/contents/video.ts';
import { createContent, removeContent, updateContent } from '../../src/store/contents.ts';
import { fold, SEARCH_PAGE_ROWS, searchContents } from '../../src/store/search.ts';
import { TESTER } from '../help/actor.ts';
import { createTestDatabase, DIALECTS, type TestDatabase } from '../help/databases.ts';

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

describe.each(DIALECTS)('searching contents on %s', (dialect) => {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await createTestDatabase(dialect);
    if (dialect === 'sqlite') return;
    // As in a database made with a locale, which would sort titles as its language does.
    const [icu] = await opened.database.rows(sql`select 1 from pg_collation where collname = 'en-x-icu'`);
    if (icu === undefined) return;
    await opened.database.tx((tx) =>
      tx.rows(sql`alter table pages_searchentry alter column folded type text collate "en-x-icu"`),
    );
  });
  beforeEach(async () => {
    await opened.database.tx(async (tx) => {
      for (const type of contentTypes) await tx.rows(sql`delete from ${sql.identifier(type.table)}`);
      await tx.rows(sql`delete from pages_searchentry`);
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
      'A sunset',
      'The sunset',
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

  test('follows edits and removals', async () => {
    const id = await opened.database.tx((tx) => createContent(tx, TESTER, video, { title: 'Before', file_url: URL }));
    await opened.database.tx((tx) => updateContent(tx, TESTER, video, id, 1, { title: 'After', file_url: URL }));
    expect([await search('before'), await search('after')]).toEqual([[], ['After']]);
    await opened.database.tx((tx) => removeContent(tx, TESTER, video, id));
    expect(await search('after')).toEqual([]);
  });
});
