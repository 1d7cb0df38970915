import { INTEGER_MAX } from '../../contents/content.ts';
import type { PageViews } from '../../impressions/gather.ts';
import type { Recorder } from '../../impressions/record.ts';
import type { PageDetail, PageReader, PlacedContent } from '../../store/page_reader.ts';
import { DETAIL } from '../errors.ts';
import { createPageCache, type PageCache } from '../page_cache.ts';
import { pathOf, type RequestOrigin } from '../request.ts';
import { createBody, renderJson } from '../respond.ts';
import { pageCount, pageLinks, readListRequest } from './pagination.ts';
import type { Answer, Resource, ResourceRequest } from './resource.ts';

/** What the pages' resources need of the program. */
export interface PagesContext {
  readonly pages: PageReader;
  readonly cache: Pick<PageCache, 'find'>;
  readonly recorder: Pick<Recorder, 'record'>;
  readonly origins: RequestOrigin;
  readonly pageSize: number;
  readonly pageSizeMax: number;
}

const NOT_FOUND: Answer = { status: 404, detail: DETAIL.notFound };
const NO_PAGE: Answer = { status: 404, detail: DETAIL.noPage };
const INVALID_PAGE: Answer = { status: 404, detail: DETAIL.invalidPage };
const DESCRIPTION = 'Pages and the contents they show.';

/** The cache in front of the details of pages. @param ttlMs how old an answer may be; 0 keeps none */
export function createDetailCache(pages: PageReader, ttlMs: number): PageCache {
  return createPageCache(async (id) => {
    const page = await pages.find(id);
    return page && { body: createBody(renderJson(pageJson(page))), views: viewsOf(page) };
  }, ttlMs);
}

/** `GET /api/v1/pages/` and `GET /api/v1/pages/{id}/`. */
export function pageResources(context: PagesContext): Resource[] {
  async function retrieve({ request, params }: ResourceRequest): Promise<Answer> {
    const id = params.id ?? '';
    if (!/^\d+$/.test(id)) return NOT_FOUND;
    // No larger id can exist, so none needs to be looked for.
    const page = Number(id) <= INTEGER_MAX ? await context.cache.find(Number(id)) : undefined;
    if (page === undefined) return NO_PAGE;
    if (request.method === 'GET') context.recorder.record(page.views);
    return { body: page.body };
  }

  return [
    { path: '/api/v1/pages/', name: 'Page List', description: DESCRIPTION, get: (request) => list(context, request) },
    { path: '/api/v1/pages/:id/', name: 'Page Instance', description: DESCRIPTION, get: retrieve },
  ];
}

async function list(context: PagesContext, { request, query }: ResourceRequest): Promise<Answer> {
  const wanted = readListRequest(query, { standard: context.pageSize, max: context.pageSizeMax });
  if (wanted.page === 'invalid') return INVALID_PAGE;
  const { size } = wanted;
  // The count comes with the rows; only `last` has to ask for it first.
  const page = wanted.page === 'last' ? pageCount((await context.pages.list(0, 0)).count, size) : wanted.page;
  const { count, pages: results } = await context.pages.list((page - 1) * size, size);
  const pages = pageCount(count, size);
  if (page > pages) return INVALID_PAGE;
  const address = `${context.origins.baseUrl(request)}${pathOf(request)}`;
  return { value: { count, ...pageLinks(address, query, page, pages), results } };
}

function pageJson({ id, title, url, contents }: PageDetail): object {
  return { id, title, url, contents: contents.map(contentJson) };
}

function contentJson({ type, id, title, counter, values }: PlacedContent): object {
  const json: Record<string, string | number> = { id, type: type.type, title, counter };
  for (const [index, [name, field]] of Object.entries(type.fields).entries()) {
    json[name] = field.toJson(values[index] ?? field.initial);
  }
  return json;
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
