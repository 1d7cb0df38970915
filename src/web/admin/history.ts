/** Who changed what: in the whole hub, and of one object. */
import { HistoryPage } from '../../../views/history.tsx';
import { ACTIONS, type HistoryFilter, listHistory } from '../../store/history.ts';
import { describeEntries } from './history_entries.ts';
import { actionOptions, kindOptions, OPEN_LABELS } from './history_names.ts';
import { type AdminContext, type AdminRequest, mayUse, parseId, type Reply, type Screen } from './screen.ts';

/** Entries of one screen. */
export const HISTORY_ENTRIES = 30;
const PATH = '/admin/history/';
/** Characters of a name that is looked for. */
const ACTOR_CHARACTERS_MAX = 300;

export const historyScreen: Screen = (admin) => [
  { method: 'GET', path: PATH, access: 'viewer', handle: (visit) => showHistory(admin, visit) },
];

/** What an address asks for, as far as this reader may; what does not exist is not asked for. */
interface Wanted {
  readonly kind: string;
  readonly action: string;
  readonly actor: string;
}

async function showHistory({ database }: AdminContext, visit: AdminRequest): Promise<Reply> {
  const { chrome, m, query, user } = visit;
  const isAdmin = mayUse(user?.role ?? 'none', 'admin');
  const kinds = kindOptions(m, isAdmin);
  const actions = actionOptions(m, ACTIONS, isAdmin);
  const offered = (name: string, options: readonly { readonly value: string }[]) =>
    options.find(({ value }) => value === query.get(name))?.value ?? '';
  const actor = (query.get('actor') ?? '').trim().slice(0, ACTOR_CHARACTERS_MAX);
  const wanted = { kind: offered('kind', kinds), action: offered('action', actions), actor };
  const before = parseId(query.get('before') ?? undefined);
  const found = await listHistory(database, { ...filterOf(wanted, isAdmin), before, limit: HISTORY_ENTRIES });
  const reader = { m, isAdmin, namesObjects: true, addressOf: ({ entry }: { entry: number }) => from(wanted, entry) };
  const entries = await describeEntries(database, reader, found.slice(0, HISTORY_ENTRIES));
  const last = found.length > HISTORY_ENTRIES ? found[HISTORY_ENTRIES - 1]?.entry : undefined;
  const html = HistoryPage({
    ...{ chrome, entries, filter: { ...wanted, kinds, actions } },
    newest: before === undefined ? undefined : addressOf(wanted),
    older: last === undefined ? undefined : addressOf(wanted, last),
  });
  return { html };
}

function filterOf({ kind, action, actor }: Wanted, isAdmin: boolean): Omit<HistoryFilter, 'limit'> {
  const known = ACTIONS.find((candidate) => candidate === action);
  return {
    ...(kind === '' ? {} : { label: kind === 'hub' ? '' : kind }),
    ...(isAdmin ? {} : { labels: OPEN_LABELS }),
    ...(known === undefined ? {} : { action: known }),
    ...(actor === '' ? {} : { actor }),
  };
}

/** The address of what is wanted, before an entry. */
function addressOf(wanted: Wanted, before?: number): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(wanted)) if (value !== '') query.set(name, value);
  if (before !== undefined) query.set('before', String(before));
  return query.size === 0 ? PATH : `${PATH}?${query}`;
}

/** The address on which an entry comes first. */
function from(wanted: Wanted, entry: number): string {
  return addressOf(wanted, entry + 1);
}
