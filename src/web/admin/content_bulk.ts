/** Deleting several contents: those that pages show stay, and are named with their pages. */
import { BulkRemovalPage } from '../../../views/bulk_removal.tsx';
import { findUses } from '../../store/content_uses.ts';
import { findContentsToRemove, removeContents } from '../../store/removals.ts';
import { isConfirmed, nothingLeft, nothingSelected, readIds } from './bulk.ts';
import { contentPath, listPath, SECTION_PATH, sectionOf, typeOf } from './content_type.ts';
import type { AdminContext, AdminRequest, Reply, Screen } from './screen.ts';

/** Protected contents, and pages of each, that are named. */
const KEPT_NAMED_MAX = 20;
const USES_NAMED_MAX = 3;

export const contentBulkScreen: Screen = (admin) => [
  { method: 'POST', path: `${SECTION_PATH}delete/`, access: 'editor', handle: (visit) => removeSelected(admin, visit) },
];

async function removeSelected(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const list = listPath(typeOf(visit));
  const ids = readIds(visit.form);
  if (ids.length === 0) return nothingSelected(visit, list);
  return isConfirmed(visit.form) ? remove(admin, visit, ids) : ask(admin, visit, ids);
}

async function ask({ database }: AdminContext, visit: AdminRequest, ids: readonly number[]): Promise<Reply> {
  const { chrome, m } = visit;
  const type = typeOf(visit);
  const { free, used } = await findContentsToRemove(database, type, ids);
  if (free.length + used.length === 0) return nothingLeft(visit, listPath(type), ids);
  const kept = [];
  for (const { id, title } of used.slice(0, KEPT_NAMED_MAX)) {
    kept.push({ title, path: contentPath(type, id), uses: await findUses(database, type.label, id, USES_NAMED_MAX) });
  }
  const { removal } = m.lists;
  const html = BulkRemovalPage({
    ...{ chrome, section: `contents/${type.type}`, sectionName: sectionOf(type, m.language).namePlural },
    ...{ listPath: listPath(type), removed: free, kept, keptMore: used.length - kept.length },
    gone: ids.length - free.length - used.length,
    summary: removal.summary(m.number(free.length)),
    notes: [],
  });
  return { html, status: free.length === 0 ? 409 : 200 };
}

async function remove(admin: AdminContext, visit: AdminRequest, ids: readonly number[]): Promise<Reply> {
  const { m, actor } = visit;
  const type = typeOf(visit);
  const { removed, kept } = await admin.database.tx((tx) => removeContents(tx, actor, type, ids));
  admin.cache.clear();
  if (removed + kept === 0) return nothingLeft(visit, listPath(type), ids);
  const { removal } = m.lists;
  const text = [removal.contents(m.number(removed)), kept === 0 ? '' : removal.kept(m.number(kept))].join(' ').trim();
  return { redirect: listPath(type), flash: { kind: removed === 0 ? 'error' : 'success', text } };
}
