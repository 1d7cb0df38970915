/** Everybody who works here, and adding one more. */
import { AddUserPage, SecretPage } from '../../../views/user.tsx';
import { UsersPage } from '../../../views/users.tsx';
import { ROLES, type Role } from '../../store/roles.ts';
import { createUser, findUser, isEmail, listUsers, usernameProblem } from '../../store/users.ts';
import type { FormInput } from '../forms.ts';
import { generatePassword } from '../new_passwords.ts';
import { hashPassword } from '../passwords.ts';
import { type Problems, sentencesFor } from './new_password.ts';
import type { AdminContext, AdminRequest, Reply, Screen } from './screen.ts';

export const USERS_PATH = '/admin/users/';
const ADD_PATH = '/admin/users/add/';

export const usersScreen: Screen = (admin) => [
  {
    method: 'GET',
    path: USERS_PATH,
    access: 'admin',
    handle: async ({ chrome }) => ({ html: UsersPage({ chrome, users: await listUsers(admin.database) }) }),
  },
  { method: 'GET', path: ADD_PATH, access: 'admin', handle: (visit) => showForm(visit, {}, 200) },
  {
    method: 'POST',
    path: ADD_PATH,
    access: 'admin',
    afterLogin: ADD_PATH,
    handle: (visit) => addUser(admin, visit),
  },
];

function showForm({ chrome, form }: AdminRequest, problems: Problems, status: number): Reply {
  const { username, email } = readFields(form);
  const input = { username, email, role: form.get('role') ?? 'editor', isActive: true };
  return { html: AddUserPage({ chrome, input, problems }), status };
}

function readFields(form: FormInput): { readonly username: string; readonly email: string } {
  return { username: (form.get('username') ?? '').trim(), email: (form.get('email') ?? '').trim() };
}

/** The role that a form names, or undefined. */
export function readRole(form: FormInput): Role | undefined {
  return ROLES.find((role) => role === form.get('role'));
}

async function addUser({ database }: AdminContext, visit: AdminRequest): Promise<Reply> {
  const { form, m, actor } = visit;
  const { username, email } = readFields(form);
  const role = readRole(form);
  const typed = form.get('password') ?? '';
  const problems = problemsOf(visit);
  if (problems.username === undefined && (await findUser(database, username)) !== undefined) {
    problems.username = [m.users.problems.taken];
  }
  if (role === undefined || Object.keys(problems).length > 0) return showForm(visit, problems, 422);
  const password = typed === '' ? generatePassword() : typed;
  const passwordHash = await hashPassword(password);
  await database.tx((tx) => createUser(tx, actor, { username, email, role, passwordHash }));
  if (typed !== '') return { redirect: USERS_PATH, flash: { kind: 'success', text: m.users.created(username) } };
  const words = m.users.generated;
  return {
    html: SecretPage({
      ...{ chrome: visit.chrome, title: words.title(username), lead: words.lead, label: m.users.password },
      ...{ secret: password, note: '', back: { href: USERS_PATH, text: words.back } },
    }),
  };
}

function problemsOf({ form, m }: AdminRequest): Record<string, readonly string[]> {
  const { username, email } = readFields(form);
  const words = m.users.problems;
  const problems: Record<string, readonly string[]> = {};
  const wrongName = usernameProblem(username);
  if (wrongName !== undefined) problems.username = [words[wrongName.key]];
  if (!isEmail(email)) problems.email = [words.email];
  if (readRole(form) === undefined) problems.role = [words.role];
  const typed = form.get('password') ?? '';
  // A name that is too long may be a megabyte, and comparing takes time for each of its characters.
  const name = wrongName?.key === 'too_long' ? '' : username;
  const weak = typed === '' ? [] : sentencesFor(m, typed, name);
  if (weak.length > 0) problems.password = weak;
  return problems;
}
