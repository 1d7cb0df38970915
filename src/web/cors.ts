/** Cross-origin reads of the API (never with credentials: the API has none). */

const MAX_AGE_SECONDS = 86_400;

/**
 * The origin that an answer to this request allows to read it (`*` for any), or undefined when no origin is configured or
 * none that may was sent. `Vary` must name `origin` on every answer as soon as the answer could depend on it; see
 * `variesByOrigin`.
 */
export function allowedOrigin(request: Request, allowed: readonly string[]): string | undefined {
  if (allowed.length === 0) return undefined;
  const origin = request.headers.get('origin');
  if (origin === null) return undefined;
  if (allowed.includes('*')) return '*';
  return allowed.includes(origin) ? origin : undefined;
}

/** What tells a browser that pages of this origin may read the answer. */
export function corsHeaders(origin: string): Record<string, string> {
  return { 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': 'X-Request-ID' };
}

/** True when answers differ between origins, which caches must be told. */
export function variesByOrigin(allowed: readonly string[]): boolean {
  return allowed.length > 0 && !allowed.includes('*');
}

/** The answer to a preflight, or undefined when the request is none. */
export function answerPreflight(request: Request, allowed: readonly string[]): Response | undefined {
  if (request.method !== 'OPTIONS' || !request.headers.has('access-control-request-method')) return undefined;
  if (allowed.length === 0) return undefined;
  const origin = allowedOrigin(request, allowed);
  const headers = new Headers({ 'Content-Length': '0', Vary: 'origin', ...(origin && corsHeaders(origin)) });
  if (origin !== undefined) {
    headers.set('Access-Control-Allow-Methods', 'GET, HEAD, OPTIONS');
    headers.set('Access-Control-Allow-Headers', 'accept, content-type, x-request-id');
    headers.set('Access-Control-Max-Age', String(MAX_AGE_SECONDS));
  }
  return new Response(null, { status: 200, headers });
}
