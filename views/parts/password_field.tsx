import { Html } from '@kitajs/html';

type PasswordFieldProps = {
  name: string;
  label: string;
  help?: string;
  /** What a password manager makes of it. */
  autocomplete: 'current-password' | 'new-password';
  problems?: readonly string[];
  /** The word beside the label of a field that may be left empty. */
  optional?: string;
  isFirst?: boolean;
};

/** A field for a password. What was typed is never sent back. */
export function PasswordField(props: PasswordFieldProps): JSX.Element {
  const { name, label, help = '', autocomplete, problems = [] } = props;
  const id = `field-${name}`;
  const describedBy = [
    ...(problems.length === 0 ? [] : [`${id}-problem`]),
    ...(help === '' ? [] : [`${id}-help`]),
  ].join(' ');
  return (
    <div class={problems.length === 0 ? 'field' : 'field field-wrong'}>
      <label for={id}>
        <span safe>{label}</span>
        {props.optional === undefined ? (
          ''
        ) : (
          <span class="field-optional" safe>
            {props.optional}
          </span>
        )}
      </label>
      <div id={`${id}-problem`}>
        {problems.map((problem) => (
          <p class="field-problem" safe>
            {problem}
          </p>
        ))}
      </div>
      <input
        id={id}
        name={name}
        type="password"
        required={props.optional === undefined}
        autocomplete={autocomplete}
        autofocus={props.isFirst ?? false}
        aria-describedby={describedBy || undefined}
        aria-invalid={problems.length > 0 ? 'true' : undefined}
      />
      {help === '' ? (
        ''
      ) : (
        <p class="field-help" id={`${id}-help`} safe>
          {help}
        </p>
      )}
    </div>
  );
}

type NewPasswordFieldsProps = {
  labels: { readonly fresh: string; readonly again: string; readonly rules: string };
  problems: Readonly<Record<string, readonly string[]>>;
  /** Whose password it is, for password managers. */
  username: string;
  isFirst?: boolean;
};

/** A new password, typed twice. */
export function NewPasswordFields({ labels, problems, username, isFirst }: NewPasswordFieldsProps): JSX.Element {
  return (
    <>
      <input hidden type="text" value={Html.escapeHtml(username)} autocomplete="username" readonly />
      <PasswordField
        name="password"
        label={labels.fresh}
        help={labels.rules}
        autocomplete="new-password"
        problems={problems.password ?? []}
        isFirst={isFirst ?? false}
      />
      <PasswordField
        name="password_again"
        label={labels.again}
        autocomplete="new-password"
        problems={problems.password_again ?? []}
      />
    </>
  );
}
