/** Cross-origin reads of the API (never with credentials: the API has none). */

const MAX_AGE_SECONDS = 86_400;

/**
 * The headers an answer to this request carries, or undefined when no origin is configured or none was sent. `Vary`
 * must name `origin` on every answer as soon as the answer could depend on it; see `variesByOrigin`.
 */
export function corsHeaders(request: Request, allowed: readonly string[]): Record<string, string> | undefined {
  const origin = request.headers.get('origin');
  if (origin === null || allowed.length === 0) return undefined;
  const isAny = allowed.includes('*');
  if (!isAny && !allowed.includes(origin)) return undefined;
  return {
    'Access-Control-Allow-Origin': isAny ? '*' : origin,
    'Access-Control-Expose-Headers': 'X-Request-ID',
  };
}

/** True when answers differ between origins, which caches must be told. */
export function variesByOrigin(allowed: readonly string[]): boolean {
  return allowed.length > 0 && !allowed.includes('*');
}

/** The answer to a preflight, or undefined when the request is none. */
export function answerPreflight(request: Request, allowed: readonly string[]): Response | undefined {
  if (request.method !== 'OPTIONS' || !request.headers.has('access-control-request-method')) return undefined;
  if (allowed.length === 0) return undefined;
  const headers = new Headers({ 'Content-Length': '0', Vary: 'origin', ...corsHeaders(request, allowed) });
  if (headers.has('Access-Control-Allow-Origin')) {
    headers.set('Access-Control-Allow-Methods', 'GET, HEAD, OPTIONS');
    headers.set('Access-Control-Allow-Headers', 'accept, content-type, x-request-id');
    headers.set('Access-Control-Max-Age', String(MAX_AGE_SECONDS));
  }
  return new Response(null, { status: 200, headers });
}
