import { Html } from '@kitajs/html';
import { AdminLayout } from './admin_layout.tsx';
import type { Chrome } from './parts/chrome.ts';

/** A user as the list shows one. */
type UserRow = {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly role: 'viewer' | 'editor' | 'admin' | 'none';
  readonly isActive: boolean;
  readonly lastLogin: Date | undefined;
};

/** Everybody who works here. */
export function UsersPage({ chrome, users }: { chrome: Chrome; users: readonly UserRow[] }): JSX.Element {
  const words = chrome.m.users;
  const add = (
    <a class="button button-primary" href="/admin/users/add/" safe>
      {words.add}
    </a>
  );
  return (
    <AdminLayout chrome={chrome} title={words.title} section="users" actions={add}>
      <div class="table-scroll">
        <table class="table">
          <caption class="visually-hidden" safe>
            {words.list}
          </caption>
          <thead>
            <tr>
              {[words.username, words.email, words.role, words.state, words.lastLogin].map((heading) => (
                <th scope="col" safe>
                  {heading}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {users.map((user) => (
              <Row chrome={chrome} user={user} />
            ))}
          </tbody>
        </table>
      </div>
    </AdminLayout>
  );
}

function Row({ chrome, user }: { chrome: Chrome; user: UserRow }): JSX.Element {
  const { m } = chrome;
  return (
    <tr>
      <th scope="row">
        <a href={`/admin/users/${user.id}/`} safe>
          {user.username}
        </a>{' '}
        {user.username === chrome.user?.username ? (
          <span class="badge" safe>
            {m.users.you}
          </span>
        ) : (
          ''
        )}
      </th>
      <td safe>{user.email}</td>
      <td safe>{m.frame.roles[user.role]}</td>
      <td>
        {user.isActive ? (
          <span safe>{m.users.isActive}</span>
        ) : (
          <span class="badge" safe>
            {m.users.isDisabled}
          </span>
        )}
      </td>
      <td class="time" safe>
        {user.lastLogin === undefined ? m.users.never : m.time(user.lastLogin)}
      </td>
    </tr>
  );
}
