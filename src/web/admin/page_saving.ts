import { AppError } from '../../errors.ts';

/** What came of a save: what the store returned, or why nothing was stored. */
export type Outcome<T> = { readonly stored: T } | 'conflict' | 'not_found' | 'invalid';

/**
 * Carries out a save whose refusal the form has an answer for.
 * @throws what is neither a conflict, nor a page or content that is gone
 */
export function attemptSave<T>(save: Promise<T>): Promise<Outcome<T>> {
  return save.then(
    (stored): Outcome<T> => ({ stored }),
    (error: unknown): Outcome<T> => {
      const kind = error instanceof AppError ? error.kind : undefined;
      if (kind === 'conflict' || kind === 'not_found' || kind === 'invalid') return kind;
      throw error;
    },
  );
}
