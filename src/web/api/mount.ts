/** Resources as routes of Elysia. */
import { Elysia } from 'elysia';
import { pathOf, queryOf } from '../request.ts';
import { parseQuery } from './query.ts';
import { type ApiContext, createHandle, type Resource } from './resource.ts';

/**
 * Without the trailing slash: where the resource is. 308 keeps the method and body of unsafe methods. The headers are
 * the API's own, because a browser follows a redirect to another origin only when it allows that too.
 */
export function redirectToSlash(request: Request, context: ApiContext): Response {
  const query = queryOf(request.url);
  const status = ['GET', 'HEAD', 'OPTIONS'].includes(request.method) ? 301 : 308;
  const location = `${pathOf(request.url)}/${query === '' ? '' : `?${query}`}`;
  const headers = {
    ...context.headers.common(request),
    'Content-Type': 'text/html; charset=utf-8',
    Location: location,
    'Content-Length': '0',
  };
  return new Response(null, { status, headers });
}

type Handler = (context: { request: Request; params: Record<string, string> }) => Response | Promise<Response>;

/**
 * Routes every method of an address with a trailing slash to `handler`, and the address without it to a redirect. HEAD
 * is named beside the rest, because Elysia's own HEAD sets `Content-Length` to the length of the body left out: 0.
 */
export function route(app: Elysia, path: string, context: ApiContext, handler: Handler): void {
  app.all(path, handler).head(path, handler);
  app.all(path.slice(0, -1), ({ request }) => redirectToSlash(request, context));
}

/** The routes of these resources. */
export function mountResources(resources: readonly Resource[], context: ApiContext): Elysia {
  const app = new Elysia({ name: 'api' });
  for (const resource of resources) {
    const handle = createHandle(resource, context);
    route(app, resource.path, context, ({ request, params }) =>
      handle(request, { params, query: parseQuery(queryOf(request.url)) }),
    );
  }
  return app;
}
