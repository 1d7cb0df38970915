/** Query strings as Django reads and writes them, for links that are the same to the byte. */

export type Query = ReadonlyMap<string, readonly string[]>;

/** `+` is a space, broken percent-encoding stays as it is, invalid UTF-8 becomes U+FFFD. Never throws. */
function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return spaced;
  return spaced.replaceAll(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    const bytes = Uint8Array.from(run.slice(1).split('%'), (pair) => Number.parseInt(pair, 16));
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  });
}

const EMPTY: Query = new Map();

/** All values of each parameter, blank ones too, in the order they came. */
export function parseQuery(raw: string): Query {
  if (raw === '') return EMPTY;
  const query = new Map<string, string[]>();
  for (const pair of raw.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? '' : decode(pair.slice(equals + 1));
    const values = query.get(name);
    if (values === undefined) query.set(name, [value]);
    else values.push(value);
  }
  return query;
}

/** The value that rules: the last one. */
export function lastValue(query: Query, name: string): string | undefined {
  return query.get(name)?.at(-1);
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

/** By code point, as Python sorts; JavaScript's own order puts emoji before the last of the BMP. */
function compareCodePoints(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** The query with one parameter replaced (or removed, for undefined), parameters sorted by name. */
export function writeQuery(query: Query, name: string, value: string | undefined): string {
  const all = new Map(query);
  if (value === undefined) all.delete(name);
  else all.set(name, [value]);
  return [...all]
    .sort(([a], [b]) => compareCodePoints(a, b))
    .flatMap(([key, values]) => values.map((one) => `${encode(key)}=${encode(one)}`))
    .join('&');
}
