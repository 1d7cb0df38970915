/**
 * The web side in one function, Request → Response. Before the routes: the request's id, the `Host` check and the CORS
 * preflight; after them: what matched no route, and what went wrong.
 */
import type { Elysia } from 'elysia';
import type { Config } from '../config.ts';
import type { Database } from '../db/connection.ts';
import type { Pipeline } from '../impressions/pipeline.ts';
import type { Recorder } from '../impressions/record.ts';
import { createLogLimit, type Log } from '../log.ts';
import { readPages } from '../store/page_reader.ts';
import { isAdmin, loadAdminLater } from './admin/load.ts';
import { createDirectAddresses, type DirectAddress } from './api/direct.ts';
import { createApiHeaders } from './api/headers.ts';
import { healthResource } from './api/health.ts';
import { pageResources } from './api/pages.ts';
import { type ApiContext, sendDetail } from './api/resource.ts';
import { answerPreflight } from './cors.ts';
import type { SecretKeys } from './csrf.ts';
import { DETAIL, describeFailure } from './errors.ts';
import type { EventLoop } from './event_loop.ts';
import { type LazyApp, loadLater } from './lazy.ts';
import type { PageCache } from './page_cache.ts';
import type { PageCacheNotices } from './page_cache_notices.ts';
import type { Readiness, Roles } from './readiness.ts';
import { finalRequestId, type Listener, pathOf, queryOf, readOrigins } from './request.ts';
import { createRequestLog } from './request_log.ts';
import { createRequestDurations } from './requests.ts';
import { REQUEST_ID_HEADER } from './respond.ts';

/** What the web side needs of the program. */
export interface WebContext {
  readonly config: Config;
  readonly log: Log;
  readonly database: Database;
  readonly recorder: Recorder;
  readonly pipeline: Pipeline | undefined;
  readonly eventLoop: EventLoop;
  /** What the admin's forms are signed with; undefined where no pages are served. */
  readonly keys: SecretKeys | undefined;
  readonly cache: PageCache;
  /** Undefined where no other process can serve or edit the same pages. */
  readonly notices: Pick<PageCacheNotices, 'publish'> | undefined;
}

/** Probes and scrapers ask by address, whatever the name of the hub is. */
const NOT_HOST_CHECKED = new Set(['/health/', '/health', '/livez', '/readyz', '/metrics']);

const REFUSAL_LOG_INTERVAL_MS = 1000;
const LOGGED_HOST_CHARACTERS_MAX = 100;

/** What pages of other origins may read. */
const OPEN_TO_ORIGINS = /^\/(api|health)(\/|$)/;

/**
 * Builds the web application.
 * @param roles what runs in this process; one without pages answers probes and scrapers, and nothing else
 * @param listener the listening server, once there is one: it knows who is at the other end
 */
export function buildWeb(
  program: WebContext,
  readiness: Readiness,
  roles: Roles,
  listener: () => Listener | undefined,
): (request: Request) => Response | Promise<Response> {
  const { config, log, database, recorder, cache, notices } = program;
  // The server knows the peer of the request it received, not of a stand-in.
  const receivedAs = new WeakMap<Request, Request>();
  const addressOf = (request: Request) => listener()?.requestIP(receivedAs.get(request) ?? request)?.address;
  const origins = readOrigins(config, addressOf);
  const requests = createRequestDurations();
  const logRefusedHost = createRefusalLog(log);
  const polled = new Set<string>();
  const lines = createRequestLog(log, config.logLevel === 'debug', polled);
  const context: ApiContext = { headers: createApiHeaders(config.corsAllowedOrigins), logFailure: lines.fail };

  const own = {
    requests,
    eventLoop: program.eventLoop,
    cache: roles.hasPages ? cache : undefined,
    pending: () => listener()?.pendingRequests,
  };
  const pages = pageResources({ ...config, pages: readPages(database), cache, recorder, origins });
  const resources = [...(roles.hasPages ? pages : []), healthResource];
  const findDirect = createDirectAddresses(resources, context);
  const sendFailure = (request: Request, error: unknown): Response => {
    context.logFailure(request, error);
    const { status, detail } = describeFailure(error);
    return sendDetail(request, context, status, detail);
  };
  const handleErrors = (app: Elysia): void => {
    app.onError(async ({ code, error, request }) => {
      if (code !== 'NOT_FOUND') return sendFailure(request, error);
      const { sendNotFound } = await import('./not_found.ts');
      return sendNotFound(request, context, roles);
    });
  };
  const routes = loadLater(
    async () => {
      const [{ buildRoutes }, { createMetrics }] = await Promise.all([import('./routes.ts'), import('./metrics.ts')]);
      const render = createMetrics(program, roles, own);
      return buildRoutes({ ...program, context, resources, readiness, roles, addressOf, render, handleErrors });
    },
    resources.map(({ path }) => path),
  );
  const afterEdit = () => {
    cache.clear();
    notices?.publish();
  };
  const { keys } = program;
  const admin =
    roles.hasPages && keys !== undefined
      ? loadAdminLater(
          { ...program, keys, readiness, roles, origins, cache: { clear: afterEdit } },
          lines,
          polled,
          handleErrors,
        )
      : undefined;

  return (received) => {
    const began = performance.now();
    const direct = findDirect(received.url);
    const request = direct === undefined ? withRoutableUrl(received) : received;
    if (request !== received) receivedAs.set(request, received);
    const path = direct?.path ?? pathOf(request.url);
    const response = answer(request, path, direct);
    const end = (answered: Response) => finish(request, direct?.route ?? appOf(path).routeOf(path), answered, began);
    return response instanceof Promise ? response.then(end) : end(response);
  };

  function appOf(path: string): LazyApp {
    return admin !== undefined && isAdmin(path) ? admin : routes;
  }

  function finish(request: Request, route: string, response: Response, began: number): Response {
    const ms = performance.now() - began;
    requests.observe(route, response.status, ms / 1000);
    lines.end(request, route, response, ms);
    // The next request of this client or proxy goes to a process that stays.
    if (readiness.isStopping()) response.headers.set('Connection', 'close');
    return response;
  }

  function answer(request: Request, path: string, direct: DirectAddress | undefined): Response | Promise<Response> {
    if (!NOT_HOST_CHECKED.has(path) && !origins.isHostAllowed(request)) {
      logRefusedHost(origins.hostOf(request));
      return sendDetail(request, context, 400, DETAIL.invalidHost);
    }
    const mayBePreflight = request.method === 'OPTIONS' && OPEN_TO_ORIGINS.test(path);
    const preflight = mayBePreflight ? answerPreflight(request, config.corsAllowedOrigins) : undefined;
    if (preflight !== undefined) return named(request, preflight);
    return direct?.answer(request) ?? answerByRoutes(request, path);
  }

  async function answerByRoutes(request: Request, path: string): Promise<Response> {
    try {
      return named(request, await appOf(path).fetch(request));
    } catch (error) {
      return sendFailure(request, error);
    }
  }
}

/** Sets the id of a request on its answer. */
function named(request: Request, response: Response): Response {
  response.headers.set(REQUEST_ID_HEADER, finalRequestId(request));
  return response;
}

/** Logs hosts that were refused. Anybody can send any host, as often as they like: neither must fill the log. */
function createRefusalLog(log: Log): (host: string) => void {
  let refused = 0;
  const limit = createLogLimit(REFUSAL_LOG_INTERVAL_MS);
  return (host) => {
    refused += 1;
    if (!limit.allows()) return;
    log.warn('refused requests for hosts that are not in ALLOWED_HOSTS', {
      refused,
      last: host.slice(0, LOGGED_HOST_CHARACTERS_MAX),
    });
    refused = 0;
  };
}

/**
 * Elysia finds the path by skipping at least four characters of host, and Bun gives no absolute URL at all to a request
 * with a missing or malformed `Host`. Both get a stand-in; the real host is read from the header.
 */
function withRoutableUrl(request: Request): Request {
  const { url } = request;
  const isRoutable = url.startsWith('http') && url.indexOf('/', url.indexOf('://') + 3) >= 'http://host'.length;
  if (isRoutable) return request;
  const query = queryOf(request.url);
  return new Request(`http://localhost${pathOf(request.url)}${query === '' ? '' : `?${query}`}`, request);
}
