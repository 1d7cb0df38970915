/** What went wrong, in the terms every layer shares. `web/errors.ts` turns them into a status, `main.ts` into an exit code. */
export type ErrorKind = 'not_found' | 'invalid' | 'conflict' | 'forbidden' | 'unavailable' | 'internal';

/** Messages for one form or record: field name → what is wrong with it. */
export type FieldErrors = Readonly<Record<string, readonly string[]>>;

/**
 * The one error the program throws on purpose. `message` is a sentence fit for the person who caused it;
 * `cause` keeps the driver's error for the log and is never shown.
 */
export class AppError extends Error {
  readonly kind: ErrorKind;
  readonly fields: FieldErrors | undefined;

  constructor(kind: ErrorKind, message: string, details: { fields?: FieldErrors; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'AppError';
    this.kind = kind;
    this.fields = details.fields;
  }
}

/** The message of anything thrown, for logs and command-line errors. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
