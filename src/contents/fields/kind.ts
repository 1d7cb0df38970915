/** A value: the same in a column, in a form, in fixtures and in the API's answers. */
export type FieldValue = string;

/** What the admin can say in every language it speaks; `key` names the sentence. */
export type RefusalReason =
  | { readonly key: 'required' | 'not_http' | 'nul' | 'not_unicode' }
  | { readonly key: 'too_long'; readonly max: number; readonly sent: number };

/** Why a value was refused: one sentence for the person who sent it, and which one it is where others say it too. */
export interface Refusal {
  readonly refused: string;
  readonly reason?: RefusalReason;
}

/** The form control that edits a value; `views/parts/Field` draws it. */
export interface Control {
  readonly element: 'input' | 'textarea';
  readonly inputType?: 'text' | 'url';
  readonly required: boolean;
  readonly charactersMax: number;
  readonly placeholder?: string;
}

/** The part of an OpenAPI 3.0 schema object that field kinds use. */
export interface FieldSchema {
  readonly type: 'string';
  readonly description: string;
  readonly example: string;
  readonly format?: 'uri';
  readonly maxLength?: number;
}

/**
 * A kind of field (text, http url, …): its column, validation, form control and OpenAPI schema in one place.
 * Both the admin's forms and fixtures go through `parse`, so the two never disagree on what is valid.
 */
export interface FieldKind {
  /** The field's name for people. */
  readonly label: string;
  /** A sentence below the control, or ''. */
  readonly help: string;
  /** The column's type in the shared vocabulary of `db/columns.*.ts`. */
  readonly column: 'text';
  /** The value a row gets when nothing was given and none is required. */
  readonly initial: FieldValue;
  readonly control: Control;
  readonly openapi: FieldSchema;
  /** The value to store, or why it cannot be stored. Never throws. */
  parse(input: unknown): FieldValue | Refusal;
}

/** What a type's file says about one of its fields. */
export interface FieldOptions {
  readonly label: string;
  readonly help?: string;
  readonly example?: string;
}

/** True when `parse` refused its input. */
export function isRefusal(result: FieldValue | Refusal): result is Refusal {
  return typeof result !== 'string';
}

/** The number of code points: what people count as characters, whatever the encoding makes of them. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
