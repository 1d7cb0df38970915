import { Html } from '@kitajs/html';
import { AdminLayout } from './admin_layout.tsx';
import type { Chrome } from './parts/chrome.ts';
import { CsrfField, Field } from './parts/field.tsx';
import { PasswordField } from './parts/password_field.tsx';
import { RoleField } from './parts/role_field.tsx';
import { Secret } from './parts/secret.tsx';

type Problems = Readonly<Record<string, readonly string[]>>;
type Input = { readonly username: string; readonly email: string; readonly role: string; readonly isActive: boolean };

const USERNAME = { element: 'input', required: true, charactersMax: 150 } as const;
const EMAIL = { element: 'input', required: false, charactersMax: 254 } as const;
const ROLES = ['viewer', 'editor', 'admin'] as const;

type AddUserProps = { chrome: Chrome; input: Input; problems: Problems };

/** A new user. */
export function AddUserPage({ chrome, input, problems }: AddUserProps): JSX.Element {
  const { m } = chrome;
  const words = m.users;
  return (
    <AdminLayout chrome={chrome} title={words.addTitle} section="users" trail={trailOf(chrome)}>
      <form method="post" action="/admin/users/add/" class="stack narrow">
        <CsrfField token={chrome.csrf} />
        <Field
          m={m}
          name="username"
          label={words.username}
          help={words.usernameHelp}
          control={USERNAME}
          value={input.username}
          problems={problems.username ?? []}
          isFirst
        />
        <EmailField chrome={chrome} input={input} problems={problems} />
        <RoleField m={m} roles={ROLES} value={input.role} problems={problems.role ?? []} />
        <PasswordField
          name="password"
          label={words.password}
          help={words.passwordHelp}
          autocomplete="new-password"
          problems={problems.password ?? []}
          optional={m.common.optional}
        />
        <Buttons chrome={chrome} submit={words.create} />
      </form>
    </AdminLayout>
  );
}

type EditUserProps = {
  chrome: Chrome;
  user: { readonly id: number; readonly username: string; readonly hasRole: boolean; readonly mayLogIn: boolean };
  /** What the edit starts from. */
  version: string;
  input: Input;
  problems: Problems;
  /** What happened meanwhile, or ''. */
  notice: string;
};

/** What a user may do, whether at all, and a way in for one who forgot the password. */
export function EditUserPage({ chrome, user, version, input, problems, notice }: EditUserProps): JSX.Element {
  const { m } = chrome;
  const words = m.users;
  return (
    <AdminLayout chrome={chrome} title={user.username} section="users" trail={trailOf(chrome)}>
      {notice === '' ? (
        ''
      ) : (
        <p class="notice notice-error" role="alert" safe>
          {notice}
        </p>
      )}
      <form method="post" action={`/admin/users/${user.id}/`} class="stack narrow">
        <CsrfField token={chrome.csrf} />
        <input type="hidden" name="version" value={Html.escapeHtml(version)} />
        <EmailField chrome={chrome} input={input} problems={problems} />
        <RoleField
          m={m}
          roles={user.hasRole ? ROLES : [...ROLES, 'none']}
          value={input.role}
          problems={problems.role ?? []}
        />
        <div class={problems.active === undefined ? 'field options' : 'field options field-wrong'}>
          {(problems.active ?? []).map((problem) => (
            <p class="field-problem" id="field-active-problem" safe>
              {problem}
            </p>
          ))}
          <label class="option">
            <input
              type="checkbox"
              name="active"
              value="1"
              checked={input.isActive}
              aria-describedby="field-active-problem field-active-help"
              aria-invalid={problems.active === undefined ? undefined : 'true'}
            />
            <span safe>{words.active}</span>
          </label>
          <p class="field-help" id="field-active-help" safe>
            {words.activeHelp}
          </p>
        </div>
        <Buttons chrome={chrome} submit={m.common.save} />
      </form>
      <ResetForm chrome={chrome} user={user} />
    </AdminLayout>
  );
}

function trailOf({ m }: Chrome) {
  return [{ href: '/admin/users/', text: m.users.title }];
}

function EmailField({ chrome, input, problems }: AddUserProps): JSX.Element {
  const { m } = chrome;
  return (
    <Field
      m={m}
      name="email"
      label={m.users.email}
      help={m.users.emailHelp}
      control={EMAIL}
      value={input.email}
      problems={problems.email ?? []}
    />
  );
}

function Buttons({ chrome, submit }: { chrome: Chrome; submit: string }): JSX.Element {
  return (
    <div class="screen-actions">
      <button class="button button-primary" type="submit" safe>
        {submit}
      </button>
      <a class="button" href="/admin/users/" safe>
        {chrome.m.common.cancel}
      </a>
    </div>
  );
}

function ResetForm({ chrome, user }: Pick<EditUserProps, 'chrome' | 'user'>): JSX.Element {
  const words = chrome.m.users.reset;
  return (
    <section aria-labelledby="reset">
      <h2 id="reset" safe>
        {words.title}
      </h2>
      <p class="soft narrow" safe>
        {user.mayLogIn ? words.lead : words.disabled}
      </p>
      {user.mayLogIn ? (
        <form method="post" action={`/admin/users/${user.id}/reset/`}>
          <CsrfField token={chrome.csrf} />
          <button class="button" type="submit" safe>
            {words.submit}
          </button>
        </form>
      ) : (
        ''
      )}
    </section>
  );
}

type SecretPageProps = {
  chrome: Chrome;
  title: string;
  lead: string;
  label: string;
  secret: string;
  /** A sentence below the secret, or ''. */
  note: string;
  back: { readonly href: string; readonly text: string };
};

/** A password or link that is shown this once. */
export function SecretPage({ chrome, title, lead, label, secret, note, back }: SecretPageProps): JSX.Element {
  return (
    <AdminLayout chrome={chrome} title={title} section="users" trail={trailOf(chrome)}>
      <p class="notice" role="status" safe>
        {lead}
      </p>
      <Secret label={label} value={secret} />
      {note === '' ? (
        ''
      ) : (
        <p class="soft" safe>
          {note}
        </p>
      )}
      <p class="below">
        <a class="button" href={Html.escapeHtml(back.href)} safe>
          {back.text}
        </a>
      </p>
    </AdminLayout>
  );
}
