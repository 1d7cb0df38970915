import { Html } from '@kitajs/html';
import type { Control } from '../../src/contents/fields/kind.ts';
import type { Messages } from '../../src/messages/index.ts';

/** The hidden token of every form. */
export function CsrfField({ token }: { token: string }): JSX.Element {
  return <input type="hidden" name="csrf_token" value={Html.escapeHtml(token)} />;
}

type FieldProps = {
  m: Messages;
  name: string;
  /** What ids of the field begin with, where two forms stand on one page. */
  scope?: string;
  label: string;
  help?: string;
  control: Control;
  value: string;
  /** What is wrong with the value; it stands at the field and is announced with it. */
  problems?: readonly string[];
  /** The control has the focus when the page opens. */
  isFirst?: boolean;
  isReadOnly?: boolean;
};

/**
 * A label, its control, the help below it and what is wrong, tied together for screen readers. Values are escaped whole:
 * `&lt;` in a text is still `&lt;` after it was edited and saved.
 */
export function Field(props: FieldProps): JSX.Element {
  const { m, name, label, help = '', control, problems = [] } = props;
  const id = `${props.scope ?? 'field'}-${name}`;
  const helpId = help === '' ? [] : [`${id}-help`];
  const problemId = problems.length === 0 ? [] : [`${id}-problem`];
  const describedBy = [...problemId, ...helpId].join(' ') || undefined;
  return (
    <div class={problems.length === 0 ? 'field' : 'field field-wrong'}>
      <label for={id}>
        <span safe>{label}</span>
        {control.required ? (
          ''
        ) : (
          <span class="field-optional" safe>
            {m.common.optional}
          </span>
        )}
      </label>
      {problems.map((problem, index) => (
        <p class="field-problem" id={index === 0 ? problemId[0] : undefined} safe>
          {problem}
        </p>
      ))}
      <FieldControl {...props} id={id} describedBy={describedBy} />
      {help === '' ? (
        ''
      ) : (
        <p class="field-help" id={helpId[0]} safe>
          {help}
        </p>
      )}
    </div>
  );
}

function FieldControl(props: FieldProps & { id: string; describedBy: string | undefined }): JSX.Element {
  const { name, control, value, id, describedBy, problems = [] } = props;
  const shared = {
    id,
    name,
    required: control.required,
    readonly: props.isReadOnly ?? false,
    autofocus: props.isFirst ?? false,
    'aria-describedby': describedBy,
    'aria-invalid': problems.length > 0 ? ('true' as const) : undefined,
    'data-characters-max': String(control.charactersMax),
  };
  if (control.element === 'textarea') {
    // The first line break of a textarea belongs to HTML, not to the text.
    return (
      <textarea {...shared} rows="12" safe>
        {`\n${value}`}
      </textarea>
    );
  }
  return (
    <input
      {...shared}
      type={control.inputType ?? 'text'}
      value={Html.escapeHtml(value)}
      placeholder={control.placeholder}
      autocomplete="off"
    />
  );
}
