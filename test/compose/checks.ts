/** What a run says, line by line, and what it found wrong. */

export const problems: string[] = [];

export function say(text: string): void {
  console.log(text);
}

/** A line that is ok or not. @param got what was there instead */
export function expect(what: string, isSo: boolean, got: unknown = ''): void {
  say(`${isSo ? 'ok    ' : 'FAILED'} ${what}${isSo ? '' : ` (got ${JSON.stringify(got)})`}`);
  if (!isSo) problems.push(what);
}

export function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, number) => total + number, 0);
}
