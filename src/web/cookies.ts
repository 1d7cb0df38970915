/** The cookies of the admin. The names with `__Host-` are for https: browsers keep other hosts from setting them. */
import type { RequestOrigin } from './request.ts';

const LOCAL_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const FLASH_SECONDS = 60;

/** How a browser may keep a login: over https, over plain http because that was allowed, or not at all. */
export type CookieSafety = 'secure' | 'plain' | 'refused';

/** @param insecure the setting INSECURE_COOKIES */
export function cookieSafety(request: Request, origins: RequestOrigin, insecure: boolean): CookieSafety {
  if (origins.baseUrl(request).startsWith('https:')) return 'secure';
  return insecure || LOCAL_HOST.test(origins.hostOf(request)) ? 'plain' : 'refused';
}

function sessionName(safety: CookieSafety): string {
  return safety === 'secure' ? '__Host-contenthub_session' : 'contenthub_session';
}

/** The browser's token, or '' when it has none that we could have made. */
export function readSessionToken(request: Request, safety: CookieSafety): string {
  const token = readCookie(request, sessionName(safety));
  return TOKEN.test(token) ? token : '';
}

/** A `Set-Cookie` that gives the browser a token. @param seconds until it is forgotten */
export function sessionCookie(token: string, safety: CookieSafety, seconds: number): string {
  const secure = safety === 'secure' ? '; Secure' : '';
  return `${sessionName(safety)}=${token}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
}

function flashName(safety: CookieSafety): string {
  return safety === 'secure' ? '__Host-contenthub_flash' : 'contenthub_flash';
}

/** A short text for the next page this browser opens, '' without one. */
export function readFlash(request: Request, safety: CookieSafety): string {
  try {
    return decodeURIComponent(readCookie(request, flashName(safety)));
  } catch {
    return '';
  }
}

/** A `Set-Cookie` with a text for the next page; '' takes it away again. */
export function flashCookie(text: string, safety: CookieSafety): string {
  const seconds = text === '' ? 0 : FLASH_SECONDS;
  const value = encodeURIComponent(text.toWellFormed());
  const secure = safety === 'secure' ? '; Secure' : '';
  return `${flashName(safety)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
}

/**
 * The value of a cookie, '' without it. Of several with one name none counts: all but one come from somebody who may set
 * cookies for this host and should not say who is logged in. Only spaces and tabs are trimmed: with more, another name
 * could pass for one with `__Host-`.
 */
function readCookie(request: Request, name: string): string {
  const values = (request.headers.get('cookie') ?? '')
    .split(';')
    .map((pair) => pair.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  return values.length === 1 ? (values[0] ?? '') : '';
}
