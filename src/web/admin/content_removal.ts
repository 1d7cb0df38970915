/** Deleting one content: a question first, and never one that a page shows. */
import { ContentRemovalPage } from '../../../views/content_removal.tsx';
import type { ContentType } from '../../contents/content.ts';
import { findUses } from '../../store/content_uses.ts';
import { findContent, removeContent } from '../../store/contents.ts';
import { attempt } from './attempt.ts';
import { idOf, listPath, SECTION_PATH, sectionOf, typeOf } from './content_type.ts';
import type { AdminContext, AdminRequest, Reply, Screen } from './screen.ts';

/** Pages that are named where a content cannot be deleted. */
const USES_NAMED_MAX = 100;
const PATH = `${SECTION_PATH}:id/delete/`;

export const contentRemovalScreen: Screen = (admin) => [
  { method: 'GET', path: PATH, access: 'editor', handle: (visit) => ask(admin, visit, typeOf(visit), 200) },
  { method: 'POST', path: PATH, access: 'editor', handle: (visit) => remove(admin, visit) },
];

async function ask({ database }: AdminContext, visit: AdminRequest, type: ContentType, status: number): Promise<Reply> {
  const id = idOf(visit);
  const content = await findContent(database, type, id);
  if (content === undefined) return alreadyRemoved(visit, type);
  const uses = await findUses(database, type.label, id, USES_NAMED_MAX);
  const { chrome, m } = visit;
  const html = ContentRemovalPage({ chrome, section: sectionOf(type, m.language), content: { ...content, uses } });
  return { html, status };
}

async function remove(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const type = typeOf(visit);
  const id = idOf(visit);
  const content = await findContent(admin.database, type, id);
  const outcome = await attempt(admin.database.tx((tx) => removeContent(tx, visit.actor, type, id)));
  if (outcome === 'conflict') return ask(admin, visit, type, 409);
  if (outcome === 'not_found' || content === undefined) return alreadyRemoved(visit, type);
  admin.cache.clear();
  return { redirect: listPath(type), flash: { kind: 'success', text: visit.m.contents.removal.done(content.title) } };
}

function alreadyRemoved({ m }: AdminRequest, type: ContentType): Reply {
  return { redirect: listPath(type), flash: { kind: 'success', text: m.contents.alreadyRemoved } };
}
