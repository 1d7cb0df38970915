/** Logging in and out. */
import { LoginPage } from '../../../views/login.tsx';
import { AppError } from '../../errors.ts';
import { recordHistory } from '../../store/history.ts';
import { createSession, removeSession } from '../../store/sessions.ts';
import { clearFailures, findBlock, recordFailure, throttleKeys } from '../../store/throttle.ts';
import {
  findUser,
  findUserById,
  noteLogin,
  USER_LABEL,
  type UserCredentials,
  upgradePassword,
} from '../../store/users.ts';
import { sessionCookie } from '../cookies.ts';
import type { FormInput } from '../forms.ts';
import { dummyVerify, hashPassword, verifyPassword } from '../passwords.ts';
import { pathOf } from '../request.ts';
import { createToken, hashToken } from '../tokens.ts';
import { keepForm } from './kept.ts';
import type { AdminContext, AdminRequest, AdminRoute, Reply, Screen } from './screen.ts';
import type { Visitor } from './visit.ts';

const LOGIN_PATH = '/admin/login/';
/** Longer names are nobody's, and are not looked for. */
const USERNAME_CHARACTERS_MAX = 150;
/** A failed login is answered this long after it came, whatever it failed on, so that time tells nothing. */
const FAILURE_ANSWER_MS = 700;

export const loginScreen: Screen = (admin) => [
  { method: 'GET', path: LOGIN_PATH, access: 'anyone', handle: (visit) => showLogin(visit) },
  { method: 'POST', path: LOGIN_PATH, access: 'anyone', handle: (visit) => logIn(admin, visit) },
  { method: 'POST', path: '/admin/logout/', access: 'viewer', handle: (visit) => logOut(admin, visit) },
];

function showLogin(visit: AdminRequest): Reply {
  const next = safeNext(visit.query.get('next'));
  if (visit.user !== undefined) return { redirect: next };
  return loginPage(visit, { next });
}

/** What somebody without a session gets: a login form that leads back; with a form that was sent, one that keeps it. */
export function askToLogIn(visitor: Visitor, route: AdminRoute | undefined, form: FormInput): Reply {
  const isSent = route?.method === 'POST';
  const next = isSent ? '/admin/' : visitor.chrome.path;
  const address = `${LOGIN_PATH}?next=${encodeURIComponent(next)}`;
  if (visitor.isFragment) return { html: '', status: 401, headers: { 'HX-Redirect': address } };
  if (!isSent || pathOf(visitor.request) === '/admin/logout/') return { redirect: address, status: 302 };
  return loginPage(visitor, { next, kept: keepForm(pathOf(visitor.request), form), status: 401 });
}

interface LoginState {
  readonly next: string;
  readonly kept?: string;
  readonly username?: string;
  readonly problem?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

function loginPage(visitor: Pick<AdminRequest, 'chrome' | 'safety'>, state: LoginState): Reply {
  const { next, kept = '', username = '', problem = '', status = 200, headers = {} } = state;
  const html = LoginPage({ chrome: visitor.chrome, safety: visitor.safety, next, kept, username, problem });
  return { html, status, headers };
}

async function logIn(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const began = performance.now();
  const { form, address, m } = visit;
  const username = form.get('username') ?? '';
  const state = { username, next: safeNext(form.get('next')), kept: form.get('kept') ?? '' };
  if (visit.safety === 'refused') return loginPage(visit, { ...state, status: 403 });
  const keys = throttleKeys(username.slice(0, USERNAME_CHARACTERS_MAX), address);
  const block = await findBlock(admin.database, keys);
  if (block > 0) return throttledPage(visit, state, block);
  const user = await authenticate(admin, username, form.get('password') ?? '');
  if (user !== undefined) return beginSession(admin, visit, user, state);
  const blockedMs = await noteFailure(admin, visit, username, keys);
  await Bun.sleep(Math.max(0, FAILURE_ANSWER_MS - (performance.now() - began)));
  if (blockedMs > 0) return throttledPage(visit, state, blockedMs);
  return loginPage(visit, { ...state, problem: m.login.wrong, status: 422 });
}

function throttledPage(visit: AdminRequest, state: LoginState, ms: number): Reply {
  const seconds = Math.ceil(ms / 1000);
  const problem = visit.m.login.throttled(seconds);
  return loginPage(visit, { ...state, problem, status: 429, headers: { 'Retry-After': String(seconds) } });
}

/** The user who may come in with these, or undefined. A weaker hash is replaced on the way. */
async function authenticate(
  { database }: AdminContext,
  username: string,
  password: string,
): Promise<UserCredentials | undefined> {
  const mayExist =
    username.length <= 2 * USERNAME_CHARACTERS_MAX && !username.includes('\0') && username.isWellFormed();
  const known = mayExist ? await findUser(database, username) : undefined;
  if (known === undefined) {
    await dummyVerify(password);
    return undefined;
  }
  const { matches, needsUpgrade } = await verifyPassword(password, known.password);
  if (!matches) return undefined;
  const user = await findUserById(database, known.id);
  if (user === undefined || !user.isActive || user.role === 'none') return undefined;
  if (needsUpgrade) {
    const upgraded = await hashPassword(password);
    await database.tx((tx) => upgradePassword(tx, known.id, known.password, upgraded));
  }
  return known;
}

/** A new session under a new token; the browser's old one is of no use any more. */
async function beginSession(
  { database }: AdminContext,
  visit: AdminRequest,
  { id, username }: UserCredentials,
  { next, kept }: { readonly next: string; readonly kept: string },
): Promise<Reply> {
  const token = createToken();
  const { address } = visit;
  await database.tx(async (tx) => {
    await removeSession(tx, visit.tokenHash);
    await createSession(tx, hashToken(token), id, address);
    await noteLogin(tx, id);
    await clearFailures(tx, username);
    const actor = { via: 'admin', id, name: username, address } as const;
    await recordHistory(tx, actor, [{ action: 'login', label: USER_LABEL, id, title: username }]);
  });
  return { session: token, next, kept };
}

async function noteFailure(
  { database }: AdminContext,
  { address }: AdminRequest,
  username: string,
  keys: readonly string[],
): Promise<number> {
  return database.tx(async (tx) => {
    const actor = { via: 'admin', id: undefined, name: username, address } as const;
    await recordHistory(tx, actor, [{ action: 'login_failed', label: USER_LABEL, id: undefined, title: username }]);
    return recordFailure(tx, keys);
  });
}

async function logOut({ database }: AdminContext, visit: AdminRequest): Promise<Reply> {
  const { user, actor, tokenHash, safety } = visit;
  if (user === undefined) throw new AppError('internal', 'a session without a user');
  await database.tx(async (tx) => {
    await removeSession(tx, tokenHash);
    await recordHistory(tx, actor, [{ action: 'logout', label: USER_LABEL, id: user.id, title: user.username }]);
  });
  return { redirect: LOGIN_PATH, cookies: [sessionCookie('', safety, 0)] };
}

/** A place inside the admin to go to after the login; whatever else was asked for leads to the dashboard. */
export function safeNext(wanted: string | null | undefined): string {
  const base = 'http://admin.invalid';
  if (typeof wanted !== 'string' || !/^\/admin\/[\x21-\x5b\x5d-\x7e]*$/.test(wanted)) return '/admin/';
  if (!URL.canParse(wanted, base)) return '/admin/';
  const { origin, pathname, search } = new URL(wanted, base);
  const isLogin = pathname === LOGIN_PATH || pathname === '/admin/logout/';
  return origin === base && pathname.startsWith('/admin/') && !isLogin ? `${pathname}${search}` : '/admin/';
}
