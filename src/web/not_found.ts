import { NotFoundPage } from '../../views/not_found.tsx';
import { type ApiContext, sendDetail } from './api/resource.ts';
import { DETAIL } from './errors.ts';
import { htmlResponse } from './html.ts';
import type { Roles } from './readiness.ts';
import { pathOf } from './request.ts';
import { sendPlain } from './respond.ts';
import { assetUrl } from './static.ts';

/** What no route matched: in the API's words, as a page, or as text where no pages are served. */
export async function sendNotFound(request: Request, context: ApiContext, { hasPages }: Roles): Promise<Response> {
  if (pathOf(request.url).startsWith('/api/')) return sendDetail(request, context, 404, DETAIL.notFound);
  if (!hasPages) return sendPlain(request, 404, 'not found\n');
  const page = await NotFoundPage({ assets: { style: assetUrl('app.css'), icon: assetUrl('icon.svg') } });
  return htmlResponse(request, page, undefined, 404);
}
