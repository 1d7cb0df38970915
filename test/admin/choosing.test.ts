import { describe, expect, test } from 'bun:test';
import { createMessages } from '../../src/messages/index.ts';
import { COUNTED_PAGES_MAX } from '../../src/store/search.ts';
import { readChoosing } from '../../src/web/admin/choosing.ts';
import { matchPart } from '../../src/web/admin/matched_part.ts';
import { createForm } from '../../src/web/forms.ts';
import { ChooserPage } from '../../views/chooser.tsx';
import type { Chrome } from '../../views/parts/chrome.ts';
import type { Choice } from '../../views/parts/combobox.tsx';

const TYPED = [
  ['csrf_token', 'x'],
  ['title', 'A & B'],
  ['contents', 'pages.videocontent:2'],
  ['contents', 'pages.videocontent:1'],
  ['contents', 'pages.videocontent:2'],
  ['__proto__', 'y'],
  ['chooser_term', 'film'],
] as const;

const read = (...more: (readonly [string, string])[]) => readChoosing(createForm([...TYPED, ...more]));

describe('a form that asks for the chooser’s page', () => {
  test('is told from one that is saved', () => {
    expect(read()).toBeUndefined();
    expect(read(['chosen', 'pages.videocontent:3'], ['chooser_page', '2'])).toBeUndefined();
    expect(read(['_choose', 'search'])?.step).toBe('search');
    expect(read(['_chosen', '1'])?.step).toBe('chosen');
    expect(read(['_cancel_choose', '1'])?.step).toBe('cancelled');
  });

  test('asks for it by Enter while a term is typed, and by no other button that saves', () => {
    expect(read(['_save', 'enter'])?.step).toBe('search');
    expect(read(['_save', '1'])).toBeUndefined();
    expect(read(['_continue', '1'])).toBeUndefined();
    expect(readChoosing(createForm([['_save', 'enter']]))).toBeUndefined();
    const blank = [['_save', 'enter'] as const, ['chooser_term', ' '] as const];
    expect(readChoosing(createForm(blank))).toBeUndefined();
    expect(read(['_save', 'enter'])?.kept.some(([name]) => name === '_save')).toBe(false);
  });

  test('keeps what was typed, each field in its place', () => {
    const kept = read(['_choose', 'search'], ['chosen', 'pages.videocontent:3'], ['chooser_page', '1'])?.kept;
    expect(kept).toEqual(TYPED.slice(1, 6));
  });

  test('turns pages, and begins at the first for a new search', () => {
    const page = (choose: string, current: string) => read(['_choose', choose], ['chooser_page', current])?.page;
    expect([page('next', '1'), page('next', '4'), page('previous', '4'), page('previous', '1')]).toEqual([2, 5, 3, 1]);
    expect([page('search', '4'), page('toString', '4'), page('next', 'x')]).toEqual([1, 1, 2]);
  });

  test('names each choice once', () => {
    const chosen = read(['_chosen', '1'], ['chosen', 'b:1'], ['chosen', 'a:1'], ['chosen', 'b:1'])?.chosen;
    expect(chosen).toEqual(['b:1', 'a:1']);
  });
});

describe('the chooser’s page', () => {
  const chrome: Chrome = {
    m: createMessages('UTC').en,
    user: { username: 'editor', role: 'editor', language: '' },
    csrf: 'token',
    flash: undefined,
    path: '/admin/pages/add/',
    contentTypes: [],
    languages: {},
    assets: { style: '', icon: '', htmx: '', scripts: [] },
  };
  const choice: Choice = {
    value: 'pages.videocontent:7',
    id: '7',
    type: 'video',
    typeName: 'video',
    text: '<b>Film</b>',
    parts: { before: '<b>', match: 'Film', after: '</b>' },
    pages: 2,
  };
  const props = { chrome, action: '/admin/pages/3/', kept: [], term: 'film', page: 2, results: [choice], more: true };

  test('says on how many pages a choice stands, as far as they are counted', async () => {
    const said = async (pages: number) =>
      /<span>(on [^<]*)<\/span>/.exec(await ChooserPage({ ...props, results: [{ ...choice, pages }] }))?.[1];
    expect([await said(0), await said(999)]).toEqual(['on no page', 'on 999 pages']);
    expect(await said(COUNTED_PAGES_MAX)).toBe('on 1,000 pages or more');
  });

  test('carries the form along, as it was typed', async () => {
    const html = await ChooserPage({ ...props, kept: [['title', `"><i>&lt;`] as const] });
    expect(html).toContain('action="/admin/pages/3/"');
    expect(html).toContain('<input type="hidden" name="title" value="&quot;&gt;&lt;i&gt;&amp;lt;"/>');
    expect(html).toContain('name="csrf_token" value="token"');
    expect(html).toContain('name="chooser_page" value="2"');
  });

  test('shows each result with a box, and keeps boxes ticked, those of other pages too', async () => {
    const html = await ChooserPage({ ...props, chosen: ['pages.videocontent:7', 'pages.audiocontent:1'] });
    const ticked = [...html.matchAll(/name="chosen" value="([^"]+)" checked/g)].map(([, value]) => value);
    expect(ticked).toEqual(['pages.audiocontent:1', 'pages.videocontent:7']);
    expect(html).toContain('<span>&lt;b&gt;</span><mark>Film</mark>');
    expect(html).toContain('on 2 pages');
    expect(await ChooserPage(props)).not.toContain('checked');
  });

  test('searches when Enter is pressed in its field, and turns pages only where there are some', async () => {
    const buttons = async (more: boolean, page: number) =>
      [
        ...(await ChooserPage({ ...props, more, page })).matchAll(
          /<button[^>]* name="(_\w+)" value="(\w+)"( disabled)?/g,
        ),
      ]
        .map(([, name, value, disabled = '']) => `${name} ${value}${disabled}`)
        .slice(0, -2);
    expect(await buttons(false, 1)).toEqual(['_choose search']);
    expect(await buttons(true, 1)).toEqual(['_choose search', '_choose previous disabled', '_choose next']);
    expect(await buttons(false, 2)).toEqual(['_choose search', '_choose previous', '_choose next disabled']);
  });
});

describe('the part of a title that was found', () => {
  test.each([
    ['Sunset', 'sun', '|Sun|set'],
    ['Minisun, a sun', 'sun', 'Minisun, a |sun|'],
    ['Мимолётное', 'ЛЕТ', 'Мимо|лёт|ное'],
    ['Cafe\u0301 noir', 'e', 'Caf|e\u0301| noir'],
    ['Straße', 'ss', 'Stra|ß|e'],
    ['a  \t b', 'A B', '|a  \t b|'],
    ['🎬 Film', '🎬', '|🎬| Film'],
    ['ﬁlm', 'i', '|ﬁ|lm'],
    ['Film', 'nowhere', 'Film||'],
    ['Film', ' ', 'Film||'],
  ])('%j by %j is %j', (title, term, parts) => {
    const { before, match, after } = matchPart(title, term);
    expect([before, match, after].join('|')).toBe(parts);
    expect(before + match + after).toBe(title);
  });
});
