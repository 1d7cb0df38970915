/** Figures of several rounds, and how they are shown. */

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The median of what each round's ratio was: a slow moment slows both halves of its pair. */
export function medianRatio(values: readonly number[], pairs: readonly number[]): number {
  return median(values.map((value, index) => value / (pairs[index] ?? Number.NaN)));
}

/** Prints a line of a table. */
export function row(cells: readonly string[]): void {
  const [first = '', ...rest] = cells;
  console.log(`${first.padEnd(48)}${rest.map((cell) => cell.padStart(15)).join('')}`);
}
