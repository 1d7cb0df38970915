import { Html } from '@kitajs/html';
import type { Control } from '../../src/contents/fields/kind.ts';
import type { Messages } from '../../src/messages/index.ts';
import { Field } from './field.tsx';

/** A field of a form with what stands in it. */
export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly help: string;
  readonly control: Control;
  readonly value: string;
  /** What is wrong with the value. */
  readonly problems: readonly string[];
}

type FormFieldsProps = {
  m: Messages;
  fields: readonly FormField[];
  isReadOnly: boolean;
  /** The first field has the focus when the page opens: for forms that begin empty. */
  hasFocus: boolean;
  /** Things in the form that are wrong besides these fields. */
  othersWrong?: number;
};

/** Fields one below the other, after a line that says how many of them are wrong. */
export function FormFields({ m, fields, isReadOnly, hasFocus, othersWrong = 0 }: FormFieldsProps): JSX.Element {
  const wrong = fields.filter(({ problems }) => problems.length > 0).length + othersWrong;
  return (
    <>
      {wrong === 0 ? (
        ''
      ) : (
        <p class="notice notice-error" role="alert" safe>
          {m.refusals.summary(wrong)}
        </p>
      )}
      {fields.map((field, place) => (
        <Field m={m} {...field} isReadOnly={isReadOnly} isFirst={hasFocus && wrong === 0 && place === 0} />
      ))}
    </>
  );
}
