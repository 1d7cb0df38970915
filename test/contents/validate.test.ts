import { describe, expect, test } from 'bun:test';
import { audio } from '../../src/contents/audio.ts';
import { defineContent } from '../../src/contents/content.ts';
import { parseHttpUrl, URL_CHARACTERS_MAX } from '../../src/contents/fields/http_url.ts';
import { LONG_TEXT_CHARACTERS_MAX } from '../../src/contents/fields/long_text.ts';
import { text } from '../../src/contents/fields/text.ts';
import { contentTypes } from '../../src/contents/index.ts';
import { pageFields, titleField } from '../../src/contents/page.ts';
import { editableFields, validate } from '../../src/contents/validate.ts';
import { video } from '../../src/contents/video.ts';

const REQUIRED = { refused: 'This field is required.', reason: { key: 'required' as const } };
const NO_ADDRESS = { refused: 'Enter an http or https address.', reason: { key: 'not_http' as const } };

describe('text', () => {
  test('is kept as it came, whatever its script', () => {
    for (const kept of ['a', ' a ', 'Привет', '🎬👩🏽‍🚀', 'שלום', '\u200bx', '&lt;b&gt;', '<script>', "' or 1=1"]) {
      expect(titleField.parse(kept)).toBe(kept);
    }
  });

  test('that is missing or blank is asked for', () => {
    for (const blank of [undefined, null, '', ' ', '\t\n', '\u00a0\u3000'])
      expect(titleField.parse(blank)).toEqual(REQUIRED);
  });

  test('is counted in characters, not in units of some encoding', () => {
    for (const character of ['x', 'ж', '🎬']) {
      expect(titleField.parse(character.repeat(255))).toBe(character.repeat(255));
      expect(titleField.parse(character.repeat(256))).toEqual({
        refused: 'At most 255 characters, you sent 256.',
        reason: { key: 'too_long', max: 255, sent: 256 },
      });
    }
    expect(titleField.parse('x'.repeat(300))).toMatchObject({ refused: 'At most 255 characters, you sent 300.' });
    const long = editableFields(audio).text;
    expect(long?.parse('🎬'.repeat(LONG_TEXT_CHARACTERS_MAX))).toBeString();
    expect(long?.parse('x'.repeat(LONG_TEXT_CHARACTERS_MAX + 1))).toMatchObject({
      refused: `At most ${LONG_TEXT_CHARACTERS_MAX} characters, you sent ${LONG_TEXT_CHARACTERS_MAX + 1}.`,
    });
  });

  test('is refused with a NUL or half a character, and where it is no text', () => {
    expect(titleField.parse('a\0b')).toMatchObject({ refused: 'NUL characters are not allowed.' });
    expect(titleField.parse('a\ud83d')).toMatchObject({
      refused: 'This is not valid Unicode text (a lone surrogate).',
    });
    expect(titleField.parse(5)).toEqual({ refused: 'Expected text, got a number.' });
    expect(titleField.parse(true)).toEqual({ refused: 'Expected text, got a boolean.' });
    expect(titleField.parse(['a'])).toEqual({ refused: 'Expected text, got a list.' });
    expect(titleField.parse({})).toEqual({ refused: 'Expected text, got an object.' });
  });
});

describe('an address', () => {
  test('with http or https and a host is kept as it came', () => {
    for (const kept of [
      'http://example.org',
      'HTTPS://EXAMPLE.ORG/Path?q=1#part',
      'https://user@example.org:8443/a%20b',
      'http://127.0.0.1:8000/',
      'http://[::1]/',
      'https://пример.рф/фильм.mp4',
      'https://xn--e1afmkfd.xn--p1ai/',
    ]) {
      expect([kept, parseHttpUrl(kept)]).toEqual([kept, kept]);
    }
  });

  test('of another kind, without a host, or with characters that change on the way is refused', () => {
    for (const bad of [
      'javascript:alert(1)',
      'JaVaScRiPt:alert(1)',
      'java\tscript:alert(1)',
      ' javascript:alert(1)',
      'data:text/html,x',
      'vbscript:x',
      'file:///etc/passwd',
      'ftp://example.org/',
      '//example.org/',
      '/path',
      'example.org',
      'http:',
      'http://',
      'https:///path',
      'http://?q',
      'http://#x',
      'http:example.org',
      'http:/example.org',
      'http:\\\\example.org',
      'https://exa mple.org/',
      'https://example.org/a b',
      ' https://example.org/',
      'https://example.org/\n',
      'https://example.org/\r\nSet-Cookie: x',
      'https://example.org/"onmouseover=alert(1)',
      'https://example.org/<script>',
      'https://example.org:99999/',
      'https://[::1/',
      'https://%/',
      'blob:https://example.org/',
    ]) {
      expect([bad, parseHttpUrl(bad)]).toEqual([bad, NO_ADDRESS]);
    }
  });

  test('has a length, and may be left out only where it is optional', () => {
    const start = 'https://example.org/';
    const longest = start + 'x'.repeat(URL_CHARACTERS_MAX - start.length);
    expect(parseHttpUrl(longest)).toBe(longest);
    expect(parseHttpUrl(`${longest}x`)).toMatchObject({
      refused: `At most ${URL_CHARACTERS_MAX} characters, you sent ${URL_CHARACTERS_MAX + 1}.`,
    });
    const { file_url, subtitles_url } = editableFields(video);
    for (const absent of [undefined, null, '']) {
      expect(file_url?.parse(absent)).toEqual(REQUIRED);
      expect(subtitles_url?.parse(absent)).toBe('');
    }
    expect(subtitles_url?.parse('no')).toEqual(NO_ADDRESS);
    expect(pageFields.url.parse('')).toEqual(REQUIRED);
  });
});

describe('validating input', () => {
  test('names every field that cannot be stored at once', () => {
    expect(validate(editableFields(video), { title: '', file_url: 'x', subtitles_url: 'y' })).toMatchObject({
      problems: {
        title: ['This field is required.'],
        file_url: ['Enter an http or https address.'],
        subtitles_url: ['Enter an http or https address.'],
      },
      refusals: { title: REQUIRED, file_url: NO_ADDRESS, subtitles_url: NO_ADDRESS },
    });
  });

  test('ignores what names no field, and what is inherited', () => {
    const input = JSON.parse('{"title":"T","text":"W","counter":5,"id":1,"version":2,"__proto__":{"admin":true}}');
    expect(validate(editableFields(audio), input)).toEqual({ values: { title: 'T', text: 'W' } });
    expect(validate(editableFields(audio), Object.create({ title: 'T', text: 'W' }))).toHaveProperty('problems');
  });
});

describe('a content type', () => {
  test('has a label, type and table of its own', () => {
    for (const names of [
      contentTypes.map((type) => type.label),
      contentTypes.map((type) => type.type),
      contentTypes.map((type) => type.table),
    ]) {
      expect(new Set(names).size).toBe(contentTypes.length);
    }
  });

  test('that cannot work is refused when it is defined', () => {
    const good = { label: 'pages.quiz', type: 'quiz', name: 'quiz', namePlural: 'quizzes', fields: {} };
    expect(defineContent(good)).toMatchObject({ table: 'pages_quiz', component: 'QuizContent' });
    for (const bad of [
      { label: 'Pages.quiz' },
      { label: 'quiz' },
      { label: "pages.quiz'; drop table x" },
      { label: `pages.${'q'.repeat(100)}` },
      { type: 'Quiz' },
      { fields: { counter: text({ label: 'Counter' }) } },
      { fields: { 'a-b': text({ label: 'A' }) } },
    ]) {
      expect(() => defineContent({ ...good, ...bad })).toThrow('content type');
    }
  });
});
