/** A new password through a link that an admin made. Whoever has the link may use it, once. */
import { ResetGonePage, ResetPage } from '../../../views/reset.tsx';
import type { Connection } from '../../db/connection.ts';
import { findResetLink, takeResetLink } from '../../store/reset_links.ts';
import type { User } from '../../store/roles.ts';
import { findUserById, setPassword } from '../../store/users.ts';
import { sessionCookie } from '../cookies.ts';
import { hashPassword } from '../passwords.ts';
import { hashToken } from '../tokens.ts';
import { newPasswordProblems, type Problems } from './new_password.ts';
import type { AdminContext, AdminRequest, Reply, Screen } from './screen.ts';

export const resetScreen: Screen = (admin) => [
  { method: 'GET', path: '/admin/reset/:token/', access: 'anyone', handle: (visit) => showReset(admin, visit) },
  { method: 'POST', path: '/admin/reset/:token/', access: 'anyone', handle: (visit) => reset(admin, visit) },
];

function linkHash({ params }: AdminRequest): string {
  return hashToken(params.token ?? '');
}

/** The user of a link, as long as this user may log in. */
async function readUser(connection: Connection, id: number | undefined): Promise<User | undefined> {
  const user = id === undefined ? undefined : await findUserById(connection, id);
  return user?.isActive && user.role !== 'none' ? user : undefined;
}

async function showReset({ database }: AdminContext, visit: AdminRequest): Promise<Reply> {
  const user = await readUser(database, await findResetLink(database, linkHash(visit)));
  return user === undefined ? gone(visit) : formPage(visit, user, {}, 200);
}

function gone({ chrome }: AdminRequest): Reply {
  return { html: ResetGonePage({ chrome }), status: 404 };
}

function formPage({ chrome }: AdminRequest, { username }: User, problems: Problems, status: number): Reply {
  return { html: ResetPage({ chrome, username, problems }), status };
}

async function reset({ database }: AdminContext, visit: AdminRequest): Promise<Reply> {
  const { form, m, address, safety } = visit;
  const found = await readUser(database, await findResetLink(database, linkHash(visit)));
  if (found === undefined) return gone(visit);
  if (safety === 'refused') return formPage(visit, found, { password: [m.login.insecure] }, 403);
  const problems = newPasswordProblems(m, form, found.username);
  if (Object.keys(problems).length > 0) return formPage(visit, found, problems, 422);
  const hash = await hashPassword(form.get('password') ?? '');
  const isSet = await database.tx(async (tx) => {
    const user = await readUser(tx, await takeResetLink(tx, linkHash(visit)));
    if (user === undefined) return false;
    const actor = { via: 'admin', id: user.id, name: user.username, address } as const;
    await setPassword(tx, actor, user.username, hash);
    return true;
  });
  if (!isSet) return gone(visit);
  const flash = { kind: 'success', text: m.reset.done } as const;
  return { redirect: '/admin/login/', flash, cookies: [sessionCookie('', safety, 0)] };
}
