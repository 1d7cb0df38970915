/**
 * The door of the admin. Every request passes the same checks in the same order, whatever the screen: its form is read
 * within limits, its token belongs to the browser, its session is alive, its user has the role. Every answer leaves
 * with the same headers. Screens are rows of the table in `routes.ts`.
 */
import { Elysia } from 'elysia';
import { ErrorPage } from '../../../views/error.tsx';
import { AppError } from '../../errors.ts';
import { recordHistory } from '../../store/history.ts';
import { findSession, touchSession } from '../../store/sessions.ts';
import { takeFromBudget } from '../../store/throttle.ts';
import { cookieSafety } from '../cookies.ts';
import { CSRF_FIELD, CSRF_HEADER, isCsrfToken, isCsrfTokenOf, isFromThisSite } from '../csrf.ts';
import { RETRY_AFTER_SECONDS } from '../errors.ts';
import { createForm, type FormExcess, type FormInput, readForm } from '../forms.ts';
import { pathOf, queryOf, requestId } from '../request.ts';
import type { RequestNotes } from '../request_log.ts';
import { sendPlain } from '../respond.ts';
import { hashToken } from '../tokens.ts';
import { type Answer, adminHeaders, sendReply } from './answer.ts';
import { readKeptForm } from './kept.ts';
import { askToLogIn } from './login.ts';
import { type AdminContext, type AdminRequest, type AdminRoute, mayUse, type Reply } from './screen.ts';
import { describeVisitor, type Visitor, visit } from './visit.ts';

type Params = Readonly<Record<string, string>>;
type Begun = Extract<Reply, { readonly session: string }>;

/** The whole route table, and the rows of the path that was asked for. */
interface Table {
  readonly routes: readonly AdminRoute[];
  readonly rows: readonly AdminRoute[];
  readonly notes: RequestNotes;
}

/** What came: of the path, and the form of a POST. `form` throws why there is none, or says of what it has too much. */
interface Received {
  readonly params: Params;
  form(): FormInput | FormExcess;
}

const NO_FORM = createForm([]);
/** Denials of one user that history takes in an hour. */
const DENIALS_WRITTEN_MAX = 200;

/** The admin's routes as Elysia's. @param notes takes unexpected errors, and who asked */
export function mountAdmin(
  admin: AdminContext,
  routes: readonly AdminRoute[],
  notes: RequestNotes,
  handleErrors: (app: Elysia) => void,
): Elysia {
  const app = new Elysia({ strictPath: true });
  handleErrors(app);
  const headersOf = (request: Request) => {
    const safety = cookieSafety(request, admin.origins, admin.config.insecureCookies);
    return adminHeaders({ request, safety });
  };
  const serve = async (rows: readonly AdminRoute[], request: Request, params: Params) => {
    try {
      const received = { params, form: await receiveForm(rows, request) };
      return await serveVisitor(admin, { routes, rows, notes }, await visit(admin, request), received);
    } catch (error) {
      notes.fail(request, error);
      return sendPlain(request, 503, 'The database does not answer. Try again in a moment.\n', {
        ...headersOf(request),
        'Retry-After': String(RETRY_AFTER_SECONDS),
      });
    }
  };
  for (const [path, rows] of Map.groupBy(routes, (route) => route.path)) {
    const handler = ({ request, params }: { request: Request; params: Params }) => serve(rows, request, params);
    app.all(path, handler).head(path, handler);
    app.all(path.slice(0, -1), ({ request }) => redirectToSlash(request, headersOf(request)));
  }
  app.all('/admin/*', ({ request }) => serve([], request, {}));
  return app;
}

/**
 * Reads the form before anything is asked about who sends it: one that comes slowly must not be judged by what its user
 * might do when it began.
 */
async function receiveForm(rows: readonly AdminRoute[], request: Request): Promise<Received['form']> {
  if (request.method !== 'POST' || rows.every(({ method }) => method !== 'POST')) return () => NO_FORM;
  try {
    const form = await readForm(request);
    return () => form;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

async function serveVisitor(
  admin: AdminContext,
  { routes, rows, notes }: Table,
  visitor: Visitor,
  received: Received,
): Promise<Response> {
  let begun: Begun | undefined;
  notes.ask(visitor.request, visitor.session?.user.username);
  const response = await sendSafely(visitor, notes, async () => {
    const reply = await answer(admin, rows, visitor, received);
    if ('session' in reply) begun = reply;
    return 'session' in reply ? { redirect: reply.next } : reply;
  });
  return begun === undefined ? response : goOn(admin, routes, visitor, begun, notes);
}

/** The checks, in their order. */
async function answer(
  admin: AdminContext,
  rows: readonly AdminRoute[],
  visitor: Visitor,
  received: Received,
): Promise<Reply> {
  const { request, session } = visitor;
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const route = rows.find((row) => row.method === method);
  const form = received.form();
  if (typeof form === 'string') return errorReply(visitor, form, 422);
  if (route?.method === 'POST' && !isGenuine(admin, visitor, form)) return errorReply(visitor, 'csrf', 403);
  if (session === undefined && route?.access !== 'anyone') return askToLogIn(visitor, route, form);
  if (session?.isDue && route?.isPolled !== true) await admin.database.tx((tx) => touchSession(tx, session.tokenHash));
  if (rows.length === 0) return errorReply(visitor, 'notFound', 404);
  if (route === undefined)
    return errorReply(visitor, 'method', 405, { Allow: rows.map((row) => row.method).join(', ') });
  if (!mayUse(session?.user.role ?? 'none', route.access)) return deny(admin, visitor);
  return route.handle(toRequest(visitor, received.params, form));
}

/** After a login: the form that was kept is carried out if it was this user's, or the page that was asked for is shown. */
async function goOn(
  admin: AdminContext,
  routes: readonly AdminRoute[],
  visitor: Visitor,
  { session: cookie, next, kept }: Begun,
  notes: RequestNotes,
): Promise<Response> {
  const tokenHash = hashToken(cookie);
  const session = await findSession(admin.database, tokenHash);
  const known = describeVisitor(admin, { ...visitor, cookie, tokenHash, session, isNewCookie: true });
  notes.ask(known.request, session?.user.username);
  const form = readKeptForm(routes, kept);
  if (form === undefined || session === undefined) return sendReply(known, { redirect: next });
  if (!isCsrfTokenOf(admin.keys, visitor.cookie, form.token, session.user.id)) {
    return sendReply(known, { redirect: next, flash: { kind: 'error', text: known.m.login.notYours } });
  }
  const { route, params } = form;
  return sendSafely(known, notes, async () => {
    if (!mayUse(session.user.role, route.access)) return deny(admin, known);
    const reply = await route.handle(toRequest(known, params, form.form));
    if ('session' in reply) throw new AppError('internal', 'a login inside a login');
    return reply;
  });
}

/** Sends what `work` answers, or a page for what it throws: with the visitor's cookie either way. */
async function sendSafely(visitor: Visitor, notes: RequestNotes, work: () => Promise<Answer>): Promise<Response> {
  try {
    return await sendReply(visitor, await work());
  } catch (error) {
    const { status, kind } = describeFailure(error);
    if (status >= 500) notes.fail(visitor.request, error);
    return sendReply(visitor, errorReply(visitor, kind, status));
  }
}

function isGenuine(
  { keys, origins }: AdminContext,
  { request, cookie, isNewCookie }: Visitor,
  form: FormInput,
): boolean {
  const token = request.headers.get(CSRF_HEADER) ?? form.get(CSRF_FIELD) ?? '';
  return !isNewCookie && isCsrfToken(keys, cookie, token) && isFromThisSite(request, origins);
}

/** A visitor's request as screens see it. */
export function toRequest(visitor: Visitor, params: Params, form: FormInput): AdminRequest {
  const { request, session, address } = visitor;
  const user = session?.user;
  return {
    ...visitor,
    params,
    query: new URLSearchParams(queryOf(request.url)),
    form,
    user,
    actor: { via: 'admin', id: user?.id, name: user?.username ?? '', address },
  };
}

async function deny({ database }: AdminContext, visitor: Visitor): Promise<Answer> {
  const { actor } = toRequest(visitor, {}, NO_FORM);
  const title = `${visitor.request.method} ${pathOf(visitor.request.url)}`;
  await database.tx(async (tx) => {
    if (!(await takeFromBudget(tx, `denied:${actor.id}`, DENIALS_WRITTEN_MAX))) return;
    await recordHistory(tx, actor, [{ action: 'denied', label: '', id: undefined, title }]);
  });
  return errorReply(visitor, 'forbidden', 403);
}

type ErrorKey =
  | ('notFound' | 'forbidden' | 'method' | 'csrf' | 'invalid' | 'unavailable' | 'internal' | 'conflict')
  | FormExcess;

/** The one place where an error becomes a status and a page. */
function describeFailure(error: unknown): { readonly status: number; readonly kind: ErrorKey } {
  if (!(error instanceof AppError)) return { status: 500, kind: 'internal' };
  const table = {
    not_found: { status: 404, kind: 'notFound' },
    invalid: { status: 422, kind: 'invalid' },
    conflict: { status: 409, kind: 'conflict' },
    forbidden: { status: 403, kind: 'forbidden' },
    unavailable: { status: 503, kind: 'unavailable' },
    internal: { status: 500, kind: 'internal' },
  } as const;
  return table[error.kind];
}

function errorReply(
  { chrome, request }: Visitor,
  kind: ErrorKey,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const id = kind === 'internal' ? requestId(request) : undefined;
  const retry = status === 503 ? { 'Retry-After': String(RETRY_AFTER_SECONDS) } : {};
  return { html: ErrorPage({ chrome, kind, requestId: id }), status, headers: { ...headers, ...retry } };
}

function redirectToSlash(request: Request, headers: Readonly<Record<string, string>>): Response {
  const query = queryOf(request.url);
  const status = ['GET', 'HEAD'].includes(request.method) ? 301 : 308;
  const location = `${pathOf(request.url)}/${query === '' ? '' : `?${query}`}`;
  return new Response(null, { status, headers: { ...headers, Location: location, 'Content-Length': '0' } });
}
