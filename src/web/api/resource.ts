/**
 * What every address of the read API has in common, in Django REST Framework's order: an unknown `?format` is 404, an
 * `Accept` without JSON 406, a method other than GET, HEAD and OPTIONS 405; then the resource itself answers.
 */
import { Elysia } from 'elysia';
import { corsHeaders, variesByOrigin } from '../cors.ts';
import { DETAIL, describeFailure, RETRY_AFTER_SECONDS } from '../errors.ts';
import { pathOf, queryOf } from '../request.ts';
import { type Body, createBody, renderJson, SECURITY_HEADERS, sendBody } from '../respond.ts';
import { type Choice, negotiate, type Renderer } from './negotiate.ts';
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
  | { readonly body: Body }
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
export const ALLOW = { Allow: 'GET, HEAD, OPTIONS' };
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

/** What a request is admitted with. */
export interface Admitted<R extends Renderer> {
  readonly choice: Choice<R>;
  readonly query: Query;
}

/** Negotiates and checks the method: a GET or HEAD to be answered, or what refuses the request or tells its options. */
export function admit<R extends Renderer>(
  request: Request,
  context: ApiContext,
  { name, description, renderers }: { name: string; description: string; renderers: readonly R[] },
): Admitted<R> | Response {
  const query = parseQuery(queryOf(request));
  const choice = negotiate(renderers, request.headers.get('accept'), lastValue(query, 'format'));
  if (choice === 'unknown format') return sendDetail(request, context, 404, DETAIL.notFound, { headers: ALLOW });
  if (choice === 'not acceptable') return sendDetail(request, context, 406, DETAIL.notAcceptable, { headers: ALLOW });
  if (request.method === 'GET' || request.method === 'HEAD') return { choice, query };
  const indent = choice.indent ?? 0;
  if (request.method !== 'OPTIONS') {
    return sendDetail(request, context, 405, DETAIL.method(request.method), { indent, headers: ALLOW });
  }
  const options = { name, description, renders: renderers.map((renderer) => renderer.mediaType), parses: PARSES };
  return sendBody(request, createBody(renderJson(options, indent)), 200, { ...apiHeaders(request, context), ...ALLOW });
}

async function serve(resource: Resource, context: ApiContext, request: Request, params: Record<string, string>) {
  const { name, description } = resource;
  const admitted = admit(request, context, { name, description, renderers: JSON_RENDERERS });
  if (admitted instanceof Response) return admitted;
  const indent = admitted.choice.indent ?? 0;
  const answer = await resource.get({ request, query: admitted.query, params });
  if ('detail' in answer) return sendDetail(request, context, answer.status, answer.detail, { indent, headers: ALLOW });
  const body = 'body' in answer && indent === 0 ? answer.body : createBody(renderJson(toValue(answer), indent));
  return sendBody(request, body, 200, { ...apiHeaders(request, context), ...ALLOW });
}

function toValue(answer: Exclude<Answer, { detail: string }>): unknown {
  return 'body' in answer ? JSON.parse(answer.body.text) : answer.value;
}

/**
 * Without the trailing slash: where the resource is. 308 keeps the method and body of unsafe methods. The headers are
 * the API's own, because a browser follows a redirect to another origin only when it allows that too.
 */
export function redirectToSlash(request: Request, context: ApiContext): Response {
  const query = queryOf(request);
  const status = ['GET', 'HEAD', 'OPTIONS'].includes(request.method) ? 301 : 308;
  const location = `${pathOf(request)}/${query === '' ? '' : `?${query}`}`;
  const headers = {
    ...apiHeaders(request, context),
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
    route(app, resource.path, context, async ({ request, params }) => {
      try {
        return await serve(resource, context, request, params);
      } catch (error) {
        const { status, detail } = describeFailure(error);
        context.logFailure(request, error);
        return sendDetail(request, context, status, detail, { headers: ALLOW });
      }
    });
  }
  return app;
}
