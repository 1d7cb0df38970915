/** What the lists of pages and of contents share: what an address asks for, and the rows it gets. */
import type { ListState } from '../../../views/parts/list_state.ts';
import { LAST_PART, type ListOptions, listRows, parseSort } from '../../store/listing.ts';
import { type AdminContext, type AdminRequest, mayUse } from './screen.ts';

/** Rows of one part of a list. */
export const LIST_ROWS = 50;
/** Characters of a search term: as long as a title. */
const TERM_CHARACTERS_MAX = 255;
/** What somebody comes back for is what was changed last. */
const DEFAULT_SORT = '-updated';

/** `?q=&sort=&cursor=`. An order that does not exist is the usual one; a place that does not exist is the beginning. */
export function readListQuery(query: URLSearchParams): Pick<ListOptions, 'sort' | 'term' | 'cursor'> {
  const term = (query.get('q') ?? '').trim().slice(0, TERM_CHARACTERS_MAX).toWellFormed().replaceAll('\0', '');
  const cursor = query.get('cursor') ?? '';
  return {
    sort: parseSort(query.get('sort') ?? '') ?? DEFAULT_SORT,
    ...(term === '' ? {} : { term }),
    ...(cursor === '' ? {} : { cursor }),
  };
}

/** The part of a list that an address asks for. @param path of the list */
export async function readList(
  { database }: AdminContext,
  { query, user }: AdminRequest,
  label: string,
  path: string,
): Promise<ListState> {
  const asked = readListQuery(query);
  const listing = await listRows(database, { label, limit: LIST_ROWS, ...asked });
  return {
    ...listing,
    ...{ path, defaultSort: DEFAULT_SORT, lastPart: LAST_PART, sort: asked.sort, term: asked.term ?? '' },
    mayEdit: mayUse(user?.role ?? 'none', 'editor'),
  };
}
