import { describe, expect, test } from 'bun:test';
import { contentTypes } from '../../src/contents/index.ts';
import type { OpenApiDocument } from '../help/openapi.ts';
import { expectDescribed } from '../help/openapi.ts';
import { DUMP, type HubUnderTest, onEveryTarget } from './each_target.ts';
import rows from './recorded/schema_negotiation.json' with { type: 'json' };

const PAGES = '/api/v1/pages/';
const PAGE = '/api/v1/pages/{id}/';

async function read(under: HubUnderTest): Promise<OpenApiDocument> {
  return JSON.parse((await under.raw('GET', '/api/schema/?format=json')).body);
}

onEveryTarget(
  (under) => {
    test.each(rows.map((row) => [row[0], row[1], row] as const))(
      '%j with Accept %j is as in Django',
      async (query, accept, row) => {
        const [, , status, contentType, indent] = row;
        const answer = await under.raw(
          'GET',
          `/api/schema/${query}`,
          accept === null ? {} : { Accept: String(accept) },
        );
        expect(answer.status).toBe(Number(status));
        if (answer.status !== 200) {
          expect(answer.headers.get('content-type')).toBe('application/json');
          expect(Object.keys(JSON.parse(answer.body))).toEqual(['detail']);
          return;
        }
        expect(answer.headers.get('content-type')).toBe(String(contentType));
        const extension = Number(indent) > 0 ? 'json' : 'yaml';
        expect(answer.headers.get('content-disposition')).toBe(`inline; filename="ContentHub API.${extension}"`);
        if (extension === 'json')
          expect(answer.body).toBe(JSON.stringify(JSON.parse(answer.body), null, Number(indent)));
        else expect(answer.body).toStartWith('openapi: 3.0.3\n');
      },
    );

    test('YAML and JSON are the same document, without anchors', async () => {
      const yaml = (await under.raw('GET', '/api/schema/')).body;
      expect(Bun.YAML.parse(yaml)).toEqual(await read(under));
      expect(yaml).not.toMatch(/^\s*(- )?[&*]/m);
    });

    test('names its operations, components and required fields as clients know them', async () => {
      const document = await read(under);
      expect(document.openapi).toBe('3.0.3');
      const operations = Object.entries(document.paths).map(([path, { get }]) => [path, get.operationId]);
      expect(operations).toEqual([
        [PAGES, 'pages_list'],
        [PAGE, 'pages_retrieve'],
        ['/health/', 'health_retrieve'],
      ]);
      const { Page, PageDetail, PaginatedPageList, Content } = document.components.schemas;
      expect(Object.keys(Page?.properties ?? {})).toEqual(['id', 'title', 'url']);
      expect(Object.keys(PageDetail?.properties ?? {})).toEqual(['id', 'title', 'url', 'contents']);
      expect(PaginatedPageList?.required).toEqual(['count', 'results']);
      expect(Content?.discriminator).toEqual({
        propertyName: 'type',
        mapping: { video: '#/components/schemas/VideoContent', audio: '#/components/schemas/AudioContent' },
      });
    });

    test('has a component for each registered content type, with the type’s own fields', async () => {
      const { schemas } = (await read(under)).components;
      expect(schemas.Content?.oneOf).toEqual(
        contentTypes.map((type) => ({ $ref: `#/components/schemas/${type.component}` })),
      );
      for (const type of contentTypes) {
        expect(schemas[type.component]?.properties?.type?.enum).toEqual([type.type]);
        expect(Object.keys(schemas[type.component]?.properties ?? {})).toEqual([
          'id',
          'type',
          'title',
          'counter',
          ...Object.keys(type.fields),
        ]);
      }
    });

    test('says how old a counter may be', async () => {
      const counter = (await read(under)).components.schemas.VideoContent?.properties?.counter;
      expect(JSON.stringify(counter)).toContain('2 s old');
    });

    test('describes every parameter and documents every error with a body', async () => {
      for (const { get } of Object.values((await read(under)).paths)) {
        for (const parameter of get.parameters) expect(parameter.description).not.toBe('');
        for (const response of Object.values(get.responses))
          expect(response.content).toHaveProperty('application/json');
        expect(Object.keys(get.responses)).toContain('406');
      }
    });

    describe('every answer is as described:', () => {
      test.each([
        [PAGES, '', 200],
        [PAGES, '?page=2', 200],
        [PAGES, '?page=last', 200],
        [PAGES, '?page_size=100', 200],
        [PAGES, '?page=99', 404],
        [PAGES, '?format=xml', 404],
        [PAGE, '999/', 404],
        [PAGE, 'abc/', 404],
        ['/health/', '', 200],
        ['/health/', '?format=xml', 404],
      ])('%s %s %i', async (path, rest, status) => {
        const answer = await under.raw('GET', `${path.replace('{id}/', '')}${rest}`);
        expect(answer.status).toBe(status);
        expectDescribed(await read(under), path, status, JSON.parse(answer.body));
      });

      test('all pages', async () => {
        const document = await read(under);
        for (let id = 1; id <= 26; id++) {
          const answer = await under.raw('GET', `/api/v1/pages/${id}/`);
          expectDescribed(document, PAGE, 200, JSON.parse(answer.body));
        }
      });

      test('406 everywhere', async () => {
        const document = await read(under);
        for (const path of Object.keys(document.paths)) {
          const answer = await under.raw('GET', path.replace('{id}', '1'), { Accept: 'text/html' });
          expectDescribed(document, path, 406, JSON.parse(answer.body));
        }
      });
    });

    test.each(['/api/docs/', '/api/redoc/'])(
      '%s is a page of this hub that loads nothing from elsewhere',
      async (path) => {
        const answer = await under.raw('GET', path, { Accept: 'text/html' });
        expect(answer.status).toBe(200);
        expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
        expect(answer.headers.get('content-security-policy')).not.toContain('unsafe');
        const urls = [...answer.body.matchAll(/<(?:script|link|img)\b[^>]*?\b(?:src|href)="([^"]+)"/g)].map((match) =>
          String(match[1]),
        );
        expect(urls.length).toBeGreaterThan(2);
        for (const url of urls) {
          expect(url).toStartWith('/');
          expect([url, (await under.raw('GET', url)).status]).toEqual([url, 200]);
        }
      },
    );
  },
  { fixtures: [DUMP] },
);
