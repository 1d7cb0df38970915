import { parseDecimal } from './negotiate.ts';
import { lastValue, type Query, writeQuery } from './query.ts';

/** Which rows a list request asks for. `last` cannot be placed before the count is known. */
export interface ListRequest {
  readonly page: number | 'last' | 'invalid';
  readonly size: number;
}

/** Reads `page` and `page_size`; what cannot be a size silently means the default, what cannot be a page is invalid. */
export function readListRequest(query: Query, sizes: { readonly standard: number; readonly max: number }): ListRequest {
  const wanted = parseDecimal(lastValue(query, 'page_size') ?? '');
  const size = wanted !== undefined && wanted > 0 ? Math.min(wanted, sizes.max) : sizes.standard;
  const text = lastValue(query, 'page');
  if (text === undefined || text === '') return { page: 1, size };
  if (text === 'last') return { page: 'last', size };
  const page = parseDecimal(text);
  if (page === undefined || page < 1 || !Number.isSafeInteger(page * size)) return { page: 'invalid', size };
  return { page, size };
}

/** The number of pages; an empty set has one, empty. */
export function pageCount(count: number, size: number): number {
  return Math.max(1, Math.ceil(count / size));
}

/** The links beside a list page. `previous` leading to the first page names no page. */
export function pageLinks(
  address: string,
  query: Query,
  page: number,
  pages: number,
): { next: string | null; previous: string | null } {
  const link = (target: number): string => {
    const text = writeQuery(query, 'page', target === 1 ? undefined : String(target));
    return text === '' ? address : `${address}?${text}`;
  };
  return { next: page < pages ? link(page + 1) : null, previous: page > 1 ? link(page - 1) : null };
}
