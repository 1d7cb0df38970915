import { describe, expect, test } from 'bun:test';
import { compareLists, mergeLists } from '../../views/parts/list_diff.ts';

/** `a b+ c~2`: `+` only here, `~2` moved from or to place 2. */
function describeSide(mine: string, theirs: string, side: 'mine' | 'theirs'): string {
  return compareLists([...mine], [...theirs])
    [side].map(({ value, mark, otherPlace }) => `${value}${{ same: '', only: '+', moved: `~${otherPlace}` }[mark]}`)
    .join(' ');
}

describe('two lists', () => {
  test.each([
    ['abc', 'abc', 'a b c', 'a b c'],
    ['abc', 'ac', 'a b+ c', 'a c'],
    ['', 'ab', '', 'a+ b+'],
    ['abcd', 'dabc', 'a b c d~1', 'd~4 a b c'],
    ['aab', 'ab', 'a a+ b', 'a b'],
    ['ab', 'ba', 'a~2 b', 'b a~1'],
  ])('%p and %p differ as %p and %p', (mine, theirs, one, another) => {
    expect([describeSide(mine, theirs, 'mine'), describeSide(mine, theirs, 'theirs')]).toEqual([one, another]);
  });

  test.each([
    ['ab', 'abc', 'xab', 'xabc'],
    ['abc', 'ac', 'abcd', 'acd'],
    ['ab', 'xab', 'ba', 'xba'],
    ['ab', 'ab', 'ba', 'ba'],
    ['aab', 'ab', 'aab', 'ab'],
    ['ab', 'abcd', 'a', 'acd'],
    ['', 'x', 'y', 'xy'],
    ['abc', 'cab', 'abcd', 'cdab'],
    ['abc', 'cab', 'bc', 'cb'],
    ['abc', 'cxab', 'bac', 'bacx'],
  ])('that began as %p and are %p and %p make %p', (base, mine, theirs, merged) => {
    expect(mergeLists([...base], [...mine], [...theirs]).join('')).toBe(merged);
  });
});
