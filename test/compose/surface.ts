/** What nginx serves, and how the containers are held. */
import { readFileSync } from 'node:fs';
import { expect, say } from './checks.ts';
import { run, until } from './docker.ts';
import { type Hub, ORIGIN } from './hub.ts';

/** Everything a reader or an editor asks for, through nginx. */
export async function checkSurface(hub: Hub): Promise<void> {
  const list: { next: string } = JSON.parse(await (await hub.get('/api/v1/pages/?page_size=2')).text());
  expect('the list answers, with links to where it was asked', list.next?.startsWith(`${ORIGIN}/api/v1/pages/`), list);
  for (const path of ['/health/', '/api/docs/', '/api/redoc/', '/api/schema/', '/admin/login/'])
    expect(`${path} answers`, (await hub.get(path)).status === 200);
  for (const path of ['/metrics', '/readyz', '/livez'])
    expect(`${path} is not for the world`, (await hub.get(path)).status === 404);
  const forged = { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https' };
  const answer = await (await hub.get('/api/v1/pages/?page_size=1', forged)).text();
  expect('what clients claim to be forwarded is not believed', !/evil\.example|https:\/\/localhost/.test(answer));
  await checkStatic(hub);
  await checkHeaders(hub);
  await hub.expectCounted('opened once');
}

async function checkStatic(hub: Hub): Promise<void> {
  const [style = ''] = /\/static\/admin\.[0-9a-f]+\.css/.exec(await (await hub.get('/admin/login/')).text()) ?? [];
  const file = await hub.get(style, { 'Accept-Encoding': 'gzip' });
  const headers = Object.fromEntries(file.headers);
  // The hub names its requests; what nginx serves alone has no such name.
  const isFromNginx = file.status === 200 && headers['x-request-id'] === undefined;
  expect('static files come from nginx', isFromNginx, headers);
  const isKept = headers['cache-control'] === 'public, max-age=31536000, immutable';
  expect('compressed, and to be kept', isKept && headers['content-encoding'] === 'gzip', headers);
  const page = await hub.get('/admin/login/', { 'Accept-Encoding': 'gzip' });
  expect('pages are compressed', page.headers.get('Content-Encoding') === 'gzip', Object.fromEntries(page.headers));
}

async function checkHeaders(hub: Hub): Promise<void> {
  const [page = 0] = await hub.pages();
  const detail = await hub.open(page);
  const raw = await run(['curl', '-sD-', '-o/dev/null', `${ORIGIN}/admin/login/`]);
  const names = raw.split('\n').flatMap((line) => /^([\w-]+):/.exec(line)?.[1]?.toLowerCase() ?? []);
  const twice = names.filter((name, index) => names.indexOf(name) !== index && name !== 'set-cookie');
  expect('every header comes once', twice.length === 0 && names.includes('content-security-policy'), raw);

  const id = detail.headers.get('X-Request-ID') ?? '';
  const [nginx = ''] = await hub.project.idsOf('nginx');
  const found = await until('the request in the log', 10, async () =>
    (await run(['docker', 'logs', nginx])).split('\n').find((line) => line.includes(`"requestId":"${id}"`)),
  ).catch(() => '{}');
  expect('the log of nginx is JSON and names a request as its answer does', JSON.parse(found).status === 200, id);
}

/** User, capabilities, root filesystem and secrets; and the image alone. */
export async function checkHardening(hub: Hub): Promise<void> {
  for (const service of ['web', 'worker', 'beat']) {
    const [id = ''] = await hub.project.idsOf(service);
    const { Pid } = (await hub.project.inspect(id)).State;
    const process = readFileSync(`/proc/${Pid}/status`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:\\s+(.+)$`, 'm').exec(process)?.[1]?.trim();
    expect(`${service} is nobody in particular`, field('Uid')?.startsWith('65532') === true, field('Uid'));
    expect(
      `${service} has no capability`,
      ['CapEff', 'CapBnd'].every((name) => Number(`0x${field(name)}`) === 0),
    );
    const mounts = readFileSync(`/proc/${Pid}/mounts`, 'utf8').split('\n');
    const root = mounts.find((line) => line.split(' ')[1] === '/')?.split(' ')[3] ?? '';
    expect(`${service} cannot write to its root`, root.split(',').includes('ro'), root);
  }
  const [web = ''] = await hub.project.idsOf('web');
  const key = await hub.project.compose('exec', '-T', 'db', 'cat', '/secrets/secret_key');
  const environment = await run(['docker', 'inspect', '-f', '{{json .Config.Env}}', web]);
  expect('the key is made, and in no environment', key.length >= 32 && !environment.includes(key), key.length);
  await checkAlone();
}

async function checkAlone(): Promise<void> {
  const options = ['--rm', '--network', 'none', '--read-only', '--cap-drop', 'ALL', '--tmpfs', '/data:uid=65532'];
  const version = await run(['docker', 'run', ...options, 'contenthub', '--version']);
  expect('the executable starts in an empty container without network', version !== '', version);
  const name = `contenthub-alone-${process.pid}`;
  const began = performance.now();
  await run(['docker', 'run', ...options, '--name', name, '-d', 'contenthub']);
  try {
    const ask = () => run(['docker', 'exec', name, 'contenthub', 'health']);
    await until('healthy alone', 30, () =>
      ask().then(
        () => true,
        () => undefined,
      ),
    );
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    say(`       a whole hub in one container without network: healthy ${seconds} s after it was started`);
  } finally {
    await run(['docker', 'kill', name]);
  }
}
