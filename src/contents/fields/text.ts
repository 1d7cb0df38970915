import { countCharacters, type FieldKind, type FieldOptions, type FieldValue, type Refusal } from './kind.ts';

/** Characters a line of text may have where its field says nothing else. */
export const TEXT_CHARACTERS_MAX = 255;

const REQUIRED: Refusal = { refused: 'This field is required.', reason: { key: 'required' } };
const NOT_UNICODE: Refusal = {
  refused: 'This is not valid Unicode text (a lone surrogate).',
  reason: { key: 'not_unicode' },
};

/**
 * Checks required text of bounded length: the rule behind titles, text and long text.
 * @returns the text itself, unchanged, or the refusal.
 */
export function parseText(input: unknown, charactersMax: number): FieldValue | Refusal {
  if (input === undefined || input === null) return REQUIRED;
  if (typeof input !== 'string') return { refused: `Expected text, got ${describeValue(input)}.` };
  if (input.trim() === '') return REQUIRED;
  if (input.includes('\0')) return { refused: 'NUL characters are not allowed.', reason: { key: 'nul' } };
  // A string with at most `charactersMax` UTF-16 units cannot have more code points: no need to count them.
  if (input.length > charactersMax) {
    const count = countCharacters(input);
    if (count > charactersMax) {
      const reason = { key: 'too_long', max: charactersMax, sent: count } as const;
      return { refused: `At most ${charactersMax} characters, you sent ${count}.`, reason };
    }
  }
  if (!input.isWellFormed()) return NOT_UNICODE;
  return input;
}

/** A JSON value's type, for messages: `a number`, `a list`. */
export function describeValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** One line of required text. */
export function text(options: FieldOptions & { charactersMax?: number }): FieldKind {
  const charactersMax = options.charactersMax ?? TEXT_CHARACTERS_MAX;
  return {
    label: options.label,
    help: options.help ?? '',
    column: 'text',
    initial: '',
    control: { element: 'input', inputType: 'text', required: true, charactersMax },
    openapi: {
      type: 'string',
      description: options.help || options.label,
      example: options.example ?? '',
      maxLength: charactersMax,
    },
    parse: (input) => parseText(input, charactersMax),
  };
}
