import { Html } from '@kitajs/html';
import { AdminLayout } from './admin_layout.tsx';
import type { Chrome } from './parts/chrome.ts';
import { CsrfField } from './parts/field.tsx';
import { NewPasswordFields } from './parts/password_field.tsx';

type ResetProps = {
  chrome: Chrome;
  username: string;
  problems: Readonly<Record<string, readonly string[]>>;
};

/** A new password through a link. The form goes to the address it was opened at. */
export function ResetPage({ chrome, username, problems }: ResetProps): JSX.Element {
  const { m } = chrome;
  return (
    <AdminLayout chrome={chrome} title={m.reset.title}>
      <div class="login">
        <p safe>{m.reset.lead(username)}</p>
        <form method="post" class="stack">
          <CsrfField token={chrome.csrf} />
          <NewPasswordFields labels={m.password} problems={problems} username={username} isFirst />
          <button class="button button-primary" type="submit" safe>
            {m.reset.submit}
          </button>
        </form>
      </div>
    </AdminLayout>
  );
}

/** A link that opens nothing. */
export function ResetGonePage({ chrome }: { chrome: Chrome }): JSX.Element {
  const { gone } = chrome.m.reset;
  return (
    <AdminLayout chrome={chrome} title={gone.title}>
      <p class="login" safe>
        {gone.text}
      </p>
    </AdminLayout>
  );
}
