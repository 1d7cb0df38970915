/** Telling a web process to stop while others serve: whoever asks through a proxy must not notice. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInstallation, type Installation } from '../help/installation.ts';
import { type RunningProgram, SOURCE, startProgram } from '../help/program.ts';
import { rawRequest, sendRaw } from '../help/raw_http.ts';
import { assertExact, createPages, type Pages } from '../impressions/load.ts';

const GRACE_MS = 2000;
/** The grace, and what a stop takes when nothing holds it up. */
const STOP_MS_MAX = 5000;
const WITHOUT_GRACE_MS_MAX = 1500;
const CLIENTS = 8;
/** As often as a proxy looks. */
const READINESS_MS = 500;
const TEST_TIMEOUT_MS = 60_000;

let hubs: Installation;
let pages: Pages;
beforeAll(async () => {
  hubs = await createInstallation();
  pages = await createPages(hubs.database);
}, TEST_TIMEOUT_MS);
afterEach(() => hubs.reset());
afterAll(() => hubs.stop());

/** Sends the signal and tells how long the process went on. */
async function end(
  program: RunningProgram,
  signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM',
): Promise<{ code: number; took: number }> {
  const began = performance.now();
  const code = await program.end(signal);
  return { code, took: performance.now() - began };
}

/** An open connection on which one request was answered. */
async function keepAlive(program: RunningProgram): Promise<Socket> {
  const socket = connect(Number(new URL(program.url).port), '127.0.0.1');
  await once(socket, 'connect');
  const answer = once(socket, 'data');
  socket.write(rawRequest('GET', '/livez', { Connection: 'keep-alive' }));
  expect(String((await answer)[0])).not.toMatch(/^connection: close/im);
  return socket;
}

describe('a web process that is one of several, at SIGTERM', () => {
  test(
    'is not ready at once, takes new connections for two seconds, and closes each after its answer',
    async () => {
      const web = await hubs.start('--web');
      const open = await keepAlive(web);
      const ending = end(web);
      // Asked again and again, because the signal takes its time.
      let ready = await sendRaw(web.url, rawRequest('GET', '/readyz'));
      while (ready.status === 200) ready = await sendRaw(web.url, rawRequest('GET', '/readyz'));
      expect([ready.status, ready.body.split('\n')[0]]).toEqual([503, 'FAIL process: stopping']);

      const [page] = pages.keys();
      const last = once(open, 'data');
      const closed = once(open, 'end');
      open.write(rawRequest('GET', `/api/v1/pages/${page}/`, { Connection: 'keep-alive' }));
      expect(String((await last)[0])).toMatch(/^HTTP\/1\.1 200 OK\r\n(.+\r\n)*connection: close\r\n/i);
      await closed;
      // Ends only when the other side does.
      const fresh = await sendRaw(web.url, rawRequest('GET', '/api/v1/pages/', { Connection: 'keep-alive' }));
      expect([fresh.status, fresh.headers.get('connection')]).toEqual([200, 'close']);

      const { code, took } = await ending;
      expect(code).toBe(0);
      expect(took).toBeGreaterThan(GRACE_MS);
      expect(took).toBeLessThan(STOP_MS_MAX);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'loses no request of a proxy that looks at its readiness, and no view',
    async () => {
      const webs = [await hubs.start('--web'), await hubs.start('--web'), await hubs.start('--web')];
      const rest = await Promise.all([hubs.start('--worker'), hubs.start('--beat')]);
      const load = startProxiedLoad(webs.map(({ url }) => url));
      for (const web of webs.slice(1)) expect((await end(web)).code).toBe(0);
      const sent = await load.stop();
      expect(sent.filter(({ answeredAt }) => answeredAt === undefined)).toEqual([]);
      expect(sent.length).toBeGreaterThan(100);
      for (const program of [...webs.slice(0, 1), ...rest]) expect((await end(program)).code).toBe(0);
      const last = await hubs.start();
      expect((await end(last)).code).toBe(0);
      await assertExact(hubs.database, pages, sent);
    },
    TEST_TIMEOUT_MS,
  );

  test('ends its grace at a second signal, and stops cleanly', async () => {
    const web = await hubs.start('--web');
    const began = performance.now();
    process.kill(web.pid, 'SIGTERM');
    while ((await fetch(`${web.url}/readyz`)).status === 200);
    expect(await web.end('SIGTERM')).toBe(0);
    expect(performance.now() - began).toBeLessThan(WITHOUT_GRACE_MS_MAX);
    expect(web.log()).toContain('"message":"stopped"');
  });
});

describe('a process for which nobody waits', () => {
  test.each([
    ['a web at Ctrl-C', ['--web'], 'SIGINT'],
    ['a worker', ['--worker'], 'SIGTERM'],
    ['a beat', ['--beat'], 'SIGTERM'],
    ['all in one process', [], 'SIGTERM'],
  ] as const)('stops at once: %s', async (_, args, signal) => {
    const { code, took } = await end(await hubs.start(...args), signal);
    expect([code, took < WITHOUT_GRACE_MS_MAX]).toEqual([0, true]);
  });

  test('waits all the same when it is told of proxies, which may know others', async () => {
    const settings = { ...hubs.settings, REDIS_URL: '', TRUSTED_PROXIES: '127.0.0.1' };
    const hub = await startProgram(SOURCE, [], { settings });
    const { code, took } = await end(hub);
    expect([code, took > GRACE_MS, took < STOP_MS_MAX]).toEqual([0, true, true]);
  });
});

/** Clients of a proxy that asks the processes whether they are ready, and nothing of one that is not. Nothing is asked twice. */
function startProxiedLoad(urls: readonly string[]) {
  const sent: { page: number; answeredAt?: number; reason?: string }[] = [];
  const ids = [...pages.keys()];
  let ready = urls;
  let isOver = false;

  async function lookAtReadiness(): Promise<void> {
    while (!isOver) {
      const answers = await Promise.all(urls.map((url) => fetch(`${url}/readyz`).catch(() => undefined)));
      ready = urls.filter((_, place) => answers[place]?.status === 200);
      await Bun.sleep(READINESS_MS);
    }
  }

  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    for (let n = client; !isOver; n++) {
      const request: (typeof sent)[number] = { page: ids[n % ids.length] ?? 0 };
      sent.push(request);
      try {
        const answer = await fetch(`${ready[n % ready.length]}/api/v1/pages/${request.page}/`);
        await answer.arrayBuffer();
        if (answer.status === 200) request.answeredAt = performance.now();
        else request.reason = String(answer.status);
      } catch (error) {
        request.reason = String(error);
      }
    }
  });
  const looking = lookAtReadiness();
  return {
    async stop() {
      isOver = true;
      await Promise.all([...clients, looking]);
      return sent;
    },
  };
}
