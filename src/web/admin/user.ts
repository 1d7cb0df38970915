/** One user: what the user may do, whether at all, and a link for one who forgot the password. */
import { EditUserPage, SecretPage } from '../../../views/user.tsx';
import { AppError } from '../../errors.ts';
import { createResetLink } from '../../store/reset_links.ts';
import type { User } from '../../store/roles.ts';
import { findUserById, isEmail, type UserEdit, updateUser, versionOf } from '../../store/users.ts';
import { createToken, hashToken } from '../tokens.ts';
import type { Problems } from './new_password.ts';
import { type AdminContext, type AdminRequest, parseId, type Reply, type Screen, userOf } from './screen.ts';
import { readRole, USERS_PATH } from './users.ts';

export const userScreen: Screen = (admin) => [
  { method: 'GET', path: '/admin/users/:id/', access: 'admin', handle: (visit) => showUser(admin, visit) },
  {
    method: 'POST',
    path: '/admin/users/:id/',
    access: 'admin',
    afterLogin: USERS_PATH,
    handle: (visit) => saveUser(admin, visit),
  },
  // Where a browser lands that asks again for the page with a link.
  {
    method: 'GET',
    path: '/admin/users/:id/reset/',
    access: 'admin',
    handle: async (visit) => ({ redirect: pathOfUser(await readUser(admin, visit)) }),
  },
  {
    method: 'POST',
    path: '/admin/users/:id/reset/',
    access: 'admin',
    afterLogin: USERS_PATH,
    handle: (visit) => makeLink(admin, visit),
  },
];

function pathOfUser({ id }: User): string {
  return `/admin/users/${id}/`;
}

/** @throws AppError `not_found` */
async function readUser({ database }: AdminContext, { params }: AdminRequest): Promise<User> {
  const id = parseId(params.id);
  const user = id === undefined ? undefined : await findUserById(database, id);
  if (user === undefined) throw new AppError('not_found', 'there is no such user');
  return user;
}

/** What a form says of a user, its role as it was sent. */
type Typed = { readonly email: string; readonly role: string; readonly isActive: boolean };

async function showUser(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const user = await readUser(admin, visit);
  return formPage(visit, user, user, {});
}

function formPage(
  { chrome }: AdminRequest,
  user: User,
  typed: Typed,
  { problems = {}, notice = '', status = 200 }: { problems?: Problems; notice?: string; status?: number },
): Reply {
  const shown = { ...user, hasRole: user.role !== 'none', mayLogIn: user.isActive && user.role !== 'none' };
  const { email, role, isActive } = typed;
  const input = { email, role, isActive, username: user.username };
  return {
    html: EditUserPage({ chrome, user: shown, version: versionOf(user), input, problems, notice }),
    status,
  };
}

async function saveUser(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const { form, m, actor } = visit;
  const user = await readUser(admin, visit);
  const email = (form.get('email') ?? '').trim();
  // Who has no role may be left without one; nobody loses one in this way.
  const role = readRole(form) ?? (user.role === 'none' && form.get('role') === 'none' ? 'none' : undefined);
  const isActive = form.get('active') === '1';
  const typed = { email, role: form.get('role') ?? '', isActive };
  const problems: Problems = {
    ...(isEmail(email) ? {} : { email: [m.users.problems.email] }),
    ...(role === undefined ? { role: [m.users.problems.role] } : {}),
  };
  if (role === undefined || problems.email !== undefined)
    return formPage(visit, user, typed, { problems, status: 422 });
  const edit: UserEdit = { email, role, isActive, version: form.get('version') ?? '' };
  const refused = await admin.database
    .tx((tx) => updateUser(tx, actor, user.id, edit))
    .then(() => undefined, asConflict);
  if (refused !== undefined) return conflictPage(admin, visit, refused, typed);
  const isOwn = user.id === userOf(visit).id && role !== 'admin';
  return {
    redirect: isOwn ? '/admin/' : USERS_PATH,
    flash: { kind: 'success', text: m.users.saved(user.username) },
  };
}

/** The conflict that was thrown. @throws whatever else it was */
function asConflict(error: unknown): AppError {
  if (error instanceof AppError && error.kind === 'conflict') return error;
  throw error;
}

/** The form again with what was sent, and what there is now. */
async function conflictPage(admin: AdminContext, visit: AdminRequest, refused: AppError, typed: Typed): Promise<Reply> {
  const { m } = visit;
  const now = await readUser(admin, visit);
  if (refused.fields?.version === undefined) {
    const field = typed.isActive ? 'role' : 'active';
    return formPage(visit, now, typed, { problems: { [field]: [m.users.problems.lastAdmin] }, status: 409 });
  }
  const email = now.email === '' ? m.users.noEmail : now.email;
  const state = now.isActive ? m.users.isActive : m.users.isDisabled;
  const notice = m.users.changed(email, m.frame.roles[now.role], state);
  return formPage(visit, now, typed, { notice, status: 409 });
}

async function makeLink(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const { chrome, m, actor, request } = visit;
  const user = await readUser(admin, visit);
  const words = m.users.reset;
  if (!user.isActive || user.role === 'none') throw new AppError('conflict', 'a user who may not log in');
  const token = createToken();
  const expiresAt = await admin.database.tx((tx) => createResetLink(tx, actor, user, hashToken(token)));
  return {
    html: SecretPage({
      ...{ chrome, title: words.made(user.username), lead: words.madeLead, label: words.link },
      secret: `${admin.origins.baseUrl(request)}/admin/reset/${token}/`,
      note: words.expires(m.time(expiresAt)),
      back: { href: pathOfUser(user), text: words.back },
    }),
  };
}
