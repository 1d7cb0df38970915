import { AppError } from '../errors.ts';

/**
 * Refuses what a database would store as something else, on both alike: a NUL character (Postgres has none in texts),
 * and a number that is no exact integer (no column holds fractions; beyond 2^53−1 a number silently means another).
 * @throws AppError `invalid` for NUL, RangeError for the number
 */
export function checkParameters(params: readonly unknown[]): void {
  for (const param of params) {
    if (typeof param === 'string' && param.includes('\0')) {
      throw new AppError('invalid', 'NUL characters cannot be stored or searched for');
    }
    if (typeof param === 'number' && !Number.isSafeInteger(param)) {
      throw new RangeError(`not an exact integer: ${param}`);
    }
  }
}
