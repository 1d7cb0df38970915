import type { FieldKind, FieldOptions } from './kind.ts';
import { parseText } from './text.ts';

/** Characters a long text may have: a short novel, and still one row and one answer. */
export const LONG_TEXT_CHARACTERS_MAX = 500_000;

/** Required text of any number of lines. */
export function longText(options: FieldOptions): FieldKind {
  return {
    label: options.label,
    help: options.help ?? '',
    column: 'text',
    initial: '',
    control: { element: 'textarea', required: true, charactersMax: LONG_TEXT_CHARACTERS_MAX },
    openapi: { type: 'string', description: options.help || options.label, example: options.example ?? '' },
    parse: (input) => parseText(input, LONG_TEXT_CHARACTERS_MAX),
  };
}
