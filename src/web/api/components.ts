/** The components of the OpenAPI document: the shapes the API answers, those of contents from the registry. */
import { type ContentType, INTEGER_MAX } from '../../contents/content.ts';
import { contentTypes } from '../../contents/index.ts';
import { pageFields, titleField } from '../../contents/page.ts';
import { DETAIL } from '../errors.ts';

/** Any JSON object of an OpenAPI 3.0 document. */
export type JsonObject = { readonly [name: string]: unknown };

export const reference = (component: string): JsonObject => ({ $ref: `#/components/schemas/${component}` });

const ID = { type: 'integer', format: 'int64', minimum: 1, maximum: INTEGER_MAX, readOnly: true, example: 1 };

const counter = (pageCacheMs: number): JsonObject => ({
  type: 'integer',
  format: 'int64',
  minimum: 0,
  maximum: INTEGER_MAX,
  readOnly: true,
  description:
    'How often this content was seen: each opening of a page counts once for each distinct content on it. ' +
    `May be up to ${(pageCacheMs + 1000) / 1000} s old.`,
  example: 1204,
});

function contentSchema(type: ContentType, pageCacheMs: number): JsonObject {
  const own = Object.fromEntries(Object.entries(type.fields).map(([name, field]) => [name, field.openapi]));
  return {
    type: 'object',
    description: `A content of type ${type.name}.`,
    properties: {
      id: { ...ID, description: `The id among the contents of type ${type.name}.` },
      type: { type: 'string', enum: [type.type], description: 'Always the same; tells the types of contents apart.' },
      title: titleField.openapi,
      counter: counter(pageCacheMs),
      ...own,
    },
    required: ['id', 'type', 'title', 'counter', ...Object.keys(own)],
  };
}

const pageProperties = {
  id: { ...ID, description: 'The page’s id.' },
  title: pageFields.title.openapi,
  url: pageFields.url.openapi,
};

const link = (description: string, page: number): JsonObject => ({
  type: 'string',
  format: 'uri',
  nullable: true,
  description,
  example: `http://127.0.0.1:8000/api/v1/pages/?page=${page}`,
});

const detail = (description: string, example: string): JsonObject => ({
  type: 'object',
  description,
  properties: { detail: { type: 'string', description: 'What went wrong.', example } },
  required: ['detail'],
});

/** All components, by name. */
export function buildComponents(pageCacheMs: number): JsonObject {
  const mapping = Object.fromEntries(contentTypes.map((type) => [type.type, `#/components/schemas/${type.component}`]));
  return {
    Page: {
      type: 'object',
      description: 'A page in a list.',
      properties: pageProperties,
      required: ['id', 'title', 'url'],
    },
    PageDetail: {
      type: 'object',
      description: 'A page with what it shows.',
      properties: {
        ...pageProperties,
        contents: {
          type: 'array',
          description: 'The contents in their order on the page; one shown twice stands here twice.',
          items: reference('Content'),
        },
      },
      required: ['id', 'title', 'url', 'contents'],
    },
    PaginatedPageList: {
      type: 'object',
      description: 'One page of a list.',
      properties: {
        count: { type: 'integer', description: 'All pages there are.', example: 26 },
        next: link('The next page of the list, or null.', 3),
        previous: link('The page before, or null.', 1),
        results: { type: 'array', description: 'The pages, by id.', items: reference('Page') },
      },
      required: ['count', 'results'],
    },
    Content: {
      description: 'A content of one of the types of this hub.',
      oneOf: contentTypes.map((type) => reference(type.component)),
      discriminator: { propertyName: 'type', mapping },
    },
    ...Object.fromEntries(contentTypes.map((type) => [type.component, contentSchema(type, pageCacheMs)])),
    Health: {
      type: 'object',
      description: 'The state of the process.',
      properties: { status: { type: 'string', enum: ['ok'], description: 'Always ok: otherwise there is no answer.' } },
      required: ['status'],
    },
    NotFound: detail('There is nothing at this address.', DETAIL.notFound),
    NotAcceptable: detail('No media type in Accept can be answered.', DETAIL.notAcceptable),
    ServerError: detail('An error of the server; X-Request-ID names it in the log.', DETAIL.serverError),
    Unavailable: detail('The database is away; Retry-After says when to try again.', DETAIL.unavailable),
  };
}
