/** Earlier versions of an object, read backwards from what it is now. */
import type { Connection } from '../db/connection.ts';
import { type HistoryEntry, type HistoryValues, listHistory } from './history.ts';

/** Edits that are walked back; an editor who is further behind is shown no common beginning. */
const EDITS_MAX = 100;

export interface EarlierVersion {
  /** The last edit, if history has it. */
  readonly last: HistoryEntry | undefined;
  /** The values `edits` edits ago; undefined when history does not lead back there without a gap. */
  readonly values: HistoryValues | undefined;
}

/**
 * An object's values some edits ago. Each step is checked against the one after it, so that what history does not know
 * (an edit with plain SQL, a cleaned-up year) gives no values rather than wrong ones.
 * @param now the values of all fields as they are
 * @param edits how many versions back; 0 and less is none
 */
export async function findEarlierVersion(
  connection: Connection,
  { label, id }: { readonly label: string; readonly id: number },
  now: HistoryValues,
  edits: number,
): Promise<EarlierVersion> {
  const limit = Math.min(Math.max(edits, 1), EDITS_MAX);
  const entries = await listHistory(connection, { label, id, limit });
  const updates = entries.slice(0, limit);
  if (edits < 1 || edits > EDITS_MAX || updates.length < edits) return { last: entries[0], values: undefined };
  let values: HistoryValues | undefined = now;
  for (const entry of updates) values = values && undo(values, entry);
  return { last: entries[0], values };
}

function undo(values: HistoryValues, { action, before, after }: HistoryEntry): HistoryValues | undefined {
  if (action !== 'update' || before === undefined || after === undefined) return undefined;
  const isNext = Object.entries(after).every(([name, value]) => isEqual(values[name], value));
  return isNext ? { ...values, ...before } : undefined;
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
