/** Deleting a page, after a question that says what goes; and copying one. */
import { PageRemovalPage } from '../../../views/page_removal.tsx';
import { TITLE_CHARACTERS_MAX } from '../../contents/content.ts';
import { AppError } from '../../errors.ts';
import { createPage, findPage, removePage } from '../../store/pages.ts';
import { inputOf } from './page_input.ts';
import { pageFormReply } from './page_reply.ts';
import { attemptSave } from './page_saving.ts';
import { PAGES_PATH, pageIdOf, pagePath } from './pages.ts';
import type { AdminContext, AdminRequest, Reply, Screen } from './screen.ts';

const REMOVAL_PATH = '/admin/pages/:id/delete/';

export const pageRemovalScreen: Screen = (admin) => [
  { method: 'GET', path: REMOVAL_PATH, access: 'editor', handle: (visit) => ask(admin, visit) },
  { method: 'POST', path: REMOVAL_PATH, access: 'editor', handle: (visit) => remove(admin, visit) },
  { method: 'POST', path: '/admin/pages/:id/duplicate/', access: 'editor', handle: (visit) => duplicate(admin, visit) },
];

async function ask({ database }: AdminContext, visit: AdminRequest): Promise<Reply> {
  const page = await findPage(database, pageIdOf(visit));
  if (page === undefined) return alreadyRemoved(visit);
  const { id, title, contents } = page;
  return { html: PageRemovalPage({ chrome: visit.chrome, page: { id, title, places: contents.length } }) };
}

async function remove(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const id = pageIdOf(visit);
  const page = await findPage(admin.database, id);
  const outcome = await attemptSave(admin.database.tx((tx) => removePage(tx, visit.actor, id)));
  if (outcome === 'not_found' || page === undefined) return alreadyRemoved(visit);
  if (typeof outcome !== 'object') throw new AppError(outcome, 'the page could not be removed');
  admin.cache.clear();
  return { redirect: PAGES_PATH, flash: { kind: 'success', text: visit.m.pages.removal.done(page.title) } };
}

function alreadyRemoved({ m }: AdminRequest): Reply {
  return { redirect: PAGES_PATH, flash: { kind: 'success', text: m.pages.alreadyRemoved } };
}

/** A copy of what is stored. What old data holds and a form may not (an address of another kind) is asked for first. */
async function duplicate(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const id = pageIdOf(visit);
  // Of one moment: a save may come between the page and its contents.
  const page = await admin.database.snapshot((connection) => findPage(connection, id));
  if (page === undefined) throw new AppError('not_found', 'no such page');
  const { m, actor } = visit;
  const copy = { ...page, title: copyTitle(page.title, m.pages.copyOf) };
  const outcome = await attemptSave(admin.database.tx((tx) => createPage(tx, actor, { ...copy }, copy.contents)));
  if (typeof outcome !== 'object') return pageFormReply(admin, visit, { input: inputOf(copy), isUnsaved: true });
  admin.cache.clear();
  return { redirect: pagePath(outcome.stored), flash: { kind: 'success', text: m.pages.copied(copy.title) } };
}

/** A title that says it is a copy, and still is one: the old one is shortened where there is no room. */
function copyTitle(title: string, copyOf: (title: string) => string): string {
  const room = TITLE_CHARACTERS_MAX - [...copyOf('')].length;
  const characters = [...title];
  return copyOf(characters.length <= room ? title : `${characters.slice(0, room - 1).join('')}…`);
}
