import { ContentRows, ContentsPage } from '../../../views/contents.tsx';
import { assetUrl } from '../static.ts';
import { listPath, SECTION_PATH, sectionOf, typeOf } from './content_type.ts';
import { readList } from './list.ts';
import type { AdminContext, AdminRequest, Reply, Screen } from './screen.ts';

export const contentListScreen: Screen = (admin) => [
  { method: 'GET', path: SECTION_PATH, access: 'viewer', handle: (visit) => showList(admin, visit) },
];

/** The list of a type's contents; for htmx its rows alone. */
async function showList(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const type = typeOf(visit);
  const { chrome, m, isFragment } = visit;
  const list = await readList(admin, visit, type.label, listPath(type));
  const props = { chrome, section: sectionOf(type, m.language), list };
  return { html: isFragment ? ContentRows(props) : ContentsPage({ ...props, scripts: [assetUrl('lists.js')] }) };
}
