import { describe, expect, test } from 'bun:test';
import { gunzipSync } from 'node:zlib';
import { type AssetName, assetUrl, staticFiles } from '../../src/web/static.ts';

const NAMES: readonly [AssetName, string][] = [
  ['app.css', 'text/css; charset=utf-8'],
  ['icon.svg', 'image/svg+xml'],
  ['redoc.js', 'text/javascript; charset=utf-8'],
  ['redoc.standalone.js', 'text/javascript; charset=utf-8'],
  ['swagger.js', 'text/javascript; charset=utf-8'],
  ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
  ['swagger-ui.css', 'text/css; charset=utf-8'],
];

function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  return staticFiles.handle(new Request(`http://localhost${path}`, { method, headers }));
}

function sha256(bytes: ArrayBuffer): string {
  return new Bun.CryptoHasher('sha256').update(bytes).digest('hex');
}

describe('the address of an asset', () => {
  test.each(NAMES)('%s is named by the hash of what is served', async (name) => {
    const [stem, extension] = [name.slice(0, name.lastIndexOf('.')), name.slice(name.lastIndexOf('.') + 1)];
    const body = await (await get(assetUrl(name))).arrayBuffer();
    expect(assetUrl(name)).toBe(`/static/${stem}.${sha256(body).slice(0, 12)}.${extension}`);
  });
});

describe('a served asset', () => {
  test.each(NAMES)('%s has its type and may be kept for ever', async (name, contentType) => {
    const answer = await get(assetUrl(name));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('Content-Type')).toBe(contentType);
    expect(answer.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
    expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(answer.headers.get('Vary')).toBe('Accept-Encoding');
    expect(answer.headers.get('Content-Encoding')).toBeNull();
    expect(Number(answer.headers.get('Content-Length'))).toBe((await answer.arrayBuffer()).byteLength);
  });

  test('is compressed for those who accept it, to the same content', async () => {
    const plain = await (await get(assetUrl('app.css'))).bytes();
    const answer = await get(assetUrl('app.css'), { 'Accept-Encoding': 'br, gzip;q=0.8' });
    expect(answer.headers.get('Content-Encoding')).toBe('gzip');
    const compressed = await answer.bytes();
    expect(compressed.byteLength).toBeLessThan(plain.byteLength);
    expect(Buffer.from(gunzipSync(compressed))).toEqual(Buffer.from(plain));
  });

  test.each([
    ['gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['*', 'gzip'],
    ['gzip;q=0', null],
    ['gzip; q=0.0, *', null],
    ['br', null],
    ['x-gzipped', null],
    ['', null],
  ])('answers Accept-Encoding "%s" with %p', async (accepted, encoding) => {
    const answer = await get(assetUrl('app.css'), { 'Accept-Encoding': accepted });
    expect(answer.headers.get('Content-Encoding')).toBe(encoding);
  });

  test('is not sent again to those who have it', async () => {
    const url = assetUrl('app.css');
    const etag = (await get(url)).headers.get('ETag') ?? '';
    for (const known of [etag, etag.replace('W/', ''), `"other", ${etag}`, '*']) {
      const answer = await get(url, { 'If-None-Match': known });
      expect(answer.status).toBe(304);
      expect(await answer.text()).toBe('');
      expect(answer.headers.get('ETag')).toBe(etag);
      expect(answer.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
    }
    expect((await get(url, { 'If-None-Match': '"other"' })).status).toBe(200);
  });

  test('answers HEAD with the headers of GET', async () => {
    const url = assetUrl('swagger-ui.css');
    const [head, whole] = await Promise.all([get(url, {}, 'HEAD'), get(url)]);
    expect(head.status).toBe(200);
    for (const name of ['Content-Type', 'Content-Length', 'ETag', 'Cache-Control', 'Vary'])
      expect(head.headers.get(name)).toBe(whole.headers.get(name));
  });
});

describe('an unknown address', () => {
  const hashed = assetUrl('app.css');

  test.each([
    '/static/',
    '/static/app.css',
    '/static/app.000000000000.css',
    hashed.replace('.css', '.js'),
    hashed.replace('app', 'App'),
    `${hashed}/`,
    '/static/__proto__.000000000000.js',
    '/static/constructor',
    '/static/..%2F..%2Fpackage.json',
    '/static/%2e%2e/%2e%2e/package.json',
    '/static//etc/passwd',
    '/static/..%5c..%5cpackage.json',
    `/static/x/..%2f${hashed.slice('/static/'.length)}`,
    '/static/app%00.css',
    '/static/%ff%fe',
  ])('%s is not found', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('Cache-Control') ?? '').not.toContain('immutable');
  });
});

describe('files of others', () => {
  test('ReDoc does not fetch its logo from its maker', async () => {
    expect(await (await get(assetUrl('redoc.standalone.js'))).text()).not.toContain('cdn.redoc.ly');
  });

  test('the stylesheets load nothing from another host', async () => {
    for (const name of ['app.css', 'swagger-ui.css'] as const)
      expect(await (await get(assetUrl(name))).text()).not.toMatch(/@import|url\(["']?(https?:)?\/\//);
  });
});
