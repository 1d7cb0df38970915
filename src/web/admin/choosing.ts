import type { FormInput } from '../forms.ts';
import { parsePageNumber } from './choices.ts';

/** What a form asks of the chooser's page: search, come back with what was chosen, or come back without it. */
export type ChoosingStep = 'search' | 'chosen' | 'cancelled';

/** Fields and buttons of the chooser's page that are none of the form it was opened from. */
const OWN_FIELDS = [
  'csrf_token',
  'chooser_term',
  'chooser_page',
  'chosen',
  '_choose',
  '_chosen',
  '_cancel_choose',
  '_save',
];
/** The value of the button that is pressed by Enter in any field of the form, that of the chooser among them. */
const BY_ENTER = 'enter';

export interface Choosing {
  readonly step: ChoosingStep;
  readonly term: string;
  /** 1-based. */
  readonly page: number;
  /** Values ticked so far, in the order they came, on whichever page of the search. */
  readonly chosen: readonly string[];
  /** The form's other fields as they were typed, in their order. */
  readonly kept: readonly (readonly [name: string, value: string])[];
}

/**
 * Reads the part of a form that is about choosing without JavaScript, or undefined when none of the chooser's buttons
 * was pressed, nor Enter with a term in its field. The form's own screen acts on it: `search` shows `ChooserPage`, the other two the form again, after
 * `chosen` with those values behind its `contents`.
 */
export function readChoosing(form: FormInput): Choosing | undefined {
  const step = stepOf(form);
  if (step === undefined) return undefined;
  const page = parsePageNumber(form.get('chooser_page'));
  const turns: Readonly<Record<string, number>> = { next: page + 1, previous: page - 1 };
  const turn = form.get('_choose') ?? '';
  return {
    step,
    term: form.get('chooser_term') ?? '',
    page: Object.hasOwn(turns, turn) ? Math.max(1, turns[turn] ?? 1) : 1,
    chosen: [...new Set(form.all('chosen'))],
    kept: form.entries.filter(([name]) => !OWN_FIELDS.includes(name)),
  };
}

function stepOf(form: FormInput): ChoosingStep | undefined {
  if (form.get('_cancel_choose') !== undefined) return 'cancelled';
  if (form.get('_chosen') !== undefined) return 'chosen';
  if (form.get('_choose') !== undefined) return 'search';
  return form.get('_save') === BY_ENTER && (form.get('chooser_term') ?? '').trim() !== '' ? 'search' : undefined;
}
