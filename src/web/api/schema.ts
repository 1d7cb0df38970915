/** `GET /api/schema/`: the OpenAPI document as YAML or JSON, negotiated as drf-spectacular does. */
import { Elysia } from 'elysia';
import { DETAIL } from '../errors.ts';
import { queryOf } from '../request.ts';
import { type Body, createBody, renderJson, sendBody } from '../respond.ts';
import type { JsonObject } from './components.ts';
import { negotiate, type Renderer } from './negotiate.ts';
import { lastValue, parseQuery } from './query.ts';
import { type ApiContext, apiHeaders, redirectToSlash, sendDetail } from './resource.ts';

const INDENT = 4;
const ALLOW = { Allow: 'GET, HEAD, OPTIONS' };

const RENDERERS: readonly (Renderer & { readonly contentType: string })[] = [
  {
    mediaType: 'application/vnd.oai.openapi',
    format: 'yaml',
    contentType: 'application/vnd.oai.openapi; charset=utf-8',
  },
  { mediaType: 'application/yaml', format: 'yaml', contentType: 'application/yaml; charset=utf-8' },
  { mediaType: 'application/vnd.oai.openapi+json', format: 'json', contentType: 'application/vnd.oai.openapi+json' },
  { mediaType: 'application/json', format: 'json', contentType: 'application/json' },
];

/** The schema's routes. The document is built and rendered at its first request. */
export function schema(context: ApiContext, build: () => JsonObject): Elysia {
  let document: JsonObject | undefined;
  const bodies = new Map<string, Body>();

  function render(format: string, indent: number): Body {
    const key = `${format}:${indent}`;
    let body = bodies.get(key);
    if (body === undefined) {
      document ??= build();
      body = createBody(format === 'yaml' ? Bun.YAML.stringify(document, null, 2) : renderJson(document, indent));
      bodies.set(key, body);
    }
    return body;
  }

  function serve(request: Request): Response {
    const query = parseQuery(queryOf(request));
    const choice = negotiate(RENDERERS, request.headers.get('accept'), lastValue(query, 'format'));
    if (choice === 'unknown format') return sendDetail(request, context, 404, DETAIL.notFound, { headers: ALLOW });
    if (choice === 'not acceptable') return sendDetail(request, context, 406, DETAIL.notAcceptable, { headers: ALLOW });
    if (request.method === 'OPTIONS') {
      const value = {
        name: 'Schema',
        description: 'The OpenAPI document.',
        renders: RENDERERS.map((r) => r.mediaType),
        parses: [],
      };
      return sendBody(request, createBody(renderJson(value)), 200, { ...apiHeaders(request, context), ...ALLOW });
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return sendDetail(request, context, 405, DETAIL.method(request.method), { headers: ALLOW });
    }
    const { renderer, indent } = choice;
    return sendBody(request, render(renderer.format, indent || INDENT), 200, {
      ...apiHeaders(request, context),
      ...ALLOW,
      'Content-Type': renderer.contentType,
      'Content-Disposition': `inline; filename="ContentHub API.${renderer.format}"`,
    });
  }

  const app = new Elysia({ name: 'schema' });
  app.all('/api/schema/', ({ request }) => serve(request));
  app.all('/api/schema', ({ request }) => redirectToSlash(request));
  return app;
}
