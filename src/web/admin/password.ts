/** One's own password, and where one is logged in. */
import { PasswordPage } from '../../../views/password.tsx';
import { recordHistory } from '../../store/history.ts';
import { listSessionsOf, removeSessionsOf } from '../../store/sessions.ts';
import { admitAttempt, forgiveAttempt, passwordKeys } from '../../store/throttle.ts';
import { findUser, setPassword, USER_LABEL } from '../../store/users.ts';
import { hashPassword, verifyPassword } from '../passwords.ts';
import { newPasswordProblems, type Problems } from './new_password.ts';
import { type AdminContext, type AdminRequest, type Reply, type Screen, userOf } from './screen.ts';

const PASSWORD_PATH = '/admin/password/';

export const passwordScreen: Screen = (admin) => [
  { method: 'GET', path: PASSWORD_PATH, access: 'viewer', handle: (visit) => showPassword(admin, visit, {}) },
  {
    method: 'POST',
    path: PASSWORD_PATH,
    access: 'viewer',
    afterLogin: PASSWORD_PATH,
    handle: (visit) => changePassword(admin, visit),
  },
  {
    method: 'POST',
    path: '/admin/password/sessions/',
    access: 'viewer',
    afterLogin: PASSWORD_PATH,
    handle: (visit) => endOtherSessions(admin, visit),
  },
];

interface State {
  readonly problems?: Problems;
  readonly notice?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

async function showPassword({ database }: AdminContext, visit: AdminRequest, state: State): Promise<Reply> {
  const { chrome, tokenHash } = visit;
  const { problems = {}, notice = '', status = 200, headers = {} } = state;
  const user = userOf(visit);
  const sessions = await listSessionsOf(database, user.id);
  const rows = sessions.map((session) => ({ ...session, isThis: session.tokenHash === tokenHash }));
  const html = PasswordPage({ chrome, username: user.username, problems, notice, sessions: rows });
  return { html, status, headers };
}

async function changePassword(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const { form, m, actor, tokenHash } = visit;
  const { id, username } = userOf(visit);
  const problems = newPasswordProblems(m, form, username);
  if (Object.keys(problems).length > 0) return showPassword(admin, visit, { problems, status: 422 });
  const keys = passwordKeys(id);
  const { isAdmitted, blockMs } = await admin.database.tx((tx) => admitAttempt(tx, keys));
  if (!isAdmitted) return refuse(admin, visit, blockMs);
  const current = form.get('current') ?? '';
  const stored = await findUser(admin.database, username);
  const { matches } = await verifyPassword(current, stored?.password ?? '');
  if (!matches) return showPassword(admin, visit, { problems: { current: [m.password.wrong] }, status: 422 });
  const password = form.get('password') ?? '';
  if (password === current) {
    await admin.database.tx((tx) => forgiveAttempt(tx, keys));
    return showPassword(admin, visit, { problems: { password: [m.password.same] }, status: 422 });
  }
  const hash = await hashPassword(password);
  await admin.database.tx(async (tx) => {
    await setPassword(tx, actor, username, hash, tokenHash);
    await forgiveAttempt(tx, keys);
  });
  return { redirect: PASSWORD_PATH, flash: { kind: 'success', text: m.password.changed } };
}

function refuse(admin: AdminContext, visit: AdminRequest, blockMs: number): Promise<Reply> {
  const seconds = Math.ceil(blockMs / 1000);
  const notice = visit.m.login.throttled(seconds);
  return showPassword(admin, visit, { notice, status: 429, headers: { 'Retry-After': String(seconds) } });
}

async function endOtherSessions({ database }: AdminContext, visit: AdminRequest): Promise<Reply> {
  const { actor, tokenHash, m } = visit;
  const { id, username } = userOf(visit);
  await database.tx(async (tx) => {
    await removeSessionsOf(tx, id, tokenHash);
    await recordHistory(tx, actor, [{ action: 'logout', label: USER_LABEL, id, title: username }]);
  });
  return { redirect: PASSWORD_PATH, flash: { kind: 'success', text: m.password.sessions.ended } };
}
