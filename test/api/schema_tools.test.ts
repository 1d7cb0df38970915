import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { buildOpenApi } from '../../src/web/api/openapi.ts';
import { pageResources } from '../../src/web/api/pages.ts';
import { createPageCache } from '../../src/web/page_cache.ts';
import { createFolder } from '../help/databases.ts';

const MODULES = join(import.meta.dirname, '..', '..', 'node_modules');
const REDOCLY = join(MODULES, '@redocly', 'cli', 'bin', 'cli.js');
const OPENAPI_TYPESCRIPT = join(MODULES, 'openapi-typescript', 'bin', 'cli.js');
const TSC = join(MODULES, 'typescript', 'bin', 'tsc');

const SETTINGS = { version: '1.0.0', pageSize: 10, pageSizeMax: 100, pageCacheMs: 1000 };
const document = JSON.stringify(buildOpenApi(SETTINGS));

/** The addresses end with a slash because clients know them so. */
const REDOCLY_CONFIG = 'extends: [recommended]\nrules:\n  no-path-trailing-slash: off\n';

const NARROWING = `import type { paths } from './api.ts';
type Detail = paths['/api/v1/pages/{id}/']['get']['responses'][200]['content']['application/json'];
export function describe(page: Detail): string[] {
  return page.contents.map((content) => {
    switch (content.type) {
      case 'video': return content.file_url + content.subtitles_url;
      case 'audio': return content.text;
    }
  });
}
`;

describe('the OpenAPI document', () => {
  let folder: ReturnType<typeof createFolder>;

  beforeAll(async () => {
    folder = createFolder();
    await write('openapi.json', document);
    await write('redocly.yaml', REDOCLY_CONFIG);
    expect((await run(OPENAPI_TYPESCRIPT, 'openapi.json', '-o', 'api.ts')).code).toBe(0);
  });

  afterAll(() => folder.remove());

  const write = (name: string, text: string) => Bun.write(join(folder.path, name), text);

  async function run(script: string, ...args: string[]): Promise<{ code: number; output: string }> {
    const child = Bun.spawn([process.execPath, '--no-env-file', script, ...args], {
      cwd: folder.path,
      env: { PATH: process.env.PATH, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', CI: 'true' },
      stdout: 'pipe',
      stderr: 'pipe',
    });
    const texts = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    return { code: await child.exited, output: texts.join('') };
  }

  const compile = (file: string) =>
    run(
      TSC,
      '--noEmit',
      '--strict',
      '--target',
      'esnext',
      '--moduleResolution',
      'bundler',
      '--module',
      'esnext',
      '--allowImportingTsExtensions',
      file,
    );

  test('has neither an error nor a warning for Redocly’s recommended rules', async () => {
    const { code, output } = await run(REDOCLY, 'lint', 'openapi.json', '--config=redocly.yaml', '--format=json');
    const { totals, problems } = JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1));
    expect(problems).toEqual([]);
    expect(totals).toEqual({ errors: 0, warnings: 0, ignored: 0 });
    expect(code).toBe(0);
  });

  test('makes types in which the type of a content narrows it', async () => {
    await write('good.ts', NARROWING);
    expect(await compile('good.ts')).toEqual({ code: 0, output: '' });
  });

  test('makes types that refuse a field of another type of content', async () => {
    await write('bad.ts', NARROWING.replace('content.text', 'content.file_url'));
    const { code, output } = await compile('bad.ts');
    expect(code).not.toBe(0);
    expect(output).toContain("Property 'file_url' does not exist on type");
  });

  test('describes every resource of the API and nothing else', () => {
    const paths: string[] = Object.keys(JSON.parse(document).paths);
    const unused = () => Promise.reject(new Error('not asked'));
    const resources = pageResources({
      ...SETTINGS,
      pages: { list: unused, count: unused, find: unused },
      cache: createPageCache(0),
      recorder: { record() {} },
      origins: { baseUrl: () => '', clientAddress: () => '', hostOf: () => 'localhost', isHostAllowed: () => true },
    });
    expect(resources.map(({ path }) => path.replace(':id', '{id}'))).toEqual(
      paths.filter((path) => path.startsWith('/api/v1/')),
    );
  });
});
