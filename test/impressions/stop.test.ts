import { afterEach, describe, expect, test } from 'bun:test';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { sql } from 'drizzle-orm';
import { createTestDatabase, DIALECTS, type TestDatabase } from '../help/databases.ts';
import { eventually } from '../help/eventually.ts';
import { type RunningProgram, SOURCE, startProgram } from '../help/program.ts';
import { startTcpProxy } from '../help/tcp_proxy.ts';
import { assertExact, createPages, type Pages, readCounters, startLoad } from './load.ts';

/** What the program promises, and what it needs when nothing holds it up. */
const STOP_MS_MAX = 10_000;
const STOP_MS_UNHINDERED = 2500;

describe.each(DIALECTS)('stopping one process with everything in it on %s', (dialect) => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const clean of cleanups.splice(0).reverse()) await clean();
  });

  async function open(): Promise<{ opened: TestDatabase; pages: Pages }> {
    const opened = await createTestDatabase(dialect);
    cleanups.push(() => opened.drop());
    return { opened, pages: await createPages(opened.database) };
  }
  async function start(url: string, settings: Record<string, string> = {}): Promise<RunningProgram> {
    const program = await startProgram(SOURCE, [], { settings: { DATABASE_URL: url, ...settings } });
    cleanups.push(() => program.end('SIGKILL'));
    return program;
  }
  async function dial(program: RunningProgram, text: string): Promise<Socket> {
    const socket = connect(Number(new URL(program.url).port), '127.0.0.1');
    cleanups.push(() => socket.destroy());
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(text);
    return socket;
  }
  async function stop(program: RunningProgram): Promise<{ code: number; took: number }> {
    const began = performance.now();
    const code = await program.end('SIGTERM');
    return { code, took: performance.now() - began };
  }

  test('idle, silent and half-spoken connections do not hold it up, and views not yet stored are', async () => {
    const { opened, pages } = await open();
    const program = await start(opened.url, { IMPRESSION_PUSH_MS: '10000' });
    const [page = 0] = pages.keys();
    const idle = await dial(program, `GET /api/v1/pages/${page}/ HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await once(idle, 'data');
    await dial(program, '');
    await dial(program, 'GET /api/v1/pages/');
    const { code, took } = await stop(program);
    expect(code).toBe(0);
    expect(took).toBeLessThan(STOP_MS_UNHINDERED);
    for (const content of pages.get(page) ?? []) expect((await readCounters(opened.database)).get(content)).toBe(1);
    expect(program.log()).toContain('"message":"stopped"');
  });

  test('answers under way finish, and are counted', async () => {
    const { opened, pages } = await open();
    const program = await start(opened.url, { PAGE_CACHE_MS: '0' });
    for (let round = 0; round < 2; round++) await fetch(`${program.url}/livez`);
    const load = startLoad([program.url], pages, 16);
    await eventually(() => expect(load.sent.length).toBeGreaterThan(200), 10_000);
    const { code, took } = await stop(program);
    await load.stop();
    expect(code).toBe(0);
    expect(took).toBeLessThan(STOP_MS_UNHINDERED);
    await assertExact(opened.database, pages, load.sent);
  });

  test('a database that is locked for longer: exit 1 in time, naming what is left', async () => {
    const { opened, pages } = await open();
    const program = await start(opened.url, { PAGE_CACHE_MS: '60000', IMPRESSION_PUSH_MS: '10' });
    const [page = 0] = pages.keys();
    await fetch(`${program.url}/api/v1/pages/${page}/`);
    await eventually(async () => expect([...(await readCounters(opened.database)).values()]).toContain(1));
    const { promise: release, resolve } = Promise.withResolvers<void>();
    const { promise: locked, resolve: hasLocked } = Promise.withResolvers<void>();
    const holding = opened.database.tx(async (tx) => {
      if (tx.dialect === 'postgres') await tx.rows(sql`lock table pages_videocontent in access exclusive mode`);
      hasLocked();
      await release;
    });
    await locked;
    expect((await fetch(`${program.url}/api/v1/pages/${page}/`)).status).toBe(200);
    const { code, took } = await stop(program);
    resolve();
    await holding;
    expect(code).toBe(1);
    expect(took).toBeLessThan(STOP_MS_MAX);
    expect(program.log()).toContain(`${pages.get(page)?.length} view(s) could not be stored`);
  });

  // A file cannot be cut off, and its reads do not wait.
  if (dialect === 'sqlite') return;

  test('an answer that waits for the database is sent when it comes, and counted', async () => {
    const { opened, pages } = await open();
    const program = await start(opened.url);
    const [page = 0] = pages.keys();
    const { promise: locked, resolve: hasLocked } = Promise.withResolvers<void>();
    const { promise: release, resolve } = Promise.withResolvers<void>();
    const holding = opened.database.tx(async (tx) => {
      await tx.rows(sql`lock table pages_page in access exclusive mode`);
      hasLocked();
      await release;
    });
    await locked;
    const answer = fetch(`${program.url}/api/v1/pages/${page}/`);
    await eventually(async () => {
      const [row] = await opened.database.rows(sql`select count(*) as n from pg_locks where not granted`);
      expect(Number(row?.n)).toBe(1);
    });
    const stopping = stop(program);
    await eventually(() => expect(program.log()).toContain('"message":"stopping"'));
    expect(await Promise.race([stopping, Bun.sleep(200).then(() => 'waits')])).toBe('waits');
    resolve();
    await holding;
    expect((await answer).status).toBe(200);
    expect((await stopping).code).toBe(0);
    for (const content of pages.get(page) ?? []) expect((await readCounters(opened.database)).get(content)).toBe(1);
  });

  test('a database that is away: exit 1 in time, naming what is left', async () => {
    const { opened, pages } = await open();
    const url = new URL(opened.url);
    const wire = await startTcpProxy(Number(url.port));
    cleanups.push(() => wire.cut());
    url.port = String(wire.port);
    const program = await start(url.href, { PAGE_CACHE_MS: '60000', IMPRESSION_PUSH_MS: '10' });
    const [page = 0] = pages.keys();
    await fetch(`${program.url}/api/v1/pages/${page}/`);
    await eventually(async () => expect([...(await readCounters(opened.database)).values()]).toContain(1));
    await wire.cut();
    expect((await fetch(`${program.url}/api/v1/pages/${page}/`)).status).toBe(200);
    const { code, took } = await stop(program);
    expect(code).toBe(1);
    expect(took).toBeLessThan(STOP_MS_MAX);
    expect(program.log()).toContain(`${pages.get(page)?.length} view(s) could not be stored`);
  });
});
