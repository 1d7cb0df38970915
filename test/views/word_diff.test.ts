import { describe, expect, test } from 'bun:test';
import { type DiffPart, diffWords } from '../../views/parts/word_diff.ts';
import { randomOf } from '../help/random.ts';

const TEXTS = 300;
const WORDS = ['a', 'b', 'ё', '🐇', ' ', ' ', '\n', '.', '&lt;', 'שלום'];

function without(kind: DiffPart['kind'], parts: readonly DiffPart[]): string {
  return parts.flatMap((part) => (part.kind === kind ? [] : [part.text])).join('');
}

describe('two texts compared by words', () => {
  test('are both found in what differs', () => {
    const random = randomOf(7);
    const below = (n: number) => Math.floor(random() * n);
    const text = () => Array.from({ length: below(30) }, () => WORDS[below(WORDS.length)]).join('');
    for (let n = 0; n < TEXTS; n += 1) {
      const [before, after] = [text(), text()];
      const parts = diffWords(before, after);
      expect([without('added', parts), without('removed', parts)]).toEqual([before, after]);
    }
  });

  test('say which words differ and leave the others alone', () => {
    expect(diffWords('Big Buck Bunny, 2008', 'Big Black Bunny, 2008')).toEqual([
      { kind: 'same', text: 'Big ' },
      { kind: 'removed', text: 'Buck' },
      { kind: 'added', text: 'Black' },
      { kind: 'same', text: ' Bunny, 2008' },
    ]);
  });

  test('join words that changed side by side', () => {
    expect(diffWords('the old red house', 'the new blue house')).toEqual([
      { kind: 'same', text: 'the ' },
      { kind: 'removed', text: 'old red' },
      { kind: 'added', text: 'new blue' },
      { kind: 'same', text: ' house' },
    ]);
  });

  test('that are long and share nothing are compared in bounded time', () => {
    const long = (word: string) => `${word} `.repeat(100_000);
    const began = performance.now();
    const parts = diffWords(long('one'), long('two'));
    expect(parts).toEqual([
      { kind: 'removed', text: long('one') },
      { kind: 'added', text: long('two') },
    ]);
    expect(performance.now() - began).toBeLessThan(2000);
  });

  test('that are long and differ by lines are compared by lines', () => {
    const lines = (mark: string) => Array.from({ length: 900 }, (_, n) => `${n % 3 === 0 ? mark : 'same'} line ${n}\n`);
    const parts = diffWords(lines('old').join(''), lines('new').join(''));
    expect(parts.filter(({ kind }) => kind === 'same').every(({ text }) => !text.includes('old'))).toBe(true);
    expect(parts.filter(({ kind }) => kind === 'added')).toHaveLength(300);
  });
});
