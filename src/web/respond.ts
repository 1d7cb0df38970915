import { once } from '../once.ts';
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

/** Names and values of headers. One object for all answers alike lets their `Headers` be made once. */
export type HeaderRecord = Readonly<Record<string, string>>;

type Bytes = Uint8Array<ArrayBuffer>;

/** A body made once and sent often. */
export interface Body {
  /** In UTF-8: a text would be encoded for each answer. */
  readonly bytes: Bytes;
  /** True when gzipping is worth it. */
  readonly isLarge: boolean;
  /** Made when it is first asked for. */
  gzipped(): Bytes;
}

const encoder = new TextEncoder();

/** @param content a text, or its UTF-8 */
export function createBody(content: string | Bytes): Body {
  const bytes = typeof content === 'string' ? encoder.encode(content) : content;
  return {
    bytes,
    isLarge: bytes.length >= GZIP_BYTES_MIN,
    gzipped: once(() => Bun.gzipSync(bytes, { level: GZIP_LEVEL })),
  };
}

/** How a body is sent, which its headers tell. */
type Form = 'small' | 'plain' | 'gzipped';

/** Headers of answers alike, each with the id of the answer that was sent last. */
const shared: Readonly<Record<Form, WeakMap<HeaderRecord, Headers>>> = {
  small: new WeakMap(),
  plain: new WeakMap(),
  gzipped: new WeakMap(),
};

/** The headers of an answer under this id. The next answer alike changes them: a response must copy them before it. */
function writeHeaders(base: HeaderRecord, form: Form, id: string): Headers {
  let headers = shared[form].get(base);
  if (headers === undefined) {
    headers = createHeaders(base, form);
    shared[form].set(base, headers);
  }
  headers.set(REQUEST_ID_HEADER, id);
  return headers;
}

function createHeaders(base: HeaderRecord, form: Form): Headers {
  const headers = new Headers(base);
  if (form !== 'small') headers.append('Vary', 'Accept-Encoding');
  if (form === 'gzipped') headers.set('Content-Encoding', 'gzip');
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
function escapeSeparators(text: string): string {
  if (!text.includes('\u2028') && !text.includes('\u2029')) return text;
  return text.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

const LINE_SEPARATOR = encoder.encode('\u2028');
const PARAGRAPH_SEPARATOR = encoder.encode('\u2029');

/** The same for JSON in UTF-8. */
export function escapeSeparatorsIn(json: Bytes): Bytes {
  const buffer = Buffer.from(json.buffer, json.byteOffset, json.length);
  if (!buffer.includes(LINE_SEPARATOR) && !buffer.includes(PARAGRAPH_SEPARATOR)) return json;
  return encoder.encode(escapeSeparators(buffer.toString()));
}

/**
 * Sends a body under the request's id, gzipped when the client takes it and it is worth it. HEAD gets the headers of GET
 * and no body.
 */
export function sendBody(request: Request, body: Body, status: number, base: HeaderRecord): Response {
  const isGzipped = body.isLarge && acceptsGzip(request.headers.get('accept-encoding'));
  const form = isGzipped ? 'gzipped' : body.isLarge ? 'plain' : 'small';
  const content = isGzipped ? body.gzipped() : body.bytes;
  const headers = writeHeaders(base, form, finalRequestId(request));
  if (request.method !== 'HEAD') return new Response(content, { status, headers });
  // Of a body that is not there, the server does not know the length.
  const response = new Response(null, { status, headers });
  response.headers.set('Content-Length', String(content.length));
  return response;
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
