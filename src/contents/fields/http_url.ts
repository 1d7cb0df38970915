import type { FieldKind, FieldOptions, FieldValue, Refusal } from './kind.ts';
import { parseText } from './text.ts';

/** Characters an address may have: what browsers and proxies carry without cutting. */
export const URL_CHARACTERS_MAX = 2000;

const NOT_AN_ADDRESS: Refusal = { refused: 'Enter an http or https address.', reason: { key: 'not_http' } };
// A URL parser drops tabs and newlines and escapes spaces; what is stored would then not be what was checked.
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const UNSAFE = /[\u0000-\u0020\u007f\u2028\u2029"<>\\]/;

/** An absolute http or https address with a host, returned as it was sent. */
export function parseHttpUrl(input: unknown): FieldValue | Refusal {
  const parsed = parseText(input, URL_CHARACTERS_MAX);
  if (typeof parsed !== 'string') return parsed;
  if (UNSAFE.test(parsed) || !/^https?:\/\/[^/?#]/i.test(parsed) || !URL.canParse(parsed)) return NOT_AN_ADDRESS;
  return parsed;
}

/** A required http or https address. */
export function httpUrl(options: FieldOptions): FieldKind {
  return {
    label: options.label,
    help: options.help ?? '',
    column: 'text',
    initial: '',
    control: {
      element: 'input',
      inputType: 'url',
      required: true,
      charactersMax: URL_CHARACTERS_MAX,
      placeholder: 'https://',
    },
    openapi: {
      type: 'string',
      format: 'uri',
      description: options.help || options.label,
      example: options.example ?? 'https://example.org/',
      maxLength: URL_CHARACTERS_MAX,
    },
    parse: parseHttpUrl,
  };
}
