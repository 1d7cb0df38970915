import { AppError } from '../errors.ts';

/** Seconds after which a client may try again what was unavailable. */
export const RETRY_AFTER_SECONDS = 5;

/** Sentences a client sees: Django REST Framework's own. Nothing of the error itself ever reaches a client. */
export const DETAIL = {
  notFound: 'Not found.',
  noPage: 'No Page matches the given query.',
  invalidPage: 'Invalid page.',
  notAcceptable: 'Could not satisfy the request Accept header.',
  unavailable: 'Service temporarily unavailable, try again later.',
  serverError: 'A server error occurred.',
  invalidHost: 'Invalid Host header.',
  method: (method: string) => `Method "${method}" not allowed.`,
} as const;

/** What is thrown becomes a status and a sentence; only `unavailable` is told apart from a bland 500. */
export function describeFailure(error: unknown): { status: 500 | 503; detail: string } {
  const isUnavailable = error instanceof AppError && error.kind === 'unavailable';
  return isUnavailable ? { status: 503, detail: DETAIL.unavailable } : { status: 500, detail: DETAIL.serverError };
}
