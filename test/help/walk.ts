/**
 * A program of its own: starts a ContentHub from nothing, walks every address and every command of it, and writes what
 * it saw to standard output as JSON (`Walk`). Two programs that behave alike give the same walk.
 *
 *     bun test/help/walk.ts FOLDER FIXTURE PROGRAM…
 *
 * PROGRAM runs in FOLDER with no environment at all. What must differ from run to run is taken out: ports, times, ids of
 * requests, generated passwords. Counters in answers depend on when views are stored; what they came to is in the dump
 * at the end.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface Walk {
  /** What each command line printed, and its exit code. */
  readonly commands: Record<string, string>;
  /** What each request was answered: status line, headers, body. */
  readonly answers: Record<string, string>;
  /** Everything below FOLDER with its mode, while the hub runs and after it ended. */
  readonly filesRunning: readonly string[];
  readonly filesEnded: readonly string[];
  /** Network interfaces there were. */
  readonly interfaces: readonly string[];
}

const START_MS_MAX = 20_000;
const TEXT_CHARACTERS_MAX = 4000;
const PASSWORD = 'correct horse battery staple';

const ROUTES = [
  ...['/', '/api/v1/pages/', '/api/v1/pages/?page=2&page_size=4', '/api/v1/pages/?page=last', '/api/v1/pages/?page=99'],
  ...Array.from({ length: 15 }, (_, index) => `/api/v1/pages/${index + 1}/`),
  ...['/api/v1/pages/16/', '/api/v1/pages/x/', '/api/schema/', '/api/schema/?format=json', '/api/schema/?format=yaml'],
  ...['/api/schema/?format=xml', '/api/docs/', '/api/redoc/', '/health/', '/livez', '/readyz', '/metrics'],
  ...['/api/v1/pages', '/api/v1/pages/1', '/api/schema', '/api/docs', '/api/redoc', '/health'],
  ...['/api/', '/api/v1/nothing/', '/nothing', '/static/', '/static/app.css', '/favicon.ico', '/api/v1/pages/%ff/'],
];
const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST'];

/** An address that a router's pattern stands for. */
export function fillIn(pattern: string): string {
  return pattern.replace(':type', 'video').replaceAll(/:\w+/g, '1').replace(/\*$/, 'nothing/');
}

/** Every address of the admin, by the route tables in its files. */
function adminPaths(): string[] {
  const folder = join(import.meta.dirname, '..', '..', 'src', 'web', 'admin');
  const paths = readdirSync(folder, { recursive: true })
    .filter((file) => String(file).endsWith('.ts'))
    .flatMap((file) => [...readFileSync(join(folder, String(file)), 'utf8').matchAll(/'(\/admin\/[^'?]*)'/g)])
    .map(([, pattern = '']) => fillIn(pattern));
  return [...new Set(paths)].sort();
}
const ACCEPTED = ['application/json', 'application/yaml', 'application/json; indent=4', 'text/html', 'image/png'];

/** One run of the program. `stdin` is what is piped into it. */
interface Line {
  readonly args: readonly string[];
  readonly stdin?: string;
}

/** Command lines to run beside the hub. */
function linesBeside(url: string, fixture: string, secrets: string): Line[] {
  const create = ['createsuperuser', '--noinput', '--username'];
  return [
    { args: ['--version'] },
    { args: ['--help'] },
    { args: ['migrate', '--check'] },
    { args: ['migrate'] },
    { args: ['loaddata', '--if-empty', fixture] },
    { args: ['loaddata', '-'], stdin: '[{"model": "pages.page", "pk": 1, "fields": {"title": ""}}]' },
    { args: ['loaddata', '/nonexistent.json'] },
    { args: [...create, 'admin', '--email', 'a@example.org', '--env-file', secrets] },
    { args: [...create, 'admin', '--env-file', secrets] },
    { args: [...create, 'admin', '--if-not-exists', '--env-file', secrets] },
    { args: [...create, 'second', '--generate-password'] },
    { args: ['changepassword', 'admin'] },
    { args: ['changepassword', 'nobody'] },
    { args: ['check'] },
    { args: ['check', '--deploy'] },
    { args: ['config'] },
    { args: ['config', '--example'] },
    { args: ['config', '--markdown'] },
    { args: ['health', url] },
    { args: ['shell'], stdin: 'JSON.stringify((await search("llama")).results)\n' },
    { args: ['dumpdata', '--natural-foreign', 'auth.user'] },
    { args: ['dumpdata', '--indent', '2', 'pages.page'] },
    { args: ['backup'] },
    { args: ['restore'] },
    { args: ['move'] },
    { args: ['collectstatic', '/dev/null/static'] },
    { args: ['migrat'] },
    { args: ['migrate', '--chek'] },
    { args: ['--prot', '1'] },
  ];
}

/** Command lines to run when the hub has ended. */
function linesAfter(url: string): Line[] {
  return [
    { args: ['health', url] },
    { args: ['dumpdata'] },
    { args: ['impressions', 'status'] },
    { args: ['impressions', 'orphans', 'list'] },
    { args: ['impressions', 'retry-dead'] },
    { args: ['impressions'] },
    { args: ['--worker'] },
    { args: ['--port', 'x'] },
  ];
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map((path) => `${(statSync(join(folder, String(path))).mode & 0o777).toString(8)} ${path}`)
    .sort();
}

async function runLine(program: readonly string[], cwd: string, { args, stdin }: Line): Promise<string> {
  const child = Bun.spawn([...program, ...args], {
    cwd,
    env: {},
    stdin: stdin === undefined ? 'ignore' : new Blob([stdin]),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return `${out}${err}exit code ${await child.exited}`;
}

/** A command's output without what differs from run to run. */
function steadyOutput(text: string): string {
  return text
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replaceAll(/"time":"[^"]+"/g, '"time":""')
    .replaceAll(/"pid":\d+/g, '"pid":0')
    .replaceAll(/"ms":[\d.]+/g, '"ms":0')
    .replaceAll(/"requestId":"[0-9a-f]{8}-\w+"/g, '"requestId":""')
    .replaceAll(/last at \d{4}-\S+Z/g, 'last at TIME')
    .replaceAll(/\S+\/contenthub-\w+\/standard input/g, 'standard input')
    .replaceAll(/\$argon2id\$[^"]+/g, 'HASH')
    .replaceAll(/"(date_joined|last_login)": "[^"]+"/g, '"$1": "TIME"')
    .replaceAll(/^( {2}password {2})\S+$/gm, '$1GENERATED');
}

async function request(url: string, path: string, init: { method: string; headers: Record<string, string> }) {
  const headers = { Host: 'localhost', 'X-Request-ID': 'walk', 'Accept-Encoding': 'identity', ...init.headers };
  const answer = await fetch(`${url}${path}`, { method: init.method, headers, redirect: 'manual', decompress: false });
  const bytes = await answer.bytes();
  const isCompressed = answer.headers.get('content-encoding') === 'gzip' && bytes.byteLength > 0;
  const text = new TextDecoder().decode(isCompressed ? gunzipSync(bytes) : bytes);
  const length = answer.headers.get('content-length');
  if (init.method !== 'HEAD' && length !== null && Number(length) !== bytes.byteLength) {
    throw new Error(`${init.method} ${path}: Content-Length ${length}, ${bytes.byteLength} bytes`);
  }
  return { status: answer.status, headers: answer.headers, bytes, text };
}

/** An answer without what differs from run to run. */
function steadyAnswer({ status, headers, bytes, text }: Awaited<ReturnType<typeof request>>, path: string): string {
  const hasCounters = /^\/api\/v1\/pages\/\d+\/$/.test(path) && status === 200;
  const hasMeasures = path === '/metrics' && status === 200;
  const isSteady = !hasCounters && !hasMeasures;
  const skipped = isSteady ? ['date'] : ['date', 'content-length'];
  const lines = [...headers].filter(([name]) => !skipped.includes(name)).map(([name, value]) => `${name}: ${value}`);
  const uncounted = hasCounters ? text.replaceAll(/"counter": ?\d+/g, '"counter":0') : text;
  const steady = hasMeasures ? uncounted.replaceAll(/^([a-z_]+(\{.*\})?) \S+$/gm, '$1') : uncounted;
  const body = steady.length > TEXT_CHARACTERS_MAX ? `${steady.length} characters` : steady;
  const hash = isSteady ? new Bun.CryptoHasher('sha256').update(bytes).digest('hex') : '';
  return [`${status}`, ...lines.toSorted(), hash, body].join('\n');
}

/** Logs in. @returns the cookie, and the token of its forms */
async function logIn(url: string): Promise<{ cookie: string; token: string }> {
  const login = `${url}/admin/login/`;
  const shown = await fetch(login);
  const cookieOf = (answer: Response) => answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const token = /csrf_token" value="([^"]+)"/.exec(await shown.text())?.[1] ?? '';
  const body = new URLSearchParams({ csrf_token: token, username: 'admin', password: PASSWORD });
  const headers = { Cookie: cookieOf(shown) };
  const answer = await fetch(login, { method: 'POST', body, headers, redirect: 'manual' });
  if (answer.status !== 303) throw new Error(`nobody could log in: ${answer.status}`);
  const cookie = cookieOf(answer);
  const page = await (await fetch(`${url}/admin/`, { headers: { Cookie: cookie } })).text();
  return { cookie, token: /csrf_token" value="([^"]+)"/.exec(page)?.[1] ?? '' };
}

/** The admin's pages as strangers and as an admin get them: their status and title, since the rest tells times. */
async function walkAdmin(url: string): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  const { cookie } = await logIn(url);
  for (const path of adminPaths()) {
    for (const [who, headers] of [
      ['stranger', {}],
      ['admin', { Cookie: cookie }],
    ] as const) {
      const { status, text, headers: sent } = await request(url, path, { method: 'GET', headers: { ...headers } });
      const title = /<title>([^<]*)/.exec(text)?.[1] ?? '';
      answers[`GET ${path} (${who})`] = [status, sent.get('location') ?? '', title].join('\n');
    }
  }
  return answers;
}

async function walkRoutes(url: string): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  const ask = async (method: string, path: string, headers: Record<string, string> = {}) => {
    const answer = await request(url, path, { method, headers });
    const how = Object.values(headers).join(' ');
    answers[`${method} ${path}${how === '' ? '' : ` (${how})`}`] = steadyAnswer(answer, path);
    return answer.text;
  };
  const assets = new Set<string>();
  for (const path of ROUTES) {
    for (const method of METHODS) {
      const text = await ask(method, path);
      for (const [, asset] of text.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)) if (asset) assets.add(asset);
    }
    await ask('GET', path, { 'Accept-Encoding': 'gzip' });
  }
  for (const asset of assets) {
    for (const method of ['GET', 'HEAD', 'POST']) await ask(method, asset);
    await ask('GET', asset, { 'Accept-Encoding': 'gzip' });
  }
  for (const accept of ACCEPTED) {
    for (const path of ['/api/v1/pages/', '/api/v1/pages/2/', '/api/schema/', '/health/', '/'])
      await ask('GET', path, { Accept: accept });
  }
  await ask('GET', '/', { Host: 'elsewhere.example' });
  await ask('OPTIONS', '/api/v1/pages/', { Origin: 'http://a.example', 'Access-Control-Request-Method': 'GET' });
  return answers;
}

/** Starts the hub on a port of the system's choice, with nothing but its arguments. */
async function startHub(program: readonly string[], cwd: string) {
  const child = Bun.spawn([...program, '--port', '0'], {
    cwd,
    env: {},
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), START_MS_MAX);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let log = '';
  (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) {
      log += decoder.decode(chunk, { stream: true });
      const url = /"message":"serving","url":"([^"]+)"/.exec(log)?.[1];
      if (url !== undefined) resolve(url);
    }
    reject(new Error(`the hub did not start:\n${log}`));
  })();
  const url = await promise.finally(() => clearTimeout(timer));
  return { child, url, log: () => log };
}

async function walk(folder: string, fixture: string, program: readonly string[]): Promise<Walk> {
  const secrets = `${folder}.secrets`;
  await Bun.write(secrets, `CONTENTHUB_SUPERUSER_PASSWORD="${PASSWORD}"\n`);
  const commands: Record<string, string> = {};
  const { child, url, log } = await startHub(program, folder);
  try {
    const run = async (line: Line) => {
      const name = line.args.join(' ').replace(url, 'URL').replace(fixture, 'FIXTURE').replace(secrets, 'SECRETS');
      commands[name] = steadyOutput(await runLine(program, folder, line));
    };
    await run({ args: ['loaddata', fixture] });
    const answers = await walkRoutes(url);
    for (const line of linesBeside(url, fixture, secrets)) await run(line);
    Object.assign(answers, await walkAdmin(url));
    const filesRunning = listFiles(folder);
    child.kill('SIGTERM');
    const code = await child.exited;
    commands['(hub)'] = `${steadyOutput(log())}exit code ${code}`;
    for (const line of linesAfter(url)) await run(line);
    return { commands, answers, filesRunning, filesEnded: listFiles(folder), interfaces: listInterfaces() };
  } finally {
    child.kill('SIGKILL');
  }
}

function listInterfaces(): string[] {
  const names = readFileSync('/proc/net/dev', 'utf8').matchAll(/^\s*([^\s:|]+):/gm);
  return [...names].map(([, name = '']) => name);
}

if (import.meta.main) {
  const [folder = '', fixture = '', ...program] = process.argv.slice(2);
  // Modes that the program leaves to the caller's mask would show.
  process.umask(0);
  await Bun.write(Bun.stdout, JSON.stringify(await walk(folder, fixture, program)));
}
