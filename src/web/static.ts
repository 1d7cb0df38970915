/**
 * Static files: every one is embedded in the executable and served under an address that holds the hash of its content,
 * so browsers may keep it for ever and a new version is simply a new address.
 */
import { readFileSync } from 'node:fs';
import { Elysia } from 'elysia';
import htmx from 'htmx.org/dist/htmx.min.js' with { type: 'file' };
import redocBundle from 'redoc/bundles/redoc.standalone.js' with { type: 'file' };
import swaggerStyle from 'swagger-ui-dist/swagger-ui.css' with { type: 'file' };
import swaggerBundle from 'swagger-ui-dist/swagger-ui-bundle.js' with { type: 'file' };
import adminScript from '../../views/assets/admin.js' with { type: 'file' };
import chooserScript from '../../views/assets/chooser.js' with { type: 'file' };
import chooserDialogScript from '../../views/assets/chooser_dialog.js' with { type: 'file' };
import draftsScript from '../../views/assets/drafts.js' with { type: 'file' };
import icon from '../../views/assets/icon.svg' with { type: 'file' };
import inlinesScript from '../../views/assets/inlines.js' with { type: 'file' };
import inlinesMovingScript from '../../views/assets/inlines_moving.js' with { type: 'file' };
import listsScript from '../../views/assets/lists.js' with { type: 'file' };
import previewScript from '../../views/assets/preview.js' with { type: 'file' };
import redocStart from '../../views/assets/redoc.js' with { type: 'file' };
import accountsStyle from '../../views/assets/styles/accounts.css' with { type: 'file' };
import adminStyle from '../../views/assets/styles/admin.css' with { type: 'file' };
import baseStyle from '../../views/assets/styles/base.css' with { type: 'file' };
import chooserStyle from '../../views/assets/styles/chooser.css' with { type: 'file' };
import conflictStyle from '../../views/assets/styles/conflict.css' with { type: 'file' };
import contentsStyle from '../../views/assets/styles/contents.css' with { type: 'file' };
import dashboardStyle from '../../views/assets/styles/dashboard.css' with { type: 'file' };
import docsStyle from '../../views/assets/styles/docs.css' with { type: 'file' };
import formsStyle from '../../views/assets/styles/forms.css' with { type: 'file' };
import historyStyle from '../../views/assets/styles/history.css' with { type: 'file' };
import inlinesStyle from '../../views/assets/styles/inlines.css' with { type: 'file' };
import siteStyle from '../../views/assets/styles/site.css' with { type: 'file' };
import tablesStyle from '../../views/assets/styles/tables.css' with { type: 'file' };
import swaggerStart from '../../views/assets/swagger.js' with { type: 'file' };
import systemScript from '../../views/assets/system.js' with { type: 'file' };
import { acceptsGzip } from './compression.ts';

/** Every file that can be served. To add one: import it above and write its line here. */
const ASSETS = [
  {
    name: 'admin.css',
    path: [
      baseStyle,
      adminStyle,
      formsStyle,
      tablesStyle,
      dashboardStyle,
      chooserStyle,
      conflictStyle,
      contentsStyle,
      inlinesStyle,
      accountsStyle,
      historyStyle,
    ],
  },
  { name: 'admin.js', path: adminScript },
  { name: 'app.css', path: [baseStyle, siteStyle, docsStyle] },
  { name: 'chooser.js', path: [chooserDialogScript, chooserScript] },
  { name: 'drafts.js', path: draftsScript },
  { name: 'htmx.js', path: htmx, edit: withoutSourceMap },
  { name: 'icon.svg', path: icon },
  { name: 'lists.js', path: listsScript },
  { name: 'inlines.js', path: [inlinesMovingScript, inlinesScript] },
  { name: 'preview.js', path: previewScript },
  { name: 'redoc.js', path: redocStart },
  { name: 'redoc.standalone.js', path: redocBundle, edit: withoutForeignLogo },
  { name: 'system.js', path: systemScript },
  { name: 'swagger.js', path: swaggerStart },
  { name: 'swagger-ui-bundle.js', path: swaggerBundle },
  { name: 'swagger-ui.css', path: swaggerStyle },
] as const satisfies readonly Asset[];

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

const PREFIX = '/static/';
const HASH_CHARS = 12;
const HASHED_NAME = new RegExp(`^(.+)\\.([0-9a-f]{${HASH_CHARS}})\\.([a-z0-9]+)$`);

export type AssetName = (typeof ASSETS)[number]['name'];

type Asset = {
  name: `${string}.${keyof typeof CONTENT_TYPES}`;
  /** Where the embedded file is read from; of several, one after the other. */
  path: string | readonly string[];
  /** Changes made to somebody else's file before it is hashed and served. */
  edit?: (text: string) => string;
};

type LoadedAsset = { url: string; contentType: string; etag: string; body: Buffer; gzipped: () => Promise<Buffer> };

const assetsByName: ReadonlyMap<string, Asset> = new Map(ASSETS.map((asset) => [asset.name, asset]));
const loadedByName = new Map<string, LoadedAsset>();

/** Beside what else is done; loaded when it is needed. */
async function compress(body: Buffer): Promise<Buffer> {
  const [{ promisify }, { constants, gzip }] = await Promise.all([import('node:util'), import('node:zlib')]);
  return promisify(gzip)(body, { level: constants.Z_BEST_COMPRESSION });
}

/**
 * The address of an asset, `/static/<name>.<first 12 hex of its sha256>.<extension>`.
 * The first call for a name reads and hashes the file (a few ms for the largest); later calls cost a map lookup.
 */
export function assetUrl(name: AssetName): string {
  const loaded = findAsset(name);
  if (!loaded) throw new Error(`no such asset: ${name}`);
  return loaded.url;
}

/**
 * GET and HEAD `/static/*`: 200 with an immutable cache lifetime, 304 when `If-None-Match` holds the file's ETag, and 404
 * for anything but the current address of a file in the table. No path reaches the file system: a name is looked up in a map.
 */
export const staticFiles = new Elysia({ name: 'static' })
  .get(`${PREFIX}*`, ({ params, request }) => serve(params['*'], request))
  .head(`${PREFIX}*`, ({ params, request }) => serve(params['*'], request));

/** A file as it is served: its name under `/static/`, its bytes, and the same compressed. */
export interface StaticFile {
  readonly name: string;
  readonly body: Buffer;
  readonly gzipped: Buffer;
}

/** Every file that can be served, for a web server that serves them instead of this program (a few MB in all). */
export function readStaticFiles(): Promise<StaticFile[]> {
  return Promise.all(
    ASSETS.map(async ({ name }) => {
      const asset = findAsset(name);
      if (!asset) throw new Error(`no such asset: ${name}`);
      return { name: asset.url.slice(PREFIX.length), body: asset.body, gzipped: await asset.gzipped() };
    }),
  );
}

async function serve(fileName: string, request: Request): Promise<Response> {
  const asset = findByFileName(fileName);
  if (!asset) return notFound();

  const headers = new Headers({
    'Content-Type': asset.contentType,
    'Cache-Control': 'public, max-age=31536000, immutable',
    ETag: asset.etag,
    Vary: 'Accept-Encoding',
    'X-Content-Type-Options': 'nosniff',
  });
  if (matchesEtag(request.headers.get('If-None-Match'), asset.etag)) {
    return new Response(null, { status: 304, headers });
  }

  const compressed = acceptsGzip(request.headers.get('Accept-Encoding'));
  const body = compressed ? await asset.gzipped() : asset.body;
  if (compressed) headers.set('Content-Encoding', 'gzip');
  headers.set('Content-Length', String(body.byteLength));
  // A HEAD answer is made from the same body, which the server leaves out: only so is its Content-Length right.
  return new Response(body, { headers });
}

function notFound(): Response {
  return new Response('Not found\n', {
    status: 404,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' },
  });
}

/** The asset a hashed file name stands for; an old or invented hash is unknown. */
function findByFileName(fileName: string): LoadedAsset | undefined {
  const [, stem, , extension] = HASHED_NAME.exec(fileName) ?? [];
  const asset = findAsset(`${stem}.${extension}`);
  return asset?.url === PREFIX + fileName ? asset : undefined;
}

function findAsset(name: string): LoadedAsset | undefined {
  const known = loadedByName.get(name);
  if (known) return known;
  const asset = assetsByName.get(name);
  if (!asset) return undefined;
  const loaded = load(asset);
  loadedByName.set(name, loaded);
  return loaded;
}

function load(asset: Asset): LoadedAsset {
  const file = Buffer.concat([asset.path].flat().map((path) => readFileSync(path)));
  const body = asset.edit ? Buffer.from(asset.edit(file.toString('utf8'))) : file;
  const hash = new Bun.CryptoHasher('sha256').update(body).digest('hex').slice(0, HASH_CHARS);
  const dot = asset.name.lastIndexOf('.');
  const extension = asset.name.slice(dot + 1);
  let compression: Promise<Buffer> | undefined;
  return {
    url: `${PREFIX}${asset.name.slice(0, dot)}.${hash}.${extension}`,
    contentType: CONTENT_TYPES[extension] ?? 'application/octet-stream',
    // Weak, because the plain and the compressed body share it.
    etag: `W/"${hash}"`,
    body,
    gzipped: () => {
      compression ??= compress(body);
      return compression;
    },
  };
}

/** RFC 9110 §13.1.2: `*` or a list of tags, compared weakly. */
function matchesEtag(header: string | null, etag: string): boolean {
  if (!header) return false;
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
  return header.split(',').some((tag) => tag.trim() === '*' || opaque(tag) === opaque(etag));
}

/**
 * ReDoc puts a logo from its maker's CDN into the page and has no option against it. An empty source makes the image
 * fail without a request, and ReDoc then leaves it out. Throws when a new version of ReDoc has changed the place.
 */
function withoutForeignLogo(script: string): string {
  const logo = 'src:"https://cdn.redoc.ly/redoc/logo-mini.svg"';
  if (!script.includes(logo))
    throw new Error('redoc.standalone.js no longer loads its logo as expected: revise this edit');
  return script.replace(logo, 'src:""');
}

/** The map is not served, and developer tools would ask for it. */
function withoutSourceMap(script: string): string {
  return script.replace(/\n\/\/# sourceMappingURL=\S+\s*$/, '\n');
}
