import { AppError, messageOf } from '../errors.ts';
import { countFault } from '../metrics.ts';

/** Driver codes that mean "not now": the server is away, starting, full or locked. */
const UNAVAILABLE_CODES =
  /^(CONNECT_TIMEOUT|CONNECTION_\w+|ECONN\w+|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_SOCKET\w*|ERR_(SSL|TLS)\w*|\w*CERT\w*|UNABLE_TO_\w+|ENOENT|08\w{3}|53\w{3}|57P0\d|57014|55P03|40001|40P01|25006|28\w{3}|3D000|SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|CORRUPT|NOTADB|PROTOCOL)\w*)$/;
const UNIQUE_CODES = /^(23505|SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY|ROWID))$/;
const FOREIGN_KEY_CODES = /^(23503|SQLITE_CONSTRAINT_FOREIGNKEY)$/;

/** A driver error's code: SQLSTATE, a Node error code, or SQLite's extended result name. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return String(error.code);
}

/** The column of a broken unique key, as Postgres (`Key (username)=(…)`) and SQLite (`auth_user.username`) name it. */
function uniqueField(error: unknown): string {
  const detail = typeof error === 'object' && error !== null && 'detail' in error ? String(error.detail) : '';
  // The words around the parentheses are in the server's language.
  return detail.match(/\(([^)]+)\)=/)?.[1] ?? messageOf(error).match(/failed: \w+\.(\w+)/)?.[1] ?? 'id';
}

/** The one place where drivers' errors become the program's: anything unknown stays as it is and ends as a bland 500. */
export function translate(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  if (UNIQUE_CODES.test(code)) {
    const field = uniqueField(error);
    return new AppError('conflict', `${field}: this value is taken already.`, {
      fields: { [field]: ['This value is taken already.'] },
      cause: error,
    });
  }
  if (FOREIGN_KEY_CODES.test(code)) {
    return new AppError('conflict', 'Something this refers to does not exist, or something refers to it.', {
      cause: error,
    });
  }
  if (UNAVAILABLE_CODES.test(code)) {
    countFault('database');
    return new AppError('unavailable', `the database is not available: ${messageOf(error)}`, { cause: error });
  }
  return error;
}
