import { Elysia } from 'elysia';
import { RedocPage, SwaggerUiPage } from '../../views/docs.tsx';
import { contentSecurityPolicy, htmlResponse } from './html.ts';
import { assetUrl } from './static.ts';

const SCHEMA_URL = '/api/schema/?format=json';

/** Swagger UI sets its styles through the CSSOM, which no policy restricts; its icons are `data:` images in its stylesheet. */
const SWAGGER_CSP = contentSecurityPolicy({ 'img-src': "'self' data:" });

/**
 * ReDoc adds two `style` elements of fixed content, which are named by their hashes: an empty one, filled by
 * styled-components through the CSSOM, and the scroll bar's stylesheet. Its search index lives in a worker made from a
 * `blob:`, and its link icons are `data:` images. The hashes are those of the pinned version.
 */
const REDOC_CSP = contentSecurityPolicy({
  'style-src': [
    "'self'",
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",
  ].join(' '),
  'img-src': "'self' data:",
  'worker-src': 'blob:',
});

/**
 * GET and HEAD `/api/docs/` (Swagger UI) and `/api/redoc/` (ReDoc): text/html made wholly from embedded files. No script
 * of theirs is inline or evaluated, and nothing they do leaves this origin.
 */
export const docs = new Elysia({ name: 'docs' })
  .get('/api/docs/', swaggerUi)
  .head('/api/docs/', swaggerUi)
  .get('/api/redoc/', redoc)
  .head('/api/redoc/', redoc);

async function swaggerUi({ request }: { request: Request }): Promise<Response> {
  const page = await SwaggerUiPage({
    schemaUrl: SCHEMA_URL,
    assets: {
      style: assetUrl('app.css'),
      swaggerStyle: assetUrl('swagger-ui.css'),
      swaggerBundle: assetUrl('swagger-ui-bundle.js'),
      start: assetUrl('swagger.js'),
      icon: assetUrl('icon.svg'),
    },
  });
  return htmlResponse(request, page, SWAGGER_CSP);
}

async function redoc({ request }: { request: Request }): Promise<Response> {
  const page = await RedocPage({
    schemaUrl: SCHEMA_URL,
    assets: {
      style: assetUrl('app.css'),
      redocBundle: assetUrl('redoc.standalone.js'),
      start: assetUrl('redoc.js'),
      icon: assetUrl('icon.svg'),
    },
  });
  return htmlResponse(request, page, REDOC_CSP);
}
