/** What deleting several objects shares: the ids of a form, and what is said of them. */
import { AppError } from '../../errors.ts';
import type { FormInput } from '../forms.ts';
import { type AdminRequest, parseId, type Reply } from './screen.ts';

/** Objects deleted at once; a list shows far fewer. */
const IDS_MAX = 1000;
/** The field of the form that has asked. */
const CONFIRMED_FIELD = 'confirmed';

/** The ids that were ticked, each once. @throws AppError `invalid` for more than IDS_MAX */
export function readIds(form: FormInput): readonly number[] {
  const ids = [...new Set(form.all('ids').flatMap((text) => parseId(text) ?? []))];
  if (ids.length > IDS_MAX) throw new AppError('invalid', `at most ${IDS_MAX} objects are deleted at once`);
  return ids;
}

/** True when the person has seen what goes, and said so. */
export function isConfirmed(form: FormInput): boolean {
  return form.get(CONFIRMED_FIELD) === '1';
}

/** Back to the list, which says that nothing was ticked. */
export function nothingSelected({ m }: AdminRequest, list: string): Reply {
  return { redirect: list, flash: { kind: 'error', text: m.lists.removal.nothing } };
}

/** Back to the list, which says that nothing is left of what was ticked. */
export function nothingLeft({ m }: AdminRequest, list: string, ids: readonly number[]): Reply {
  const text = m.lists.removal.alreadyRemoved(m.number(ids.length));
  return { redirect: list, flash: { kind: 'success', text } };
}
