import { acceptsGzip } from './compression.ts';
import { finalRequestId } from './request.ts';

/** Names the request in its answer. */
export const REQUEST_ID_HEADER = 'X-Request-ID';

/** Smaller bodies travel in one packet anyway. */
const GZIP_BYTES_MIN = 1024;
const GZIP_LEVEL = 6;

/** What every answer says, documentation and static files too. */
export const SECURITY_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
} as const;

/** Names and values of headers. One object for all answers alike lets a body that is sent often keep its own ready. */
export type HeaderRecord = Readonly<Record<string, string>>;

type Bytes = Uint8Array<ArrayBuffer>;

/** A body in one of its forms, with the headers that say so. */
interface Ready {
  readonly base: HeaderRecord;
  readonly content: Bytes;
  readonly headers: Headers;
}

/** A body made once and sent often: what one answer needs of it is there for the next. */
export interface Body {
  /** In UTF-8: a text would be encoded for each answer. */
  readonly bytes: Bytes;
  /** True when gzipping is worth it. */
  readonly isLarge: boolean;
  /** What is sent, gzipped or not, and `base` with the headers that tell about it. */
  ready(base: HeaderRecord, isGzipped: boolean): Ready;
}

const encoder = new TextEncoder();

export function createBody(text: string): Body {
  const bytes = encoder.encode(text);
  const isLarge = bytes.length >= GZIP_BYTES_MIN;
  let plain: Ready | undefined;
  let gzipped: Ready | undefined;

  function write(base: HeaderRecord, content: Bytes, isGzipped: boolean): Ready {
    return { base, content, headers: bodyHeaders(base, content.length, isLarge, isGzipped) };
  }

  return {
    bytes,
    isLarge,
    ready(base, isGzipped) {
      const known = isGzipped ? gzipped : plain;
      if (known?.base === base) return known;
      if (isGzipped) {
        gzipped = write(base, gzipped?.content ?? Bun.gzipSync(bytes, { level: GZIP_LEVEL }), true);
        return gzipped;
      }
      plain = write(base, bytes, false);
      return plain;
    },
  };
}

function bodyHeaders(base: HeaderRecord, length: number, isLarge: boolean, isGzipped: boolean): Headers {
  const headers = new Headers(base);
  headers.set('Content-Length', String(length));
  if (isLarge) headers.append('Vary', 'Accept-Encoding');
  if (isGzipped) headers.set('Content-Encoding', 'gzip');
  return headers;
}

/**
 * JSON as Django REST Framework renders it: compact or indented, UTF-8 unescaped but for the two line separators that
 * JavaScript once could not read.
 */
export function renderJson(value: unknown, indent = 0): string {
  return escapeSeparators(JSON.stringify(value, null, indent));
}

/** JSON with the two line separators escaped, as `renderJson` has them. They can only stand in texts. */
export function escapeSeparators(text: string): string {
  if (!text.includes('\u2028') && !text.includes('\u2029')) return text;
  return text.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

/**
 * Sends a body under the request's id, gzipped when the client takes it and it is worth it. HEAD gets the headers of GET
 * and no body.
 */
export function sendBody(request: Request, body: Body, status: number, headers: HeaderRecord): Response {
  const isGzipped = body.isLarge && acceptsGzip(request.headers.get('accept-encoding'));
  const ready = body.ready(headers, isGzipped);
  // A response copies the headers it is given: to set the id here is cheaper than on the response.
  ready.headers.set(REQUEST_ID_HEADER, finalRequestId(request));
  return new Response(request.method === 'HEAD' ? null : ready.content, { status, headers: ready.headers });
}

/** A line or more for people and programs that ask for this moment. */
export function sendPlain(
  request: Request,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return sendBody(request, createBody(text), status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
    ...SECURITY_HEADERS,
    ...headers,
  });
}
