import { PageRows, PagesPage } from '../../../views/pages_list.tsx';
import { PAGE_LABEL } from '../../store/pages.ts';
import { assetUrl } from '../static.ts';
import { readList } from './list.ts';
import type { AdminContext, AdminRequest, Reply, Screen } from './screen.ts';

const PATH = '/admin/pages/';

export const pageListScreen: Screen = (admin) => [
  { method: 'GET', path: PATH, access: 'viewer', handle: (visit) => showList(admin, visit) },
];

/** The list; for htmx its rows alone. */
async function showList(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const { chrome, isFragment } = visit;
  const props = { chrome, list: await readList(admin, visit, PAGE_LABEL, PATH) };
  return { html: isFragment ? PageRows(props) : PagesPage({ ...props, scripts: [assetUrl('lists.js')] }) };
}
