/** A person at the admin, without a browser: keeps the cookie, finds the token of each form, follows nothing. */
import type { Database } from '../../src/db/connection.ts';
import type { Role } from '../../src/store/roles.ts';
import { createSession } from '../../src/store/sessions.ts';
import { createUser, findUser } from '../../src/store/users.ts';
import { createCsrfToken } from '../../src/web/csrf.ts';
import { hashPassword } from '../../src/web/passwords.ts';
import { createToken, hashToken } from '../../src/web/tokens.ts';
import { TESTER } from './actor.ts';
import type { TestHub } from './hub.ts';
import { TEST_SECRET_KEY } from './program.ts';

export const PASSWORD = 'correct horse battery staple';

/** What a form sends: a list stands for a field sent several times. */
export type Fields = Readonly<Record<string, string | readonly string[]>>;

export interface Visitor {
  /** Requests a page. */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** Sends a form with the token that this visitor's pages carry. */
  post(path: string, fields?: Fields, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** The cookie header, and what a form must carry. */
  cookie(): string;
  token(): string;
}

/** Stores a user of each role, named as the role, with `PASSWORD`. */
export async function createUsers(database: Database): Promise<void> {
  const passwordHash = await hashPassword(PASSWORD);
  for (const role of ['viewer', 'editor', 'admin'] as const) {
    await database.tx((tx) => createUser(tx, TESTER, { username: role, email: '', passwordHash, role }));
  }
}

/** Somebody who has not logged in, with the cookie and token of the login page. */
export async function openVisitor(hub: Pick<TestHub, 'url'>): Promise<Visitor> {
  const visitor = createVisitor(hub, new Map(), '');
  await visitor.get('/admin/login/');
  return visitor;
}

/** A browser with these cookies, and a token for its first form. */
function createVisitor(hub: Pick<TestHub, 'url'>, jar: Map<string, string>, firstToken: string): Visitor {
  let token = firstToken;
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');

  async function send(path: string, init: RequestInit): Promise<Response> {
    const response = await fetch(`${hub.url}${path}`, { redirect: 'manual', ...init });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    const found = /<body[^>]* data-csrf="([^"]+)"/.exec(await response.clone().text())?.[1];
    if (found !== undefined) token = found;
    return response;
  }

  return {
    cookie,
    token: () => token,
    get: (path, headers = {}) => send(path, { headers: { Cookie: cookie(), ...headers } }),
    post(path, fields = {}, headers = {}) {
      const body = new URLSearchParams();
      for (const [name, value] of Object.entries({ csrf_token: token, ...fields })) {
        for (const one of [value].flat()) body.append(name, one);
      }
      return send(path, { method: 'POST', body, headers: { Cookie: cookie(), ...headers } });
    },
  };
}

/**
 * Somebody whose session is put into the database, without a login and its hash.
 * @param username one of `createUsers`, or any other
 */
export async function enter(hub: Pick<TestHub, 'url' | 'database'>, username: Role | string): Promise<Visitor> {
  const user = await findUser(hub.database, username);
  if (user === undefined) throw new Error(`there is no user ${username}`);
  const cookie = createToken();
  await hub.database.tx((tx) => createSession(tx, hashToken(cookie), user.id, '127.0.0.1'));
  return createVisitor(
    hub,
    new Map([['contenthub_session', cookie]]),
    createCsrfToken([TEST_SECRET_KEY], cookie, user.id),
  );
}

/** Somebody who has logged in. @param username one of `createUsers`, or another with the same password */
export async function logIn(hub: Pick<TestHub, 'url'>, username: Role | string): Promise<Visitor> {
  const visitor = await openVisitor(hub);
  const response = await visitor.post('/admin/login/', { username, password: PASSWORD, next: '/admin/' });
  if (response.status !== 303) throw new Error(`${username} could not log in: ${response.status}`);
  await visitor.get('/admin/');
  return visitor;
}
