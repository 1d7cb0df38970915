/** Deleting several pages: a summary of what goes, and then all of it in one transaction. */
import { BulkRemovalPage } from '../../../views/bulk_removal.tsx';
import { removePages } from '../../store/pages.ts';
import { findPagesToRemove } from '../../store/removals.ts';
import { isConfirmed, nothingLeft, nothingSelected, readIds } from './bulk.ts';
import type { AdminContext, AdminRequest, Reply, Screen } from './screen.ts';

const LIST_PATH = '/admin/pages/';

export const pageBulkScreen: Screen = (admin) => [
  { method: 'POST', path: `${LIST_PATH}delete/`, access: 'editor', handle: (visit) => removeSelected(admin, visit) },
];

async function removeSelected(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const ids = readIds(visit.form);
  if (ids.length === 0) return nothingSelected(visit, LIST_PATH);
  return isConfirmed(visit.form) ? remove(admin, visit, ids) : ask(admin, visit, ids);
}

async function ask({ database }: AdminContext, visit: AdminRequest, ids: readonly number[]): Promise<Reply> {
  const { chrome, m } = visit;
  const { pages, places } = await findPagesToRemove(database, ids);
  if (pages.length === 0) return nothingLeft(visit, LIST_PATH, ids);
  const { removal, placeForms } = m.lists;
  const html = BulkRemovalPage({
    ...{ chrome, section: 'pages', sectionName: m.frame.pages, listPath: LIST_PATH },
    ...{ removed: pages, kept: [], gone: ids.length - pages.length },
    summary: removal.summary(m.plural(pages.length, m.lists.pages.forms)),
    notes: [places === 0 ? removal.noPlaces : removal.places(m.plural(places, placeForms))],
  });
  return { html };
}

async function remove(admin: AdminContext, visit: AdminRequest, ids: readonly number[]): Promise<Reply> {
  const { m, actor } = visit;
  const removed = await admin.database.tx((tx) => removePages(tx, actor, ids));
  admin.cache.clear();
  if (removed === 0) return nothingLeft(visit, LIST_PATH, ids);
  const text = m.lists.removal.pages(m.plural(removed, m.lists.pages.forms));
  return { redirect: LIST_PATH, flash: { kind: 'success', text } };
}
