/**
 * Content negotiation as Django REST Framework does it: `?format=` narrows the renderers, then the most specific entry
 * of `Accept` that a renderer matches decides; `q` is not read. Renderers of equal fit rank by their own order.
 */

export interface Renderer {
  readonly mediaType: string;
  readonly format: string;
}

/** What to answer with; `indent` is the media type's parameter, 0 for compact. */
export interface Choice<R extends Renderer> {
  readonly renderer: R;
  readonly indent: number | undefined;
}

export type Refused = 'unknown format' | 'not acceptable';

const INDENT_MAX = 8;

interface MediaRange {
  readonly main: string;
  readonly sub: string;
  readonly parameters: ReadonlyMap<string, string>;
}

function parseRange(text: string): MediaRange {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const [main = '', sub = ''] = type.toLowerCase().split('/');
  const parameters = new Map<string, string>();
  for (const parameter of rest) {
    const [name = '', value = ''] = parameter.split('=');
    parameters.set(name.trim().toLowerCase(), value.trim().replaceAll('"', ''));
  }
  return { main, sub, parameters };
}

function precedence({ main, sub, parameters }: MediaRange): number {
  if (main === '*') return 0;
  if (sub === '*') return 1;
  return parameters.size === 0 || (parameters.size === 1 && parameters.has('q')) ? 2 : 3;
}

function fits(range: MediaRange, renderer: Renderer): boolean {
  const [main, sub] = renderer.mediaType.split('/');
  return (range.main === '*' || range.main === main) && (range.sub === '*' || range.sub === sub);
}

function indentOf({ parameters }: MediaRange): number | undefined {
  const number = parseDecimal(parameters.get('indent') ?? '');
  return number === undefined ? undefined : Math.min(Math.max(number, 0), INDENT_MAX);
}

/** Chooses among `renderers` (their order is their rank) for an `Accept` header and the value of `?format=`. */
export function negotiate<R extends Renderer>(
  renderers: readonly R[],
  accept: string | null,
  format: string | undefined,
): Choice<R> | Refused {
  const candidates = format ? renderers.filter((renderer) => renderer.format === format) : renderers;
  const [first] = candidates;
  if (first === undefined) return 'unknown format';
  if (accept === null || accept === '*/*') return { renderer: first, indent: undefined };
  const ranges = accept.split(',').map(parseRange);
  for (const rank of [3, 2, 1, 0]) {
    const group = ranges.filter((range) => precedence(range) === rank);
    for (const renderer of candidates) {
      const range = group.find((candidate) => fits(candidate, renderer));
      if (range !== undefined) return { renderer, indent: indentOf(range) };
    }
  }
  return 'not acceptable';
}

const DIGIT = /\p{Nd}/u;
const DECIMAL = /^[+-]?\p{Nd}+(?:_\p{Nd}+)*$/u;

/** A digit of any script: Unicode lists the ten of each in order, without a gap. */
function digitValue(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let above = 0;
  while (DIGIT.test(String.fromCodePoint(code - above - 1))) above += 1;
  return String(above % 10);
}

/**
 * A whole number as Python's `int()` reads it: white space around, a sign, single underscores, digits of any script;
 * undefined for anything else.
 */
export function parseDecimal(text: string): number | undefined {
  const trimmed = text.trim();
  if (!DECIMAL.test(trimmed)) return undefined;
  return Number(trimmed.replaceAll('_', '').replaceAll(/(?![0-9])\p{Nd}/gu, digitValue));
}
