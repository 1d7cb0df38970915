/** Logging in and out. */
import { createHmac } from 'node:crypto';
import { LoginPage } from '../../../views/login.tsx';
import { recordHistory } from '../../store/history.ts';
import { createSession, removeSession } from '../../store/sessions.ts';
import { admitAttempt, forgiveAttempt, takeFromBudget, throttleKeys } from '../../store/throttle.ts';
import {
  findDecoyHash,
  findUser,
  findUserById,
  noteLogin,
  USER_LABEL,
  USERNAME_CHARACTERS_MAX,
  type UserCredentials,
  upgradePassword,
} from '../../store/users.ts';
import { sessionCookie } from '../cookies.ts';
import type { SecretKeys } from '../csrf.ts';
import type { FormInput } from '../forms.ts';
import { hashPassword, verifyPassword } from '../passwords.ts';
import { isSecretPath, pathOf } from '../request.ts';
import { createToken, hashToken } from '../tokens.ts';
import { keepForm } from './kept.ts';
import { type AdminContext, type AdminRequest, type AdminRoute, type Reply, type Screen, userOf } from './screen.ts';
import type { Visitor } from './visit.ts';

const LOGIN_PATH = '/admin/login/';
const NEXT_CHARACTERS_MAX = 2000;
/** Failed logins that history takes in an hour; all of them are counted by the throttle. */
const FAILURES_WRITTEN_MAX = 1000;
/** A failed login is answered this long after it came, whatever it failed on, so that time tells nothing. */
const FAILURE_ANSWER_MS = 700;

export const loginScreen: Screen = (admin) => [
  { method: 'GET', path: LOGIN_PATH, access: 'anyone', handle: (visit) => showLogin(visit) },
  { method: 'POST', path: LOGIN_PATH, access: 'anyone', handle: (visit) => logIn(admin, visit) },
  {
    method: 'POST',
    path: '/admin/logout/',
    access: 'viewer',
    afterLogin: '/admin/',
    handle: (visit) => logOut(admin, visit),
  },
];

function showLogin(visit: AdminRequest): Reply {
  const next = safeNext(visit.query.get('next'));
  if (visit.user !== undefined) return { redirect: next };
  return loginPage(visit, { next });
}

/** What somebody without a session gets: a login form that leads back; with a form that was sent, one that keeps it. */
export function askToLogIn(visitor: Visitor, route: AdminRoute | undefined, form: FormInput): Reply {
  const next = placeOf(visitor, route);
  const address = `${LOGIN_PATH}?next=${encodeURIComponent(next)}`;
  if (visitor.isFragment) return { html: '', status: 401, headers: { 'HX-Redirect': address } };
  if (route?.method !== 'POST' || route.afterLogin !== undefined) return { redirect: address, status: 302 };
  return loginPage(visitor, { next, kept: keepForm(pathOf(visitor.request.url), form), status: 401 });
}

/** Where somebody is who has to log in: of a part of a page its page. */
function placeOf({ request, chrome, isFragment }: Visitor, route: AdminRoute | undefined): string {
  if (isFragment) {
    const page = request.headers.get('hx-current-url') ?? '';
    return URL.canParse(page) ? safeNext(new URL(page).pathname + new URL(page).search) : '/admin/';
  }
  if (route?.method === 'POST') return route.afterLogin ?? '/admin/';
  return isSecretPath(pathOf(request.url)) ? '/admin/' : chrome.path;
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
  const keys = throttleKeys(username, address);
  const { isAdmitted, blockMs } = await admin.database.tx((tx) => admitAttempt(tx, keys));
  if (!isAdmitted) return throttledPage(visit, state, blockMs);
  const user = await authenticate(admin, username, form.get('password') ?? '');
  const token = user && (await beginSession(admin, visit, user, keys));
  if (token !== undefined) return { session: token, next: state.next, kept: state.kept };
  await noteFailure(admin, visit, username);
  await Bun.sleep(Math.max(0, FAILURE_ANSWER_MS - (performance.now() - began)));
  if (blockMs > 0) return throttledPage(visit, state, blockMs);
  return loginPage(visit, { ...state, problem: m.login.wrong, status: 422 });
}

function throttledPage(visit: AdminRequest, state: LoginState, ms: number): Reply {
  const seconds = Math.ceil(ms / 1000);
  const problem = visit.m.login.throttled(seconds);
  return loginPage(visit, { ...state, problem, status: 429, headers: { 'Retry-After': String(seconds) } });
}

/** The user who may come in with these, or undefined. A weaker hash is replaced on the way. */
async function authenticate(
  { database, keys }: AdminContext,
  username: string,
  password: string,
): Promise<UserCredentials | undefined> {
  const mayExist =
    username.length <= 2 * USERNAME_CHARACTERS_MAX && !username.includes('\0') && username.isWellFormed();
  const known = mayExist ? await findUser(database, username) : undefined;
  if (known === undefined) {
    await verifyPassword(password, await findDecoyHash(database, numberOf(keys, username)));
    return undefined;
  }
  const { matches, needsUpgrade } = await verifyPassword(password, known.password);
  if (!matches) return undefined;
  const user = await findUserById(database, known.id);
  if (user === undefined || !user.isActive || user.role === 'none') return undefined;
  if (!needsUpgrade) return known;
  const upgraded = await hashPassword(password);
  await database.tx((tx) => upgradePassword(tx, known.id, known.password, upgraded));
  return { ...known, password: upgraded };
}

/** A number that stands for a name, and that nobody without the key can foretell. */
function numberOf([key]: SecretKeys, username: string): number {
  return createHmac('sha256', key).update(`decoy:${username}`).digest().readUInt32BE();
}

/**
 * A new session under a new token; the browser's old one is of no use any more.
 * @returns the token, or undefined when the password was changed while it was being checked
 */
async function beginSession(
  { database }: AdminContext,
  { tokenHash, address }: AdminRequest,
  { id, username, password }: UserCredentials,
  keys: readonly string[],
): Promise<string | undefined> {
  const token = createToken();
  return database.tx(async (tx) => {
    if (!(await noteLogin(tx, id, password))) return undefined;
    await removeSession(tx, tokenHash);
    await createSession(tx, hashToken(token), id, address);
    await forgiveAttempt(tx, keys);
    const actor = { via: 'admin', id, name: username, address } as const;
    await recordHistory(tx, actor, [{ action: 'login', label: USER_LABEL, id, title: username }]);
    return token;
  });
}

async function noteFailure({ database }: AdminContext, { address }: AdminRequest, username: string): Promise<void> {
  const actor = { via: 'admin', id: undefined, name: username, address } as const;
  await database.tx(async (tx) => {
    if (!(await takeFromBudget(tx, 'login_failed', FAILURES_WRITTEN_MAX))) return;
    await recordHistory(tx, actor, [{ action: 'login_failed', label: USER_LABEL, id: undefined, title: username }]);
  });
}

async function logOut({ database }: AdminContext, visit: AdminRequest): Promise<Reply> {
  const { actor, tokenHash, safety } = visit;
  const user = userOf(visit);
  await database.tx(async (tx) => {
    await removeSession(tx, tokenHash);
    await recordHistory(tx, actor, [{ action: 'logout', label: USER_LABEL, id: user.id, title: user.username }]);
  });
  return { redirect: LOGIN_PATH, cookies: [sessionCookie('', safety, 0)] };
}

/** A place inside the admin to go to after the login; whatever else was asked for leads to the dashboard. */
export function safeNext(wanted: string | null | undefined): string {
  const base = 'http://admin.invalid';
  if (typeof wanted !== 'string' || wanted.length > NEXT_CHARACTERS_MAX) return '/admin/';
  if (!/^\/admin\/[\x21-\x5b\x5d-\x7e]*$/.test(wanted)) return '/admin/';
  if (!URL.canParse(wanted, base)) return '/admin/';
  const { origin, pathname, search } = new URL(wanted, base);
  const isLogin = pathname === LOGIN_PATH || pathname === '/admin/logout/';
  return origin === base && pathname.startsWith('/admin/') && !isLogin ? `${pathname}${search}` : '/admin/';
}
