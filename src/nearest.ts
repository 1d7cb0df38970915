const DISTANCE_MAX = 2;

/** Edits (insert, delete, replace, swap of neighbours) between two short words: optimal string alignment distance. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...new Array<number>(b.length).fill(0)]);
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let j = 1; j <= b.length; j++) (rows[0] ?? [])[j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, at(i - 2, j - 2) + 1);
      (rows[i] ?? [])[j] = cost;
    }
  }
  return at(a.length, b.length);
}

/** Edits of neighbours spoil two parts at most: of five, one stands in the other word as it was. */
const PARTS = 2 * DISTANCE_MAX + 1;

/** False where there must be more edits than DISTANCE_MAX: tells most words apart for a tenth of what the distance costs. */
function mayBeNear(name: string, candidate: string): boolean {
  for (let part = 0; part < PARTS; part++) {
    const start = Math.floor((part * candidate.length) / PARTS);
    if (name.includes(candidate.slice(start, Math.floor(((part + 1) * candidate.length) / PARTS)))) return true;
  }
  return false;
}

/** The known name closest to a mistyped one, or undefined when none is close: the "did you mean" of every message. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const limit = Math.min(DISTANCE_MAX, Math.floor(name.length / 2));
  let best: { name: string; cost: number } | undefined;
  const word = name.toLowerCase();
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) > limit) continue;
    const other = candidate.toLowerCase();
    if (!mayBeNear(word, other)) continue;
    const cost = distance(word, other);
    if (cost <= limit && (best === undefined || cost < best.cost)) best = { name: candidate, cost };
  }
  return best?.name;
}
