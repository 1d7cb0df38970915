import { describe, expect, test } from 'bun:test';
import { generatePassword, passwordProblems } from '../../src/web/new_passwords.ts';

const PASSWORD = 'correct horse battery staple';

function sentencesFor(password: string, username: string): string[] {
  return passwordProblems(password, username).map((problem) => problem.sentence);
}

describe('the rules for a new password', () => {
  test.each([
    PASSWORD,
    'пароль не из словаря',
    '密码密码很长很长很长的句子',
    '😀🎈🚀🌵🦊🍕🎹📚🔑🌙⚓🎲',
    'x7!Kq2#Lm9$Z',
    ' leading and trailing ',
    'abc of gardening 1984',
    `${'long passphrase '.repeat(7)}- the end.`,
  ])('%j is fine', (password) => {
    expect(sentencesFor(password, 'editor')).toEqual([]);
  });

  test('counts characters, not code units', () => {
    expect(sentencesFor('😀🎈🚀🌵🦊🍕🎹📚🔑🌙⚓', 'editor')).toEqual([
      'The password must have at least 12 characters, this one has 11.',
    ]);
    const longest = [...'кактус🌵 и лиса🦊, '.repeat(20)].slice(0, 128).join('');
    expect(sentencesFor(longest, 'editor')).toEqual([]);
    expect(sentencesFor(`${longest}🌙`, 'editor')).toEqual([
      'The password must have at most 128 characters, this one has 129.',
    ]);
  });

  test.each(['', ' '.repeat(20), '\t\n\u00a0\u3000 \u2003'.repeat(3)])('only white space is none: %j', (password) => {
    expect(sentencesFor(password, 'editor')).toEqual(['The password must not be empty or only white space.']);
  });

  test.each([
    'password1234',
    'PASSWORD1234',
    'administrator',
    'qazwsxedcrfv',
    'aaaaaaaaaaaa',
    'ababababababa',
    'abc123abc123abc',
    '12345678901234',
    'abcdefghijklmnop',
    'qwertyuiopasdf',
    '1qaz2wsx3edc4rfv5tgb',
    'poiuytrewq321!',
    'йцукенгшщзфыва',
  ])('a common one is refused: %j', (password) => {
    expect(sentencesFor(password, 'someone')).toEqual(['The password is too common.']);
  });

  test.each([
    ['jonathan.smith', 'jonathan.smith'],
    ['jonathan.smith', 'JONATHAN.SMITH-2026'],
    ['jonathan.smith', 'my name: Jonathan Smith'],
    ['jonathan.smith', 'j0nathan_sm1th'],
    ['jonathan.smith', 'htims.nahtanoj'],
    ['jonathan.smith', 'jonathansmit'],
    ['editor@example.org', 'the-editor-of-it-all'],
    ['ЖанДарк', 'я жандарк орлеанская'],
    ['bob', 'bob went to town'],
  ])('for the user %j, %j is too similar', (username, password) => {
    expect(sentencesFor(password, username)).toEqual(['The password is too similar to the user name.']);
  });

  test('a user name of a letter or two forbids nothing, nor does one of signs only', () => {
    expect(sentencesFor(PASSWORD, 'a')).toEqual([]);
    expect(sentencesFor(PASSWORD, '@.+-_')).toEqual([]);
    expect(sentencesFor('!#%&/()=?-_.:,;', 'editor')).toEqual([]);
    expect(sentencesFor(PASSWORD, '')).toEqual([]);
  });

  test('all problems are named together', () => {
    expect(sentencesFor('editor', 'editor')).toEqual([
      'The password must have at least 12 characters, this one has 6.',
      'The password is too similar to the user name.',
    ]);
  });
});

describe('a generated password', () => {
  test('is long, unambiguous, different each time, and passes the rules', () => {
    const passwords = Array.from({ length: 200 }, generatePassword);
    for (const password of passwords) {
      expect(password).toMatch(/^[a-hjkmnp-zA-HJKMNP-Z2-9]{20,}$/);
      expect(sentencesFor(password, 'admin')).toEqual([]);
    }
    expect(new Set(passwords).size).toBe(passwords.length);
  });

  test('uses every character of its alphabet about as often', () => {
    const counts = new Map<string, number>();
    const text = Array.from({ length: 4000 }, generatePassword).join('');
    for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
    const mean = text.length / counts.size;
    expect(counts.size).toBeGreaterThanOrEqual(50);
    for (const count of counts.values()) expect(Math.abs(count - mean)).toBeLessThan(6 * Math.sqrt(mean));
  });
});
