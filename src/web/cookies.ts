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

const FLASH_NAME = 'contenthub_flash';

/** A short text for the next page this browser opens, '' without one. */
export function readFlash(request: Request): string {
  try {
    return decodeURIComponent(readCookie(request, FLASH_NAME));
  } catch {
    return '';
  }
}

/** A `Set-Cookie` with a text for the next page; '' takes it away again. */
export function flashCookie(text: string): string {
  const seconds = text === '' ? 0 : FLASH_SECONDS;
  return `${FLASH_NAME}=${encodeURIComponent(text)}; Path=/admin/; Max-Age=${seconds}; HttpOnly; SameSite=Lax`;
}

function readCookie(request: Request, name: string): string {
  for (const pair of (request.headers.get('cookie') ?? '').split(';')) {
    const [key = '', ...value] = pair.trim().split('=');
    if (key === name) return value.join('=');
  }
  return '';
}
