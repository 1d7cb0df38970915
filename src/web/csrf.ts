/**
 * Forms are signed for the browser they were shown to: a form's token is the HMAC of the browser's cookie under the
 * SECRET_KEY, so that no other site can know it, and a form shown before a session ended is still recognised after.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RequestOrigin } from './request.ts';

export const CSRF_FIELD = 'csrf_token';
export const CSRF_HEADER = 'X-CSRF-Token';

/** The first key signs; all of them are accepted, so that keys can be changed while forms are open. */
export type SecretKeys = readonly [string, ...string[]];

/** The token of forms shown to the browser with this cookie. */
export function createCsrfToken([key]: SecretKeys, cookie: string): string {
  return sign(key, cookie);
}

/** True for a token made for this cookie under any of the keys. */
export function isCsrfToken(keys: SecretKeys, cookie: string, token: string): boolean {
  const given = Buffer.from(token);
  return keys.some((key) => {
    const expected = Buffer.from(sign(key, cookie));
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
}

function sign(key: string, cookie: string): string {
  return createHmac('sha256', key).update(`csrf:${cookie}`).digest('base64url');
}

/** False for a request that a browser says another site has made. Who sends neither header is no browser of today. */
export function isFromThisSite(request: Request, origins: RequestOrigin): boolean {
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none') return false;
  const origin = request.headers.get('origin');
  return origin === null || origin === origins.baseUrl(request);
}
