/** Two texts compared by words, in bounded time. */

/** A stretch of text that both have, or only the one before, or only the one after. */
export interface DiffPart {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** Pairs of words (or else lines) that are compared at most: 4 MB and a few ms. */
const PAIRS_MAX = 1_000_000;
const WORDS = /\s+|[\p{L}\p{M}\p{N}_]+|[^\s\p{L}\p{M}\p{N}_]/gu;
const LINES = /[^\n]*\n|[^\n]+/g;

/**
 * What turns `before` into `after`: joined without what was added it is `before`, without what was removed `after`.
 * Where the texts differ in too many words they are compared by lines, and where in too many lines as a whole.
 */
export function diffWords(before: string, after: string): DiffPart[] {
  for (const pattern of [WORDS, LINES]) {
    const parts = compare(before.match(pattern) ?? [], after.match(pattern) ?? []);
    if (parts !== undefined) return gather(parts);
  }
  return gather([
    { kind: 'removed', text: before },
    { kind: 'added', text: after },
  ]);
}

function compare(before: readonly string[], after: readonly string[]): DiffPart[] | undefined {
  let head = 0;
  while (head < before.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const room = Math.min(before.length, after.length) - head;
  while (tail < room && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const old = before.slice(head, before.length - tail);
  const fresh = after.slice(head, after.length - tail);
  if (old.length * fresh.length > PAIRS_MAX) return undefined;
  return [
    ...asSame(before.slice(0, head)),
    ...compareMiddle(old, fresh),
    ...asSame(before.slice(before.length - tail)),
  ];
}

function asSame(words: readonly string[]): DiffPart[] {
  return words.map((text) => ({ kind: 'same', text }));
}

/** The longest common subsequence: https://en.wikipedia.org/wiki/Longest_common_subsequence */
function compareMiddle(old: readonly string[], fresh: readonly string[]): DiffPart[] {
  const width = fresh.length + 1;
  const lengths = new Uint32Array((old.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = fresh.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = old[i] === fresh[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const parts: DiffPart[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < fresh.length) {
    const isSame = i < old.length && j < fresh.length && old[i] === fresh[j];
    const isRemoved = !isSame && i < old.length && (j === fresh.length || at(i + 1, j) >= at(i, j + 1));
    const kind = isSame ? 'same' : isRemoved ? 'removed' : 'added';
    parts.push({ kind, text: (kind === 'added' ? fresh[j] : old[i]) ?? '' });
    if (kind !== 'added') i += 1;
    if (kind !== 'removed') j += 1;
  }
  return parts;
}

/** Joins neighbours. Words that changed side by side are one change: the blank between them says nothing. */
function gather(parts: readonly DiffPart[]): DiffPart[] {
  const gathered: DiffPart[] = [];
  let [same, removed, added] = ['', '', ''];
  const flush = () => {
    if (removed !== '') gathered.push({ kind: 'removed', text: removed });
    if (added !== '') gathered.push({ kind: 'added', text: added });
    [removed, added] = ['', ''];
  };
  for (const { kind, text } of parts) {
    if (kind === 'same') {
      same += text;
      continue;
    }
    const isInside = /^[^\S\n]*$/.test(same) && removed + added !== '';
    if (isInside) [removed, added] = [removed + same, added + same];
    else flush();
    if (!isInside && same !== '') gathered.push({ kind: 'same', text: same });
    same = '';
    if (kind === 'removed') removed += text;
    else added += text;
  }
  flush();
  if (same !== '') gathered.push({ kind: 'same', text: same });
  return gathered;
}
