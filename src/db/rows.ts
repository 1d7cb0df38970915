/** Readers of driver values: what Postgres and SQLite send differently becomes one thing here. */

/** An integer column as a number. @throws RangeError beyond 2^53−1, where a number would silently be another. */
export function toInteger(value: unknown): number {
  const number = typeof value === 'number' ? value : Number(value);
  if (value === null || !Number.isSafeInteger(number)) throw new RangeError(`not an exact integer: ${String(value)}`);
  return number;
}

/** A text column. */
export function toText(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`not a text column: ${typeof value}`);
  return value;
}

/** A boolean column: Postgres sends booleans, SQLite 0 and 1. */
export function toBoolean(value: unknown): boolean {
  return value === true || value === 1;
}

/** A time column: Postgres sends a Date, SQLite milliseconds. */
export function toDate(value: unknown): Date {
  if (value instanceof Date) return value;
  return new Date(typeof value === 'string' ? value : toInteger(value));
}
