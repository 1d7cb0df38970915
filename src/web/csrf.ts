/**
 * Forms are signed for the browser they were shown to: a form's token is an HMAC of the browser's cookie under the
 * SECRET_KEY, so that no other site can know it, and a form shown before a session ended is still recognised after.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { RequestOrigin } from './request.ts';

export const CSRF_FIELD = 'csrf_token';
export const CSRF_HEADER = 'X-CSRF-Token';

/** The first key signs; all of them are accepted, so that keys can be changed while forms are open. */
export type SecretKeys = readonly [string, ...string[]];

/** Random bytes of a token: with them it looks different on each page, so that compressed pages tell nothing of it. */
const SALT_BYTES = 16;
const TOKEN = /^([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;

/** A token of forms shown to the browser with this cookie: a salt, and its signature. */
export function createCsrfToken([key]: SecretKeys, cookie: string): string {
  const salt = randomBytes(SALT_BYTES).toString('base64url');
  return `${salt}.${sign(key, salt, cookie)}`;
}

/** True for a token made for this cookie under any of the keys. */
export function isCsrfToken(keys: SecretKeys, cookie: string, token: string): boolean {
  const [, salt = '', signature = ''] = TOKEN.exec(token) ?? [];
  if (salt === '') return false;
  const given = Buffer.from(signature);
  return keys.some((key) => timingSafeEqual(Buffer.from(sign(key, salt, cookie)), given));
}

function sign(key: string, salt: string, cookie: string): string {
  return createHmac('sha256', key).update(`csrf:${salt}:${cookie}`).digest('base64url');
}

/** False for a request that a browser says another site has made. Who sends neither header is no browser of today. */
export function isFromThisSite(request: Request, origins: RequestOrigin): boolean {
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none') return false;
  const origin = request.headers.get('origin');
  return origin === null || origin === origins.baseUrl(request);
}
