/** Entries of history as a reader may see them. */
import type { ShownEntry } from '../../../views/parts/history_entry.tsx';
import type { Connection } from '../../db/connection.ts';
import type { Messages } from '../../messages/index.ts';
import type { HistoryEntry } from '../../store/history.ts';
import { USER_LABEL } from '../../store/users.ts';
import { describeChanges } from './history_changes.ts';
import { kindName } from './history_names.ts';
import { placeOf } from './places.ts';

export interface Reader {
  readonly m: Messages;
  readonly isAdmin: boolean;
  /** Whether objects are named: not where all entries are about one. */
  readonly namesObjects: boolean;
  /** The address of a screen on which this entry comes first. */
  addressOf(entry: HistoryEntry): string;
  /** Where an entry's version can be restored, if it can. */
  restorePath?(entry: HistoryEntry): string | undefined;
}

export async function describeEntries(
  connection: Connection,
  reader: Reader,
  entries: readonly HistoryEntry[],
): Promise<ShownEntry[]> {
  const { m, isAdmin } = reader;
  const pairs = entries.map((entry) => {
    const { label, before, after } = entry;
    return { label, before, after, href: reader.addressOf(entry) };
  });
  const changes = await describeChanges(connection, m, pairs);
  return entries.map((entry, index) => ({
    entry: entry.entry,
    at: entry.at,
    action: m.history.actions[entry.action],
    isRemoval: entry.action === 'delete',
    object: reader.namesObjects ? describeObject(reader, entry) : undefined,
    title: reader.namesObjects ? entry.title : '',
    actor: {
      name: entry.actor.name === '' ? m.history.unknown : entry.actor.name,
      href: isAdmin && entry.actor.id !== undefined ? `/admin/users/${entry.actor.id}/history/` : undefined,
    },
    via: m.history.via[entry.actor.via],
    address: isAdmin && entry.actor.address !== '' ? entry.actor.address : undefined,
    changes: changes[index] ?? [],
    restore: reader.restorePath?.(entry),
  }));
}

/** The object and its history, which is there also when it is not; undefined for what is no object, or has no screen. */
function describeObject({ m }: Reader, { label, id, title }: HistoryEntry): ShownEntry['object'] {
  if (id === undefined) return undefined;
  const path = label === USER_LABEL ? `/admin/users/${id}/` : placeOf(label, id);
  return path === undefined ? undefined : { kind: `${kindName(m, label)} #${id}`, title, href: `${path}history/` };
}
