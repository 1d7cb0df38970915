import { createBody, SECURITY_HEADERS, sendBody } from './respond.ts';

/** Own files only, no frames, no forms, nothing inline. `additions` are what one page cannot do without. */
export function contentSecurityPolicy(additions: Readonly<Record<string, string>> = {}): string {
  const directives = {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self'",
    'connect-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    ...additions,
  };
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources}`)
    .join('; ');
}

/** A page of ours. It names assets by hash, so it is asked for each time and never names those of an older version. */
export function htmlResponse(request: Request, html: string, policy = contentSecurityPolicy(), status = 200): Response {
  return sendBody(request, createBody(html), status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy,
    'Cache-Control': 'no-cache',
    ...SECURITY_HEADERS,
  });
}
