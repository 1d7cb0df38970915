import { INTEGER_MAX } from '../../contents/content.ts';
import type { PageViews } from '../../impressions/gather.ts';
import type { Recorder } from '../../impressions/record.ts';
import type { PageDetail, PageReader } from '../../store/page_reader.ts';
import { DETAIL } from '../errors.ts';
import type { CachedPage, PageCache } from '../page_cache.ts';
import { pathOf, queryOf, type RequestOrigin } from '../request.ts';
import { type Body, createBody, escapeSeparatorsIn, renderJson } from '../respond.ts';
import { pageCount, pageLinks, readListRequest } from './pagination.ts';
import type { Query } from './query.ts';
import { type Answer, inJson, type Resource, type ResourceRequest } from './resource.ts';

/** What the pages' resources need of the program. */
export interface PagesContext {
  readonly pages: PageReader;
  readonly cache: Pick<PageCache, 'details' | 'lists'>;
  readonly recorder: Pick<Recorder, 'record'>;
  readonly origins: RequestOrigin;
  readonly pageSize: number;
  readonly pageSizeMax: number;
}

const NOT_FOUND: Answer = { status: 404, detail: DETAIL.notFound };
const NO_PAGE: Answer = { status: 404, detail: DETAIL.noPage };
const INVALID_PAGE: Answer = { status: 404, detail: DETAIL.invalidPage };
const DESCRIPTION = 'Pages and the contents they show.';
/** A longer address is answered, and its answer not kept. */
const KEPT_ADDRESS_CHARACTERS_MAX = 500;

/** `GET /api/v1/pages/` and `GET /api/v1/pages/{id}/`. */
export function pageResources(context: PagesContext): Resource[] {
  const { pages, cache, recorder } = context;
  async function load(id: number): Promise<CachedPage | undefined> {
    const page = await pages.find(id);
    return page && { body: createBody(escapeSeparatorsIn(page.json)), views: viewsOf(page) };
  }
  function answer(request: Request, page: CachedPage | undefined): Answer {
    if (page === undefined) return NO_PAGE;
    if (request.method === 'GET') recorder.record(page.views);
    return page;
  }
  function retrieve({ request, params }: ResourceRequest): Answer | Promise<Answer> {
    const id = params.id ?? '';
    if (!/^\d+$/.test(id)) return NOT_FOUND;
    // No larger id can exist, so none needs to be looked for.
    if (Number(id) > INTEGER_MAX) return NO_PAGE;
    const page = cache.details.find(Number(id), load);
    return page instanceof Promise ? page.then((loaded) => answer(request, loaded)) : answer(request, page);
  }

  return [
    { path: '/api/v1/pages/', about: inJson('Page List', DESCRIPTION), get: (request) => list(context, request) },
    { path: '/api/v1/pages/:id/', about: inJson('Page Instance', DESCRIPTION), get: retrieve },
  ];
}

function list(context: PagesContext, { request, query }: ResourceRequest): Answer | Promise<Answer> {
  const address = `${context.origins.baseUrl(request)}${pathOf(request.url)}`;
  const load = () => loadList(context, address, query);
  const key = `${address}?${queryOf(request.url)}`;
  const body = key.length > KEPT_ADDRESS_CHARACTERS_MAX ? load() : context.cache.lists.find(key, load);
  return body instanceof Promise ? body.then(listAnswer) : listAnswer(body);
}

const listAnswer = (body: Body | undefined): Answer => (body === undefined ? INVALID_PAGE : { body });

/** A page of the list with its links, or undefined when there are not that many. */
async function loadList(
  { pages, pageSize, pageSizeMax }: PagesContext,
  address: string,
  query: Query,
): Promise<Body | undefined> {
  const { page: wanted, size } = readListRequest(query, { standard: pageSize, max: pageSizeMax });
  if (wanted === 'invalid') return undefined;
  // The count comes with the rows; only `last` has to ask for it first.
  const page = wanted === 'last' ? pageCount(await pages.count(), size) : wanted;
  const { count, pages: results } = await pages.list((page - 1) * size, size);
  const last = pageCount(count, size);
  if (page > last) return undefined;
  return createBody(renderJson({ count, ...pageLinks(address, query, page, last), results }));
}

/** Each content of a page once, however often the page shows it. */
function viewsOf({ contents }: PageDetail): PageViews {
  const idsByLabel = new Map<string, Set<number>>();
  for (const { type, id } of contents) {
    const ids = idsByLabel.get(type.label) ?? new Set();
    idsByLabel.set(type.label, ids.add(id));
  }
  return [...idsByLabel].map(([label, ids]) => ({ label, ids: [...ids] }));
}
