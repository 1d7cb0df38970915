/** The headers of answers under `/api/`: made once, so that all answers alike share one object. */
import { allowedOrigin, corsHeaders, variesByOrigin } from '../cors.ts';
import { type HeaderRecord, SECURITY_HEADERS } from '../respond.ts';

export const ALLOW = { Allow: 'GET, HEAD, OPTIONS' };

export interface ApiHeaders {
  /** Of any answer. */
  common(request: Request): HeaderRecord;
  /** Of an answer of a resource, which tells its methods. */
  resource(request: Request): HeaderRecord;
}

/** @param corsAllowedOrigins the origins whose pages may read the API, or `*` */
export function createApiHeaders(corsAllowedOrigins: readonly string[]): ApiHeaders {
  const common: HeaderRecord = {
    'Content-Type': 'application/json',
    ...SECURITY_HEADERS,
    Vary: variesByOrigin(corsAllowedOrigins) ? 'Accept, origin' : 'Accept',
  };
  const toOthers = readable(common);
  const byOrigin = new Map(corsAllowedOrigins.map((origin) => [origin, readable(common, corsHeaders(origin))]));

  function headersFor(request: Request) {
    const origin = allowedOrigin(request, corsAllowedOrigins);
    return (origin === undefined ? undefined : byOrigin.get(origin)) ?? toOthers;
  }
  return {
    common: (request) => headersFor(request).common,
    resource: (request) => headersFor(request).resource,
  };
}

function readable(headers: HeaderRecord, cors: HeaderRecord = {}) {
  const common = { ...headers, ...cors };
  return { common, resource: { ...common, ...ALLOW } };
}
