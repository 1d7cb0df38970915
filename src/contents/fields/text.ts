import { countCharacters, type FieldKind, type FieldOptions, type FieldValue, type Refusal } from './kind.ts';

/** Characters a line of text may have where its field says nothing else. */
export const TEXT_CHARACTERS_MAX = 255;

/**
 * Checks required text of bounded length: the rule behind titles, text and long text.
 * @returns the text itself, unchanged, or the refusal.
 */
export function parseText(input: unknown, charactersMax: number): FieldValue | Refusal {
  if (input === undefined || input === null) return { refused: 'This field is required.' };
  if (typeof input !== 'string') return { refused: `Expected text, got ${describeValue(input)}.` };
  if (input.trim() === '') return { refused: 'This field is required.' };
  if (input.includes('\0')) return { refused: 'NUL characters are not allowed.' };
  // A string with at most `charactersMax` UTF-16 units cannot have more code points: no need to count them.
  if (input.length > charactersMax) {
    const count = countCharacters(input);
    if (count > charactersMax) return { refused: `At most ${charactersMax} characters, you sent ${count}.` };
  }
  if (!input.isWellFormed()) return { refused: 'This is not valid Unicode text (a lone surrogate).' };
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
    toJson: (stored) => stored,
  };
}
