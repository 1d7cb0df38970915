/** What a handler returned becomes a response, with the headers that every answer of the admin has. */
import { SESSION_LIFE_MS } from '../../store/sessions.ts';
import { flashCookie, readFlash, sessionCookie } from '../cookies.ts';
import { contentSecurityPolicy } from '../html.ts';
import { isSecretPath, pathOf } from '../request.ts';
import { createBody, SECURITY_HEADERS, sendBody } from '../respond.ts';
import type { Reply } from './screen.ts';
import { formatFlash, type Visitor } from './visit.ts';

/** What is left to be sent when the guard has done its part. */
export type Answer = Exclude<Reply, { readonly session: string }>;

const HSTS = 'max-age=31536000';

/** The headers of every answer of the admin, errors too. `policy` adds sources for one screen. */
export function adminHeaders(
  { request, safety }: Pick<Visitor, 'request' | 'safety'>,
  policy: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    ...SECURITY_HEADERS,
    ...(isSecretPath(pathOf(request.url)) ? { 'Referrer-Policy': 'no-referrer' } : {}),
    'Cache-Control': 'no-store',
    'Content-Security-Policy': contentSecurityPolicy({ 'form-action': "'self'", ...policy }),
    'Cross-Origin-Opener-Policy': 'same-origin',
    Vary: 'Cookie, Accept-Language',
    ...(safety === 'secure' ? { 'Strict-Transport-Security': HSTS } : {}),
  };
}

/**
 * Makes the response. A browser without a cookie gets one with the page it asks for, so that the forms there can be
 * recognised, and a new one with whatever it is answered when it has just logged in. A form that came without the cookie
 * gets none: browsers leave it out when another site sends them here, and a new one would end the session.
 */
export async function sendReply(visitor: Visitor, reply: Answer): Promise<Response> {
  const response = await build(visitor, reply);
  const isPage = visitor.request.method === 'GET' && !('json' in reply);
  if (visitor.isNewCookie && (isPage || visitor.session !== undefined)) {
    response.headers.append('Set-Cookie', cookieOf(visitor));
  }
  return response;
}

/** The `Set-Cookie` of a visitor's token. */
export function cookieOf({ cookie, safety }: Pick<Visitor, 'cookie' | 'safety'>): string {
  return sessionCookie(cookie, safety, SESSION_LIFE_MS / 1000);
}

async function build(visitor: Visitor, reply: Answer): Promise<Response> {
  const { request } = visitor;
  if ('json' in reply) {
    const headers = { ...adminHeaders(visitor), 'Content-Type': 'application/json' };
    return sendBody(request, createBody(JSON.stringify(reply.json)), 200, headers);
  }
  if ('redirect' in reply) return redirect(visitor, reply);
  const headers = {
    ...adminHeaders(visitor, reply.policy),
    'Content-Type': 'text/html; charset=utf-8',
    ...reply.headers,
  };
  const response = sendBody(request, createBody(await reply.html), reply.status ?? 200, headers);
  const hasShownFlash = readFlash(request, visitor.safety) !== '' && !visitor.isFragment;
  if (hasShownFlash) response.headers.append('Set-Cookie', flashCookie('', visitor.safety));
  for (const cookie of reply.cookies ?? []) response.headers.append('Set-Cookie', cookie);
  return response;
}

function redirect(visitor: Visitor, reply: Extract<Reply, { redirect: string }>): Response {
  const headers = new Headers({ ...adminHeaders(visitor), 'Content-Length': '0' });
  headers.set(visitor.isFragment ? 'HX-Redirect' : 'Location', reply.redirect);
  if (reply.flash !== undefined) headers.append('Set-Cookie', flashCookie(formatFlash(reply.flash), visitor.safety));
  for (const cookie of reply.cookies ?? []) headers.append('Set-Cookie', cookie);
  return new Response(null, { status: visitor.isFragment ? 200 : (reply.status ?? 303), headers });
}
