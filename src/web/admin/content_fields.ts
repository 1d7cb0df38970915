/** A type's fields as its form shows them. */
import type { FormField } from '../../../views/parts/form_fields.tsx';
import { type ContentType, wordsOf } from '../../contents/content.ts';
import type { Refusal } from '../../contents/fields/kind.ts';
import { editableFields } from '../../contents/validate.ts';
import type { Messages } from '../../messages/index.ts';
import type { FormInput } from '../forms.ts';
import { sayRefusal } from './refusals.ts';

export type ContentInput = Readonly<Record<string, string>>;

/** What a form says of a type's fields; whatever else it says is left alone. */
export function readInput(type: ContentType, form: FormInput): ContentInput {
  return Object.fromEntries(Object.keys(editableFields(type)).map((name) => [name, form.get(name) ?? '']));
}

/** The fields with what stands in them, and what is wrong with it. */
export function describeFields(
  m: Messages,
  type: ContentType,
  input: ContentInput,
  refusals: Readonly<Record<string, Refusal>> = {},
): FormField[] {
  return Object.entries(editableFields(type)).map(([name, { control }]) => {
    const refusal = refusals[name];
    const problems = refusal === undefined ? [] : [sayRefusal(m, refusal)];
    return { name, ...wordsOfField(m, type, name), control, value: input[name] ?? '', problems };
  });
}

/** A field's label and help in the language of the messages. */
export function wordsOfField(m: Messages, type: ContentType, name: string): { label: string; help: string } {
  if (name === 'title') return m.fields.title;
  return wordsOf(type, m.language).fields[name] ?? { label: name, help: '' };
}
