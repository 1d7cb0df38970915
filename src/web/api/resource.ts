/**
 * What every address of the read API has in common, in Django REST Framework's order: an unknown `?format` is 404, an
 * `Accept` without JSON 406, a method other than GET, HEAD and OPTIONS 405; then the resource itself answers.
 */
import { DETAIL, describeFailure, RETRY_AFTER_SECONDS } from '../errors.ts';
import { queryOf } from '../request.ts';
import { type Body, createBody, renderJson, sendBody } from '../respond.ts';
import { ALLOW, type ApiHeaders } from './headers.ts';
import { type Choice, negotiate, type Renderer } from './negotiate.ts';
import { lastValue, parseQuery, type Query } from './query.ts';

/** A request that passed negotiation; `params` are the path's, percent-decoded. */
export interface ResourceRequest {
  readonly request: Request;
  readonly query: Query;
  readonly params: Readonly<Record<string, string>>;
}

/** What a resource answers: a body of compact JSON, or an error. */
export type Answer = { readonly body: Body } | { readonly status: 404; readonly detail: string };

/** What OPTIONS tells, and what is negotiated about. */
interface About {
  readonly name: string;
  readonly description: string;
  readonly renderers: readonly Renderer[];
}

export interface Resource {
  /** Elysia's pattern, with the trailing slash. */
  readonly path: string;
  readonly about: About;
  /** Answers GET and HEAD; must count nothing for HEAD. */
  get(request: ResourceRequest): Answer | Promise<Answer>;
}

/** What the resources need of the program. */
export interface ApiContext {
  readonly headers: ApiHeaders;
  /** Logs an unexpected error under the request's id. */
  logFailure(request: Request, error: unknown): void;
}

const JSON_RENDERERS: readonly Renderer[] = [{ mediaType: 'application/json', format: 'json' }];
/** A resource that answers JSON. */
export const inJson = (name: string, description: string): About => ({ name, description, renderers: JSON_RENDERERS });

const PARSES = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'];

/** An error as the API words it. */
export function sendDetail(
  request: Request,
  context: ApiContext,
  status: number,
  detail: string,
  options: { indent?: number; headers?: Record<string, string> } = {},
): Response {
  const headers: Record<string, string> = { ...context.headers.common(request), ...options.headers };
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
  { name, description, renderers }: About & { readonly renderers: readonly R[] },
  query = parseQuery(queryOf(request.url)),
): Admitted<R> | Response {
  const choice = negotiate(renderers, request.headers.get('accept'), lastValue(query, 'format'));
  if (choice === 'unknown format') return sendDetail(request, context, 404, DETAIL.notFound, { headers: ALLOW });
  if (choice === 'not acceptable') return sendDetail(request, context, 406, DETAIL.notAcceptable, { headers: ALLOW });
  if (request.method === 'GET' || request.method === 'HEAD') return { choice, query };
  const indent = choice.indent ?? 0;
  if (request.method !== 'OPTIONS') {
    return sendDetail(request, context, 405, DETAIL.method(request.method), { indent, headers: ALLOW });
  }
  const options = { name, description, renders: renderers.map((renderer) => renderer.mediaType), parses: PARSES };
  return sendBody(request, createBody(renderJson(options, indent)), 200, context.headers.resource(request));
}

/** Answers at once where the resource does: a promise costs more than all else there is to do. */
function serve(
  resource: Resource,
  context: ApiContext,
  request: Request,
  { params, query }: Asked,
): Response | Promise<Response> {
  const admitted = admit(request, context, resource.about, query);
  if (admitted instanceof Response) return admitted;
  const indent = admitted.choice.indent ?? 0;
  const answer = resource.get({ request, query: admitted.query, params });
  if (answer instanceof Promise) return answer.then((awaited) => send(request, context, awaited, indent));
  return send(request, context, answer, indent);
}

function send(request: Request, context: ApiContext, answer: Answer, indent: number): Response {
  if ('detail' in answer) return sendDetail(request, context, answer.status, answer.detail, { indent, headers: ALLOW });
  const body = indent === 0 ? answer.body : indented(answer.body, indent);
  return sendBody(request, body, 200, context.headers.resource(request));
}

function indented(body: Body, indent: number): Body {
  return createBody(renderJson(JSON.parse(new TextDecoder().decode(body.bytes)), indent));
}

/** What an address asks a resource for. */
export type Asked = Pick<ResourceRequest, 'params' | 'query'>;

/** Answers requests for one resource. */
export type Handle = (request: Request, asked: Asked) => Response | Promise<Response>;

/** Answers requests for a resource, and what goes wrong. */
export function createHandle(resource: Resource, context: ApiContext): Handle {
  return (request, asked) => {
    try {
      const response = serve(resource, context, request, asked);
      if (response instanceof Promise) return response.catch((error) => sendFailure(request, context, error));
      return response;
    } catch (error) {
      return sendFailure(request, context, error);
    }
  };
}

function sendFailure(request: Request, context: ApiContext, error: unknown): Response {
  const { status, detail } = describeFailure(error);
  context.logFailure(request, error);
  return sendDetail(request, context, status, detail, { headers: ALLOW });
}
