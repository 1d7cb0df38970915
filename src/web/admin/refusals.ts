import type { Refusal } from '../../contents/fields/kind.ts';
import type { Messages } from '../../messages/index.ts';

/** Why a field's value was refused, in the reader's language where it is said in it. */
export function sayRefusal(m: Messages, { refused, reason }: Refusal): string {
  if (reason === undefined) return refused;
  return reason.key === 'too_long' ? m.refusals.too_long(reason.max, reason.sent) : m.refusals[reason.key];
}
