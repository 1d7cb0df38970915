import { AppError } from '../../errors.ts';

/**
 * Carries out an edit whose refusal a screen has a page of its own for.
 * @returns `done`, or why nothing was stored
 * @throws what is neither a conflict nor a missing object
 */
export function attempt(edit: Promise<unknown>): Promise<'done' | 'conflict' | 'not_found'> {
  return edit.then(
    () => 'done',
    (error: unknown) => {
      if (error instanceof AppError && (error.kind === 'conflict' || error.kind === 'not_found')) return error.kind;
      throw error;
    },
  );
}
