/**
 * Forms are signed for the browser and the user they were shown to: a form's token names the user, with an HMAC of both
 * under the SECRET_KEY, so that no other site can know it, and a form shown before a session ended is still recognised
 * after, and whose it was.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { RequestOrigin } from './request.ts';

export const CSRF_FIELD = 'csrf_token';
export const CSRF_HEADER = 'X-CSRF-Token';

/** The first key signs; all of them are accepted, so that keys can be changed while forms are open. */
export type SecretKeys = readonly [string, ...string[]];

/** Random bytes of a token: with them it looks different on each page, so that compressed pages tell nothing of it. */
const SALT_BYTES = 16;
const TOKEN = /^(([A-Za-z0-9_-]{22})\.(\d{1,16}))\.([A-Za-z0-9_-]{43})$/;
/** Whom a page without a user is shown to; no user has this id. */
const NOBODY = 0;

/** A token of forms shown to the browser with this cookie: a salt, the user's id, and the signature of both. */
export function createCsrfToken([key]: SecretKeys, cookie: string, user: number = NOBODY): string {
  const signed = `${randomBytes(SALT_BYTES).toString('base64url')}.${user}`;
  return `${signed}.${sign(key, signed, cookie)}`;
}

/** True for a token made for this cookie under any of the keys. */
export function isCsrfToken(keys: SecretKeys, cookie: string, token: string): boolean {
  return readCsrfToken(keys, cookie, token) !== undefined;
}

/** True for such a token that stood on a page shown to this user. */
export function isCsrfTokenOf(keys: SecretKeys, cookie: string, token: string, user: number): boolean {
  return readCsrfToken(keys, cookie, token) === user;
}

/** The user a token was made for, or undefined when it was not made for this cookie under any of the keys. */
function readCsrfToken(keys: SecretKeys, cookie: string, token: string): number | undefined {
  const [, signed, , user, signature = ''] = TOKEN.exec(token) ?? [];
  if (signed === undefined) return undefined;
  const given = Buffer.from(signature);
  const isSigned = keys.some((key) => timingSafeEqual(Buffer.from(sign(key, signed, cookie)), given));
  return isSigned ? Number(user) : undefined;
}

function sign(key: string, signed: string, cookie: string): string {
  return createHmac('sha256', key).update(`csrf:${signed}:${cookie}`).digest('base64url');
}

/** False for a request that a browser says another site has made. Who sends neither header is no browser of today. */
export function isFromThisSite(request: Request, origins: RequestOrigin): boolean {
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none') return false;
  const origin = request.headers.get('origin');
  return origin === null || origin === origins.baseUrl(request);
}
