/**
 * What a screen of the admin is: rows of a route table. A handler gets a request that has passed every check
 * (`guard.ts`) and returns what to answer as a value; the guard makes the response of it. So no screen can forget a
 * header, a token or a role, and a test walks the table.
 */
import type { Chrome, Flash } from '../../../views/parts/chrome.ts';
import type { Config } from '../../config.ts';
import type { Database } from '../../db/connection.ts';
import { AppError } from '../../errors.ts';
import type { Pipeline } from '../../impressions/pipeline.ts';
import type { Recorder } from '../../impressions/record.ts';
import type { Log } from '../../log.ts';
import type { Messages } from '../../messages/index.ts';
import type { Actor } from '../../store/history.ts';
import type { Role, User } from '../../store/roles.ts';
import type { CookieSafety } from '../cookies.ts';
import type { SecretKeys } from '../csrf.ts';
import type { FormInput } from '../forms.ts';
import type { PageCache } from '../page_cache.ts';
import type { Readiness, Roles } from '../readiness.ts';
import type { RequestOrigin } from '../request.ts';

/** What screens need of the program. */
export interface AdminContext {
  readonly config: Config;
  readonly database: Database;
  readonly log: Log;
  readonly pipeline: Pipeline | undefined;
  readonly recorder: Recorder;
  readonly readiness: Readiness;
  /** What runs in this process. */
  readonly roles: Roles;
  readonly origins: RequestOrigin;
  readonly keys: SecretKeys;
  /** The API's answers, here and in other processes: cleared after each edit. */
  readonly cache: Pick<PageCache, 'clear'>;
}

/** A request that may come in: its form has a valid token, and its user the route's role. */
export interface AdminRequest {
  readonly request: Request;
  /** From the path, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Of a POST; without fields for a GET. */
  readonly form: FormInput;
  /** True when htmx asks for a part of a page. */
  readonly isFragment: boolean;
  /** The visitor's user; only routes for `anyone` can be without. */
  readonly user: User | undefined;
  readonly actor: Actor;
  /** The browser's token and, of a session, its hash. */
  readonly cookie: string;
  readonly tokenHash: string;
  readonly address: string;
  readonly safety: CookieSafety;
  readonly m: Messages;
  /** What every view needs: messages, user, token, assets. */
  readonly chrome: Chrome;
}

/** Who may use a route: `anyone` also without a session; `viewer` < `editor` < `admin`. */
export type Access = 'anyone' | Role;

/** HTML made by a view. */
type Html = string | Promise<string>;

/** What a handler answers. */
export type Reply =
  | {
      readonly html: Html;
      readonly status?: number;
      /** Sources one screen cannot do without, by directive of the content security policy. */
      readonly policy?: Readonly<Record<string, string>>;
      readonly headers?: Readonly<Record<string, string>>;
      /** `Set-Cookie` values. */
      readonly cookies?: readonly string[];
    }
  | {
      /** Answered with 303, or the status named; for htmx with `HX-Redirect`. A path of the admin. */
      readonly redirect: string;
      readonly status?: 302;
      /** A short text for the page that comes. */
      readonly flash?: Flash;
      readonly cookies?: readonly string[];
    }
  | {
      /** Somebody has logged in: the new token, where to go, and the form that was kept meanwhile ('' for none). */
      readonly session: string;
      readonly next: string;
      readonly kept: string;
    }
  | { readonly json: unknown };

export interface AdminRoute {
  readonly method: 'GET' | 'POST';
  /** Elysia's pattern, with the trailing slash. */
  readonly path: string;
  readonly access: Access;
  /** True for what an open page asks for by itself: it does not keep a session alive. */
  readonly isPolled?: boolean;
  /**
   * Where a login leads when the session ended before this form came. Without it the form is kept in the login page and
   * carried out after; a form with a password must not be, nor one that decides about users or the hub: somebody else may
   * have prepared it in a browser that was left alone.
   */
  readonly afterLogin?: string;
  handle(visit: AdminRequest): Reply | Promise<Reply>;
}

/** A screen: its routes. */
export type Screen = (admin: AdminContext) => readonly AdminRoute[];

const RANK: Readonly<Record<Role | 'none', number>> = { none: 0, viewer: 1, editor: 2, admin: 3 };

/** True when a user with this role may do what asks for `access`. */
export function mayUse(role: Role | 'none', access: Access): boolean {
  return access === 'anyone' || RANK[role] >= RANK[access];
}

/** The visitor's user, where the route is for users only. */
export function userOf({ user }: Pick<AdminRequest, 'user'>): User {
  if (user === undefined) throw new AppError('internal', 'a route for users without a user');
  return user;
}

/** An id from a path or form, or undefined for what can be none. */
export function parseId(text: string | undefined): number | undefined {
  if (text === undefined || !/^[1-9]\d{0,15}$/.test(text)) return undefined;
  const id = Number(text);
  return Number.isSafeInteger(id) ? id : undefined;
}
