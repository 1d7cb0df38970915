import { describe, expect, test } from 'bun:test';
import { type ConflictField, judge } from '../../views/parts/conflict_field.ts';

const field = (mine: string, theirs: string, base?: string): ConflictField => ({
  ...{ name: 'title', label: 'Title', mine, theirs, base },
});

describe('a field of two versions', () => {
  test.each([
    ['same', field('a', 'a', 'b')],
    ['mine', field('new', 'old', 'old')],
    ['theirs', field('old', 'new', 'old')],
    ['clash', field('new', 'newer', 'old')],
    ['clash', field('new', 'newer')],
  ] as const)('is %s', (verdict, given) => {
    expect(judge(given)).toBe(verdict);
  });
});
