import type { FieldErrors } from '../errors.ts';
import type { ContentType } from './content.ts';
import { type FieldKind, type FieldValue, isRefusal, type Refusal } from './fields/kind.ts';
import { titleField } from './page.ts';

/** The values to store, or what is wrong with each field that cannot be stored. */
export type Validated = { readonly values: Readonly<Record<string, FieldValue>> } | Refused;

/** What is wrong, as English sentences and as what the admin says in other languages. */
export interface Refused {
  readonly problems: FieldErrors;
  readonly refusals: Readonly<Record<string, Refusal>>;
}

/** The fields of a content that people write: its title, then the type's own. */
export function editableFields(type: ContentType): Readonly<Record<string, FieldKind>> {
  return { title: titleField, ...type.fields };
}

/**
 * The one validator: admin forms, fixtures and the shell all come through here. Input that names no field is ignored,
 * so that nothing but the listed fields can be written (no `counter`, `id`, `version`, `__proto__`).
 */
export function validate(
  fields: Readonly<Record<string, FieldKind>>,
  input: Readonly<Record<string, unknown>>,
): Validated {
  const values: Record<string, FieldValue> = {};
  const refusals: Record<string, Refusal> = {};
  for (const [name, field] of Object.entries(fields)) {
    const parsed = field.parse(Object.hasOwn(input, name) ? input[name] : undefined);
    if (isRefusal(parsed)) refusals[name] = parsed;
    else values[name] = parsed;
  }
  const refused = Object.entries(refusals);
  if (refused.length === 0) return { values };
  return { problems: Object.fromEntries(refused.map(([name, refusal]) => [name, [refusal.refused]])), refusals };
}
