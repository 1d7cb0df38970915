import { Html } from '@kitajs/html';
import type { Messages } from '../../src/messages/index.ts';

type RoleFieldProps = {
  m: Messages;
  /** The roles to choose from. */
  roles: readonly ('viewer' | 'editor' | 'admin' | 'none')[];
  value: string;
  problems: readonly string[];
};

/** The role of a user, with what each may do. */
export function RoleField({ m, roles, value, problems }: RoleFieldProps): JSX.Element {
  const hasProblem = problems.length > 0;
  return (
    <fieldset class={hasProblem ? 'field options field-wrong' : 'field options'} aria-describedby="field-role-problem">
      <legend safe>{m.users.role}</legend>
      <div id="field-role-problem">
        {problems.map((problem) => (
          <p class="field-problem" safe>
            {problem}
          </p>
        ))}
      </div>
      {roles.map((role) => (
        <label class="option">
          <input
            type="radio"
            name="role"
            value={Html.escapeHtml(role)}
            checked={role === value}
            required
            aria-invalid={hasProblem ? 'true' : undefined}
          />
          <span>
            <span safe>{m.frame.roles[role]}</span>{' '}
            <span class="soft" safe>
              {m.users.roleHelp[role]}
            </span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
