/**
 * A line for a request: of the admin at `info` with its user, of one that failed at `error` with what went wrong, of all
 * others at `debug`. On the way of a page's answer nothing is written or built: the proxy logs those, and /metrics counts them.
 */
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { printablePath } from './request.ts';
import { REQUEST_ID_HEADER } from './respond.ts';

/** What is learnt of a request before it is answered. */
export interface RequestNotes {
  /** An unexpected error: the first of a request is what its line tells. */
  fail(request: Request, error: unknown): void;
  /** The name of the user who asks; undefined for somebody without a session. */
  ask(request: Request, user: string | undefined): void;
}

export interface RequestLog extends RequestNotes {
  /** Writes the line, if there is to be one. @param route a pattern, never a path: that may be a secret */
  end(request: Request, route: string, response: Response, ms: number): void;
}

interface Notes {
  user?: string | undefined;
  failure?: { readonly error: unknown };
}

const ADMIN = '/admin/';
const MS_DIGITS = 1;

/**
 * @param isEach whether requests have lines that are neither the admin's nor failed
 * @param quiet routes of the admin that a page asks by itself again and again
 */
export function createRequestLog(log: Log, isEach: boolean, quiet: ReadonlySet<string>): RequestLog {
  const notes = new WeakMap<Request, Notes>();

  function noteOf(request: Request): Notes {
    const known = notes.get(request) ?? {};
    notes.set(request, known);
    return known;
  }

  function write(request: Request, route: string, response: Response, ms: number): void {
    const { user, failure } = notes.get(request) ?? {};
    const { method } = request;
    const requestId = response.headers.get(REQUEST_ID_HEADER);
    const fields = { requestId, method, route, status: response.status, ms: Number(ms.toFixed(MS_DIGITS)), user };
    if (failure !== undefined) {
      const { error } = failure;
      const stack = error instanceof Error ? error.stack : undefined;
      log.error(`${method} ${printablePath(request)} failed: ${messageOf(error)}`, { ...fields, stack });
    } else if (route.startsWith(ADMIN) && !quiet.has(route)) log.info('request', fields);
    else log.debug('request', fields);
  }

  return {
    fail(request, error) {
      noteOf(request).failure ??= { error };
    },
    ask(request, user) {
      noteOf(request).user = user;
    },
    end(request, route, response, ms) {
      if (isEach || response.status >= 500 || route.startsWith(ADMIN)) write(request, route, response, ms);
    },
  };
}
