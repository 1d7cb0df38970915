import { Html } from '@kitajs/html';
import { AdminLayout } from './admin_layout.tsx';
import type { Chrome } from './parts/chrome.ts';
import { CsrfField } from './parts/field.tsx';
import { NewPasswordFields, PasswordField } from './parts/password_field.tsx';

/** A session as its user sees it. */
type SessionRow = {
  readonly address: string;
  readonly createdAt: Date;
  readonly seenAt: Date;
  readonly isThis: boolean;
};

type PasswordPageProps = {
  chrome: Chrome;
  username: string;
  problems: Readonly<Record<string, readonly string[]>>;
  /** Why nothing can be tried at the moment, or ''. */
  notice: string;
  sessions: readonly SessionRow[];
};

/** One's own password, and where one is logged in. */
export function PasswordPage({ chrome, username, problems, notice, sessions }: PasswordPageProps): JSX.Element {
  const { password: words } = chrome.m;
  return (
    <AdminLayout chrome={chrome} title={words.title} section="account">
      {notice === '' ? (
        ''
      ) : (
        <p class="notice notice-error" role="alert" safe>
          {notice}
        </p>
      )}
      <form method="post" action="/admin/password/" class="stack narrow">
        <CsrfField token={chrome.csrf} />
        <PasswordField
          name="current"
          label={words.current}
          autocomplete="current-password"
          problems={problems.current ?? []}
        />
        <NewPasswordFields labels={words} problems={problems} username={username} />
        <div>
          <button class="button button-primary" type="submit" safe>
            {words.submit}
          </button>
        </div>
      </form>
      <Sessions chrome={chrome} sessions={sessions} />
    </AdminLayout>
  );
}

function Sessions({ chrome, sessions }: { chrome: Chrome; sessions: readonly SessionRow[] }): JSX.Element {
  const { m } = chrome;
  const { sessions: words } = m.password;
  return (
    <section aria-labelledby="sessions">
      <h2 id="sessions" safe>
        {words.title}
      </h2>
      <p class="soft" safe>
        {words.lead}
      </p>
      <section class="table-scroll fitting" tabindex="0" aria-labelledby="sessions">
        <table class="table" aria-labelledby="sessions">
          <thead>
            <tr>
              {[words.address, words.began, words.seen].map((heading) => (
                <th scope="col" safe>
                  {heading}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sessions.map(({ address, createdAt, seenAt, isThis }) => (
              <tr>
                <th scope="row">
                  <span safe>{address === '' ? words.unknown : address}</span>{' '}
                  {isThis ? (
                    <span class="badge" safe>
                      {words.here}
                    </span>
                  ) : (
                    ''
                  )}
                </th>
                <td class="time" safe>
                  {m.time(createdAt)}
                </td>
                <td class="time" safe>
                  {m.time(seenAt)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {sessions.length < 2 ? (
        <p class="soft" safe>
          {words.none}
        </p>
      ) : (
        <form method="post" action="/admin/password/sessions/" class="below">
          <CsrfField token={chrome.csrf} />
          <button class="button" type="submit" safe>
            {words.end}
          </button>
        </form>
      )}
    </section>
  );
}
