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

const report: string[] = [];

/** Prints a line, and keeps it for the report. */
export function say(line = ''): void {
  console.log(line);
  report.push(line);
}

/** All that was said. */
export function readReport(): string {
  return report.join('\n');
}

/** Prints a line of a table. @param note behind the last column */
export function row(cells: readonly string[], note = ''): void {
  const [first = '', ...rest] = cells;
  say(`${first.padEnd(54)}${rest.map((cell) => cell.padStart(14)).join('')}  ${note}`.trimEnd());
}

/** Names of rows whose ratio was not as wanted. */
const missed: string[] = [];
let judged = 0;

/** Prints a line that ends with a ratio, and whether that is as wanted. @param wanted how it is said: `≥ 0.90` */
export function judge(cells: readonly string[], ratio: number, wanted: string, isAsWanted: boolean): void {
  judged += 1;
  if (!isAsWanted) missed.push(`${cells[0]}: ${ratio.toFixed(2)}, wanted ${wanted}`);
  row([...cells, ratio.toFixed(2)], `${wanted}${isAsWanted ? '' : '   <-- MISSED'}`);
}

/** Says which ratios were not as wanted. No benchmark fails for that: the machine may have been busy. */
export function printMissed(): void {
  if (judged === 0) return;
  say(`${judged - missed.length} of ${judged} ratios as wanted`);
  for (const line of missed) say(`MISSED  ${line}`);
}
