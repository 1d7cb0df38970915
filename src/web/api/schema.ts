/** `GET /api/schema/`: the OpenAPI document as YAML or JSON, negotiated as drf-spectacular does. */
import { Elysia } from 'elysia';
import { type Body, createBody, renderJson, sendBody } from '../respond.ts';
import type { JsonObject } from './components.ts';
import { route } from './mount.ts';
import type { Renderer } from './negotiate.ts';
import { type ApiContext, admit } from './resource.ts';

const INDENT = 4;

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

const ABOUT = { name: 'Schema', description: 'The OpenAPI document.', renderers: RENDERERS };

/** The schema's routes. The document is built and rendered at its first request. */
export function schema(context: ApiContext, build: () => JsonObject): Elysia {
  let document: unknown;
  const bodies = new Map<string, Body>();

  function render(format: string, indent: number): Body {
    const key = `${format}:${indent}`;
    let body = bodies.get(key);
    if (body === undefined) {
      // Through JSON, because YAML would write parts that the document uses twice as anchors and aliases.
      document ??= JSON.parse(JSON.stringify(build()));
      body = createBody(format === 'yaml' ? Bun.YAML.stringify(document, null, 2) : renderJson(document, indent));
      bodies.set(key, body);
    }
    return body;
  }

  function serve(request: Request): Response {
    const admitted = admit(request, context, ABOUT);
    if (admitted instanceof Response) return admitted;
    const { renderer, indent } = admitted.choice;
    return sendBody(request, render(renderer.format, indent || INDENT), 200, {
      ...context.headers.resource(request),
      'Content-Type': renderer.contentType,
      'Content-Disposition': `inline; filename="ContentHub API.${renderer.format}"`,
    });
  }

  const app = new Elysia({ name: 'schema' });
  route(app, '/api/schema/', context, ({ request }) => serve(request));
  return app;
}
