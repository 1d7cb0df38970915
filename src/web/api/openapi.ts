/** The OpenAPI 3.0.3 document of exactly what is served. */
import { contentTypes } from '../../contents/index.ts';
import { DETAIL } from '../errors.ts';
import { buildComponents, type JsonObject, reference } from './components.ts';

interface DocumentOptions {
  readonly version: string;
  readonly pageSize: number;
  readonly pageSizeMax: number;
  readonly pageCacheMs: number;
}

const json = (description: string, component: string, examples?: JsonObject): JsonObject => ({
  description,
  content: { 'application/json': { schema: reference(component), ...(examples && { examples }) } },
});

const format = {
  name: 'format',
  in: 'query',
  description: 'The format of the answer; JSON is the only one.',
  schema: { type: 'string', enum: ['json'] },
};

const unavailable = {
  ...json('The database is away.', 'Unavailable'),
  headers: { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', example: 5 } } },
};

const errors = (notFound: string, details: Readonly<Record<string, string>>): JsonObject => ({
  '404': json(
    notFound,
    'NotFound',
    Object.fromEntries(Object.entries(details).map(([name, detail]) => [name, { value: { detail } }])),
  ),
  '406': json('`Accept` allows no JSON.', 'NotAcceptable'),
  '500': json('An error of the server.', 'ServerError'),
  '503': unavailable,
});

function listOperation({ pageSize, pageSizeMax }: DocumentOptions): JsonObject {
  return {
    operationId: 'pages_list',
    tags: ['pages'],
    summary: 'List pages',
    description: 'All pages by id, a few at a time. Unknown parameters are ignored and kept in the links.',
    security: [],
    parameters: [
      {
        name: 'page',
        in: 'query',
        description: 'The number of the list page, from 1, or `last`.',
        schema: {
          oneOf: [
            { type: 'integer', minimum: 1 },
            { type: 'string', enum: ['last'] },
          ],
        },
        example: 1,
      },
      {
        name: 'page_size',
        in: 'query',
        description: `Pages in one answer; at most ${pageSizeMax}, more is answered as ${pageSizeMax}.`,
        schema: { type: 'integer', minimum: 1, default: pageSize },
      },
      format,
    ],
    responses: {
      '200': json('One page of the list.', 'PaginatedPageList'),
      ...errors('There is no such page of the list.', { invalid_page: DETAIL.invalidPage }),
    },
  };
}

function retrieveOperation(): JsonObject {
  const example = {
    id: 1,
    title: 'Open movies',
    url: 'https://studio.blender.org/films/',
    contents: contentTypes.map((type, index) => ({
      id: index + 1,
      type: type.type,
      title: 'Big Buck Bunny',
      counter: 1204,
      ...Object.fromEntries(Object.entries(type.fields).map(([name, field]) => [name, field.openapi.example])),
    })),
  };
  return {
    operationId: 'pages_retrieve',
    tags: ['pages'],
    summary: 'Get a page with its contents',
    description:
      'Each answer counts one view of each distinct content on the page, a moment later. HEAD counts nothing.',
    security: [],
    parameters: [
      {
        name: 'id',
        in: 'path',
        required: true,
        description: 'The id of the page.',
        schema: { type: 'integer', format: 'int64', minimum: 1 },
        example: 1,
      },
      format,
    ],
    responses: {
      '200': json('The page.', 'PageDetail', { page: { value: example } }),
      ...errors('There is no such page.', { no_page: DETAIL.noPage, not_an_id: DETAIL.notFound }),
    },
  };
}

function healthOperation(): JsonObject {
  return {
    operationId: 'health_retrieve',
    tags: ['health'],
    summary: 'Ask whether the process serves',
    description: 'Answered without the database, whenever the process serves.',
    security: [],
    parameters: [format],
    responses: {
      '200': json('The process serves.', 'Health'),
      '404': json('Unknown format.', 'NotFound'),
      '406': json('`Accept` allows no JSON.', 'NotAcceptable'),
    },
  };
}

/** Builds the document. Its components follow the registry of content types. */
export function buildOpenApi(options: DocumentOptions): JsonObject {
  return {
    openapi: '3.0.3',
    info: {
      title: 'ContentHub API',
      version: options.version,
      description: 'Pages made of typed contents, for reading.',
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    servers: [{ url: '/', description: 'This hub' }],
    tags: [
      { name: 'pages', description: 'Pages and what they show.' },
      { name: 'health', description: 'The state of the service.' },
    ],
    paths: {
      '/api/v1/pages/': { get: listOperation(options) },
      '/api/v1/pages/{id}/': { get: retrieveOperation() },
      '/health/': { get: healthOperation() },
    },
    components: { schemas: buildComponents(options.pageCacheMs) },
  };
}
