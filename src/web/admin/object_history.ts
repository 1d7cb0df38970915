/** The history of one page, content or user, also of one that is deleted. */
import { ObjectHistoryPage } from '../../../views/history.tsx';
import { AppError } from '../../errors.ts';
import { type HistoryEntry, listHistory } from '../../store/history.ts';
import { findUserById, USER_LABEL } from '../../store/users.ts';
import { HISTORY_ENTRIES } from './history.ts';
import { describeEntries } from './history_entries.ts';
import { type Restorable, subjectOf } from './restorable.ts';
import { type AdminContext, type AdminRequest, mayUse, parseId, type Reply, type Screen } from './screen.ts';

export const objectHistoryScreen: Screen = (admin) => [
  { method: 'GET', path: '/admin/pages/:id/history/', access: 'viewer', handle: (visit) => showObject(admin, visit) },
  {
    method: 'GET',
    path: '/admin/contents/:type/:id/history/',
    access: 'viewer',
    handle: (visit) => showObject(admin, visit),
  },
  { method: 'GET', path: '/admin/users/:id/history/', access: 'admin', handle: (visit) => showUser(admin, visit) },
];

async function showObject(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const subject = subjectOf(admin, visit);
  const stored = await subject.find(admin.database);
  const isGone = stored === undefined;
  const mayRestore = mayUse(visit.user?.role ?? 'none', 'editor');
  const restorePath = (entry: HistoryEntry, newest: number | undefined) =>
    mayRestore && isVersion(entry, isGone, newest) ? `${subject.path}history/${entry.entry}/restore/` : undefined;
  return showEntries(admin, visit, { ...subject, isGone, title: stored?.title, restorePath });
}

/** True for an entry whose version is not what the object is now anyway. */
function isVersion({ action, entry }: HistoryEntry, isGone: boolean, newest: number | undefined): boolean {
  if (action === 'delete') return isGone;
  return (action === 'create' || action === 'update') && (isGone || entry !== newest);
}

async function showUser(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const id = parseId(visit.params.id);
  if (id === undefined) throw new AppError('not_found', 'no such user');
  const user = await findUserById(admin.database, id);
  return showEntries(admin, visit, {
    ...{ label: USER_LABEL, id, path: `/admin/users/${id}/`, section: 'users' as const, isGone: user === undefined },
    parent: { href: '/admin/users/', text: visit.m.frame.users },
    title: user?.username,
    restorePath: () => undefined,
  });
}

interface Subject extends Pick<Restorable, 'label' | 'id' | 'path' | 'section' | 'parent'> {
  readonly isGone: boolean;
  /** What it is called now; undefined when it is gone. */
  readonly title: string | undefined;
  restorePath(entry: HistoryEntry, newest: number | undefined): string | undefined;
}

/** @throws AppError `not_found` for an object that is not there and never was, as far as history knows */
async function showEntries({ database }: AdminContext, visit: AdminRequest, subject: Subject): Promise<Reply> {
  const { chrome, m, query, user } = visit;
  const { label, id, path, isGone } = subject;
  const before = parseId(query.get('before') ?? undefined);
  const [newest] = await listHistory(database, { label, id, limit: 1 });
  if (newest === undefined && isGone) throw new AppError('not_found', 'no such object');
  const found = await listHistory(database, { label, id, before, limit: HISTORY_ENTRIES });
  const address = (entry: number) => `${path}history/?before=${entry}`;
  const reader = {
    ...{ m, isAdmin: mayUse(user?.role ?? 'none', 'admin'), namesObjects: false },
    addressOf: ({ entry }: HistoryEntry) => address(entry + 1),
    restorePath: (entry: HistoryEntry) => subject.restorePath(entry, newest?.entry),
  };
  const entries = await describeEntries(database, reader, found.slice(0, HISTORY_ENTRIES));
  const last = found.length > HISTORY_ENTRIES ? found[HISTORY_ENTRIES - 1]?.entry : undefined;
  const html = ObjectHistoryPage({
    ...{ chrome, entries, section: subject.section, parent: subject.parent, path, isGone },
    title: subject.title ?? newest?.title ?? '',
    newest: before === undefined ? undefined : `${path}history/`,
    older: last === undefined ? undefined : address(last),
  });
  return { html };
}
