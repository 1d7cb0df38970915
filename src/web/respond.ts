import { acceptsGzip } from './compression.ts';

/** Smaller bodies travel in one packet anyway. */
const GZIP_BYTES_MIN = 1024;
const GZIP_LEVEL = 6;

/** What every answer says, documentation and static files too. */
export const SECURITY_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
} as const;

/** A body made once and sent often: as text, and its bytes and gzipped bytes from the first time they are needed. */
export interface Body {
  readonly text: string;
  readonly bytes: () => Uint8Array<ArrayBuffer>;
  readonly gzipped: () => Uint8Array<ArrayBuffer>;
}

export function createBody(text: string): Body {
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  let gzipped: Uint8Array<ArrayBuffer> | undefined;
  const toBytes = () => {
    bytes ??= new TextEncoder().encode(text);
    return bytes;
  };
  return {
    text,
    bytes: toBytes,
    gzipped: () => {
      gzipped ??= Bun.gzipSync(toBytes(), { level: GZIP_LEVEL });
      return gzipped;
    },
  };
}

/**
 * JSON as Django REST Framework renders it: compact or indented, UTF-8 unescaped but for the two line separators that
 * JavaScript once could not read.
 */
export function renderJson(value: unknown, indent = 0): string {
  const text = JSON.stringify(value, null, indent);
  return /[\u2028\u2029]/.test(text) ? text.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029') : text;
}

/** Sends a body, gzipped when the client takes it and it is worth it. HEAD gets the headers of GET and no body. */
export function sendBody(request: Request, body: Body, status: number, headers: Record<string, string>): Response {
  const bytes = body.bytes();
  const isLarge = bytes.byteLength >= GZIP_BYTES_MIN;
  const isGzipped = isLarge && acceptsGzip(request.headers.get('accept-encoding'));
  const sent = isGzipped ? body.gzipped() : bytes;
  const all: Record<string, string> = { ...headers, 'Content-Length': String(sent.byteLength) };
  if (isLarge) all.Vary = all.Vary === undefined ? 'Accept-Encoding' : `${all.Vary}, Accept-Encoding`;
  if (isGzipped) all['Content-Encoding'] = 'gzip';
  return new Response(request.method === 'HEAD' ? null : sent, { status, headers: all });
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
