/** An object as it was after an entry of its history: entries hold only what changed, so the newer ones are undone. */
import type { Connection } from '../db/connection.ts';
import { type HistoryEntry, type HistoryValues, listHistory } from './history.ts';

/** Entries that are in memory at a time. */
const ENTRIES_AT_ONCE = 50;

/**
 * The values after `entry`; of a deletion, those that it took away. A field that no entry since has changed is as it is
 * now, so what was changed past history (with plain SQL) stays where history says nothing about it.
 * @param now the values of all fields, undefined when the object is gone
 */
export async function findValuesAfter(
  connection: Connection,
  entry: HistoryEntry,
  now: HistoryValues | undefined,
): Promise<HistoryValues> {
  const { label, id } = entry;
  let values: HistoryValues = now ?? {};
  for (let last: number | undefined; ; ) {
    const newer = await listHistory(connection, {
      label,
      id,
      after: entry.entry,
      before: last,
      limit: ENTRIES_AT_ONCE,
    });
    for (const { before } of newer.slice(0, ENTRIES_AT_ONCE)) values = { ...values, ...before };
    if (newer.length <= ENTRIES_AT_ONCE) break;
    last = newer[ENTRIES_AT_ONCE - 1]?.entry;
  }
  return { ...values, ...(entry.after ?? entry.before) };
}
