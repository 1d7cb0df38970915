/**
 * What every address of the read API has in common, in Django REST Framework's order: an unknown `?format` is 404, an
 * `Accept` without JSON 406, a method other than GET, HEAD and OPTIONS 405; then the resource itself answers.
 */
import { Elysia } from 'elysia';
import { corsHeaders, variesByOrigin } from '../cors.ts';
import { DETAIL, describeFailure, RETRY_AFTER_SECONDS } from '../errors.ts';
import { pathOf, queryOf } from '../request.ts';
import { type Body, createBody, renderJson, SECURITY_HEADERS, sendBody } from '../respond.ts';
import { negotiate, type Renderer } from './negotiate.ts';
import { lastValue, parseQuery, type Query } from './query.ts';

/** A request that passed negotiation; `params` are the path's, percent-decoded. */
export interface ResourceRequest {
  readonly request: Request;
  readonly query: Query;
  readonly params: Readonly<Record<string, string>>;
}

/** What a resource answers: a value to render, a body rendered before (compact), or an error. */
export type Answer =
  | { readonly value: unknown }
  | { readonly body: Body; readonly value: () => unknown }
  | { readonly status: 404; readonly detail: string };

export interface Resource {
  /** Elysia's pattern, with the trailing slash. */
  readonly path: string;
  /** For OPTIONS. */
  readonly name: string;
  readonly description: string;
  /** Answers GET and HEAD; must count nothing for HEAD. */
  get(request: ResourceRequest): Answer | Promise<Answer>;
}

/** What the resources need of the program. */
export interface ApiContext {
  readonly corsAllowedOrigins: readonly string[];
  /** Logs an unexpected error under the request's id. */
  logFailure(request: Request, error: unknown): void;
}

const JSON_RENDERERS: readonly Renderer[] = [{ mediaType: 'application/json', format: 'json' }];
const PARSES = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'];

/** The headers of every answer under `/api/`. */
export function apiHeaders(request: Request, { corsAllowedOrigins }: ApiContext): Record<string, string> {
  return {
    'Content-Type': 'application/json',
    ...SECURITY_HEADERS,
    Vary: variesByOrigin(corsAllowedOrigins) ? 'Accept, origin' : 'Accept',
    ...corsHeaders(request, corsAllowedOrigins),
  };
}

/** An error as the API words it. */
export function sendDetail(
  request: Request,
  context: ApiContext,
  status: number,
  detail: string,
  options: { indent?: number; headers?: Record<string, string> } = {},
): Response {
  const headers = { ...apiHeaders(request, context), ...options.headers };
  if (status === 503) headers['Retry-After'] = String(RETRY_AFTER_SECONDS);
  return sendBody(request, createBody(renderJson({ detail }, options.indent)), status, headers);
}

const ALLOW = { Allow: 'GET, HEAD, OPTIONS' };

async function serve(resource: Resource, context: ApiContext, request: Request, params: Record<string, string>) {
  const query = parseQuery(queryOf(request));
  const choice = negotiate(JSON_RENDERERS, request.headers.get('accept'), lastValue(query, 'format'));
  if (choice === 'unknown format') return sendDetail(request, context, 404, DETAIL.notFound, { headers: ALLOW });
  if (choice === 'not acceptable') return sendDetail(request, context, 406, DETAIL.notAcceptable, { headers: ALLOW });
  const indent = choice.indent ?? 0;
  const send = (value: unknown) =>
    sendBody(request, createBody(renderJson(value, indent)), 200, { ...apiHeaders(request, context), ...ALLOW });

  if (request.method === 'OPTIONS') {
    const { name, description } = resource;
    return send({ name, description, renders: ['application/json'], parses: PARSES });
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return sendDetail(request, context, 405, DETAIL.method(request.method), { indent, headers: ALLOW });
  }
  const answer = await resource.get({ request, query, params });
  if ('detail' in answer) return sendDetail(request, context, answer.status, answer.detail, { indent, headers: ALLOW });
  if (!('body' in answer)) return send(answer.value);
  if (indent > 0) return send(answer.value());
  return sendBody(request, answer.body, 200, { ...apiHeaders(request, context), ...ALLOW });
}

/** Without the trailing slash: where the resource is. 308 keeps the method and body of unsafe methods. */
export function redirectToSlash(request: Request): Response {
  const query = queryOf(request);
  const status = ['GET', 'HEAD', 'OPTIONS'].includes(request.method) ? 301 : 308;
  const location = `${pathOf(request)}/${query === '' ? '' : `?${query}`}`;
  return new Response(null, { status, headers: { Location: location, 'Content-Length': '0', ...SECURITY_HEADERS } });
}

/** The routes of these resources. */
export function mountResources(resources: readonly Resource[], context: ApiContext): Elysia {
  const app = new Elysia({ name: 'api' });
  for (const resource of resources) {
    app.all(resource.path, async ({ request, params }) => {
      try {
        return await serve(resource, context, request, params);
      } catch (error) {
        const { status, detail } = describeFailure(error);
        context.logFailure(request, error);
        return sendDetail(request, context, status, detail, { headers: ALLOW });
      }
    });
    app.all(resource.path.slice(0, -1), ({ request }) => redirectToSlash(request));
  }
  return app;
}
