/** The table of everything but the admin: the API with its documentation, probes, metrics, static files, the first page. */
import { Elysia } from 'elysia';
import type { Config } from '../config.ts';
import type { Database } from '../db/connection.ts';
import { VERSION } from '../version.ts';
import { metrics } from './api/metrics.ts';
import { mountResources, redirectToSlash } from './api/mount.ts';
import { buildOpenApi } from './api/openapi.ts';
import { probes } from './api/probes.ts';
import type { ApiContext, Resource } from './api/resource.ts';
import { schema } from './api/schema.ts';
import { docs } from './docs.ts';
import { home } from './home.ts';
import type { RenderMetrics } from './metrics.ts';
import type { Readiness, Roles } from './readiness.ts';
import { staticFiles } from './static.ts';

/** What the routes need of the web side. */
export interface RoutesContext {
  readonly config: Config;
  readonly database: Database;
  readonly context: ApiContext;
  readonly resources: readonly Resource[];
  readonly readiness: Readiness;
  readonly roles: Roles;
  readonly render: RenderMetrics;
  addressOf(request: Request): string | undefined;
  /** Makes an application answer errors as the rest of the program does. */
  handleErrors(app: Elysia): void;
}

/** Builds the routes; of a process without pages, those for probes and scrapers. */
export function buildRoutes(web: RoutesContext): Elysia {
  const { config, context, addressOf } = web;
  const app = new Elysia({ strictPath: true });
  web.handleErrors(app);
  app
    .use(mountResources(web.resources, context))
    .use(probes(web.readiness))
    .use(metrics(web.render, { ...config, addressOf }));
  if (web.roles.hasPages) {
    app
      .use(schema(context, () => buildOpenApi({ ...config, version: VERSION })))
      .use(docs)
      .all('/api/docs', ({ request }) => redirectToSlash(request, context))
      .all('/api/redoc', ({ request }) => redirectToSlash(request, context))
      .use(staticFiles)
      .use(home(web.database));
  }
  return app;
}
