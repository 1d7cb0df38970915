import { Html } from '@kitajs/html';
import { AdminLayout } from './admin_layout.tsx';
import type { Chrome } from './parts/chrome.ts';
import { CsrfField } from './parts/field.tsx';

type LoginProps = {
  chrome: Chrome;
  /** Whether a password may travel over this connection, and whether it would be encrypted. */
  safety: 'secure' | 'plain' | 'refused';
  /** A path of the admin to go to after the login. */
  next: string;
  /** A form that was sent without a session, as text; '' for none. */
  kept: string;
  username: string;
  problem: string;
};

/** The login form. A form that was sent meanwhile travels along in a hidden field. */
export function LoginPage({ chrome, safety, next, kept, username, problem }: LoginProps): JSX.Element {
  const { m } = chrome;
  return (
    <AdminLayout chrome={chrome} title={m.login.title}>
      <div class="login">
        {kept === '' ? (
          ''
        ) : (
          <p class="notice" role="status" safe>
            {m.login.ended}
          </p>
        )}
        {safety === 'secure' ? (
          ''
        ) : (
          <p class="notice notice-warning" safe>
            {safety === 'plain' ? m.login.plain : m.login.insecure}
          </p>
        )}
        {problem === '' ? (
          ''
        ) : (
          <p class="notice notice-error" role="alert" safe>
            {problem}
          </p>
        )}
        <form method="post" action="/admin/login/" enctype="multipart/form-data" class="stack">
          <CsrfField token={chrome.csrf} />
          <input type="hidden" name="next" value={Html.escapeHtml(next)} />
          {kept === '' ? '' : <input type="hidden" name="kept" value={Html.escapeHtml(kept)} />}
          <div class="field">
            <label for="field-username" safe>
              {m.login.username}
            </label>
            <input
              id="field-username"
              name="username"
              type="text"
              required
              autocomplete="username"
              autocapitalize="none"
              spellcheck="false"
              autofocus={username === ''}
              value={Html.escapeHtml(username)}
            />
          </div>
          <div class="field">
            <label for="field-password" safe>
              {m.login.password}
            </label>
            <input
              id="field-password"
              name="password"
              type="password"
              required
              autocomplete="current-password"
              autofocus={username !== ''}
            />
          </div>
          <button class="button button-primary" type="submit" disabled={safety === 'refused'} safe>
            {m.login.submit}
          </button>
        </form>
      </div>
    </AdminLayout>
  );
}
