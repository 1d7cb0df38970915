/** How two orders of the same kind of things differ, place by place. */

/** One place of a list, compared with the other list. */
export interface ComparedItem {
  readonly value: string;
  /** 1-based. */
  readonly place: number;
  /** `only`: the other list has no such item, or fewer of them. `moved`: it has it elsewhere among the others. */
  readonly mark: 'same' | 'only' | 'moved';
  /** Where the other list has it; undefined for `only`. */
  readonly otherPlace: number | undefined;
}

export interface ComparedLists {
  readonly mine: readonly ComparedItem[];
  readonly theirs: readonly ComparedItem[];
}

/**
 * Compares two lists in which a value may stand several times: the first of one is the first of the other, and so on.
 * What stands in both has moved when it is not in the longest run of items that both have in the same order.
 */
export function compareLists(mine: readonly string[], theirs: readonly string[]): ComparedLists {
  const inTheirs = placesOf(theirs);
  const counts = new Map<string, number>();
  const pairs = mine.map((value) => {
    const nth = counts.get(value) ?? 0;
    counts.set(value, nth + 1);
    return inTheirs.get(value)?.[nth];
  });
  const kept = longestRun(pairs);
  const back = new Map(pairs.flatMap((other, index) => (other === undefined ? [] : [[other, index] as const])));
  return {
    mine: mine.map((value, index) => compared(value, index, pairs[index], kept.has(index))),
    theirs: theirs.map((value, index) => {
      const other = back.get(index);
      return compared(value, index, other, other !== undefined && kept.has(other));
    }),
  };
}

function compared(value: string, index: number, other: number | undefined, isKept: boolean): ComparedItem {
  const mark = other === undefined ? 'only' : isKept ? 'same' : 'moved';
  return { value, place: index + 1, mark, otherPlace: other === undefined ? undefined : other + 1 };
}

function placesOf(list: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (const [index, value] of list.entries()) {
    const known = places.get(value);
    if (known === undefined) places.set(value, [index]);
    else known.push(index);
  }
  return places;
}

/** The indices of a longest strictly increasing subsequence, by patience sorting; what is undefined takes no part. */
function longestRun(numbers: readonly (number | undefined)[]): ReadonlySet<number> {
  const before: (number | undefined)[] = [];
  /** For each length, the index of the smallest number that ends a run of that length. */
  const ends: number[] = [];
  for (const [index, number] of numbers.entries()) {
    if (number === undefined) continue;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((numbers[ends[middle] ?? 0] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    before[index] = low === 0 ? undefined : ends[low - 1];
    ends[low] = index;
  }
  const run = new Set<number>();
  for (let index = ends.at(-1); index !== undefined; index = before[index]) run.add(index);
  return run;
}

/**
 * Both changes of one list: theirs, without what I took off, and with what I put on behind what it followed in mine. Where
 * I alone changed the order it is the other way round. An order that both changed is theirs.
 */
export function mergeLists(base: readonly string[], mine: readonly string[], theirs: readonly string[]): string[] {
  const hasMoved = (list: readonly string[]) => compareLists(list, base).mine.some(({ mark }) => mark === 'moved');
  return hasMoved(mine) && !hasMoved(theirs) ? putInto(mine, base, theirs) : putInto(theirs, base, mine);
}

/** A list with what `changed` has done to what both began with, but for its order. */
function putInto(list: readonly string[], base: readonly string[], changed: readonly string[]): string[] {
  const { mine: added, theirs: left } = compareLists(changed, base);
  const takenOff = left.filter(({ mark }) => mark === 'only').map(({ value }) => value);
  const merged = [...list];
  for (const value of takenOff.toReversed()) {
    const place = merged.lastIndexOf(value);
    if (place !== -1) merged.splice(place, 1);
  }
  for (const { value, place, mark } of added) {
    if (mark !== 'only') continue;
    const previous = changed[place - 2];
    const after = previous === undefined ? -1 : merged.lastIndexOf(previous);
    merged.splice(previous !== undefined && after === -1 ? merged.length : after + 1, 0, value);
  }
  return merged;
}
