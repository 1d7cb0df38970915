/**
 * A hub of webs, workers and a beat at full load for minutes, while contents are edited and one process after the other is told
 * to stop and started again: every answer is counted once, and no process grows. Only when it is named: `make bench ARGS=soak`.
 */
import { sql } from 'drizzle-orm';
import { video } from '../../src/contents/video.ts';
import type { Database } from '../../src/db/connection.ts';
import { openDatabase } from '../../src/db/open.ts';
import { toInteger } from '../../src/db/rows.ts';
import { findContent, updateContent } from '../../src/store/contents.ts';
import { TESTER } from '../help/actor.ts';
import { type Bench, fill } from './bench.ts';
import { CONTENTS_PER_PAGE } from './content.ts';
import { beginSection, findInstalledRedis, startBenchRedis } from './redis.ts';
import { measureRate, type Server, startServer } from './servers.ts';
import { judge, median, say } from './table.ts';

const MINUTES = { full: 10, quick: 1 };
const PAGES = 1000;
const CONTENTS = 500;
const CONNECTIONS = 16;
const PIECE_SECONDS = 5;
const CLIENTS = 4;
const RESTART_MS = 4000;
const EDIT_MS = 100;
const SAMPLE_MS = 1000;
const WEB_MB_MAX = 150;
const GROWTH_MAX = 1.1;
const SETTLE_MS_MAX = 60_000;
const SETTLE_POLL_MS = 200;

export async function measureSoak(bench: Bench): Promise<void> {
  const [binary, url] = [await findInstalledRedis(), await bench.createPostgres()];
  if (!beginSection('soak', { Redis: binary, Postgres: url }) || !binary || !url) return;
  const redis = await startBenchRedis(bench, binary);
  const { settings } = await fill(bench, 'Postgres', url, PAGES, CONTENTS);
  const database = openDatabase({ dialect: 'postgres', url });
  bench.atEnd(() => database.close());
  const start = (role: string) =>
    startServer([bench.program, `--${role}`], '/livez', { ...settings, REDIS_URL: redis.url });

  const lasting = { web: await start('web'), worker: await start('worker') };
  const passing = new Map<string, Server>();
  for (const role of ['web', 'worker', 'beat']) passing.set(role, await start(role));
  bench.atEnd(() => Promise.all([...Object.values(lasting), ...passing.values()].map((server) => server.stop())));

  const minutes = bench.isQuick ? MINUTES.quick : MINUTES.full;
  const end = performance.now() + minutes * 60_000;
  const isOver = () => performance.now() >= end;
  const clients = startClients(passing, isOver);
  const [generated, restarts, edits, memory, asked] = await Promise.all([
    generate(lasting.web, isOver),
    restartInTurn(passing, start, clients, isOver),
    edit(database, isOver),
    sample(lasting, isOver),
    clients.done,
  ]);

  const expected = (generated + asked) * CONTENTS_PER_PAGE;
  const counted = await settle(database, expected);
  say(`soak, ${minutes} min: ${generated + asked} answers, ${edits} edits, ${restarts} restarts by SIGTERM`);
  say(`${counted} views counted, ${expected} expected`);
  if (counted !== expected) throw new Error('views were lost or counted twice');
  for (const [role, samples] of Object.entries(memory)) {
    const quarter = Math.ceil(samples.length / 4);
    const [early, late] = [median(samples.slice(quarter, 2 * quarter)), median(samples.slice(-quarter))];
    const cells = [`--${role}, MB: last quarter beside the second`, late.toFixed(0), early.toFixed(0)];
    judge(cells, late / early, `≤ ${GROWTH_MAX.toFixed(2)}`, late / early <= GROWTH_MAX);
  }
  const most = Math.max(...memory.web);
  judge(['--web, MB: the most', most.toFixed(0), String(WEB_MB_MAX)], most / WEB_MB_MAX, '≤ 1.00', most <= WEB_MB_MAX);
  say();
}

/** Full load on one web. @returns its answers */
async function generate(web: Server, isOver: () => boolean): Promise<number> {
  const load = { path: '/api/v1/pages/{id}/', ids: PAGES, connections: CONNECTIONS, seconds: PIECE_SECONDS };
  let answers = 0;
  while (!isOver()) answers += (await measureRate(web, load, undefined)).requests;
  return answers;
}

interface Clients {
  /** Nobody asks the passing web any more, once what is under way has been answered. */
  pause(): Promise<void>;
  resume(): void;
  /** @returns the answers; fails with the first request that got none */
  readonly done: Promise<number>;
}

/** Clients of the web that is restarted, as behind a proxy that knows when it is not ready. */
function startClients(passing: ReadonlyMap<string, Server>, isOver: () => boolean): Clients {
  let gate: PromiseWithResolvers<void> | undefined;
  const active = new Set<Promise<void>>();
  let answers = 0;
  async function ask(): Promise<void> {
    const id = 1 + Math.floor(Math.random() * PAGES);
    const answer = await fetch(`http://127.0.0.1:${passing.get('web')?.port}/api/v1/pages/${id}/`);
    await answer.bytes();
    if (answer.status !== 200) throw new Error(`a page was answered with ${answer.status}`);
    answers += 1;
  }
  const loops = Array.from({ length: CLIENTS }, async () => {
    while (!isOver()) {
      await gate?.promise;
      const asking = ask();
      active.add(asking);
      await asking;
      active.delete(asking);
    }
  });
  return {
    async pause() {
      gate = Promise.withResolvers();
      await Promise.all(active);
    },
    resume() {
      gate?.resolve();
      gate = undefined;
    },
    done: Promise.all(loops).then(() => answers),
  };
}

/** Tells one process after the other to stop, and starts it again. @returns how often */
async function restartInTurn(
  passing: Map<string, Server>,
  start: (role: string) => Promise<Server>,
  clients: Clients,
  isOver: () => boolean,
): Promise<number> {
  let restarts = 0;
  while (!isOver()) {
    for (const [role, server] of passing) {
      await Bun.sleep(RESTART_MS);
      if (role === 'web') await clients.pause();
      const code = await server.stop();
      if (code !== 0) throw new Error(`a ${role} that was told to stop ended with ${code}`);
      passing.set(role, await start(role));
      if (role === 'web') clients.resume();
      restarts += 1;
      if (isOver()) break;
    }
  }
  return restarts;
}

/** Saves contents that are being counted. @returns how often */
async function edit(database: Database, isOver: () => boolean): Promise<number> {
  let edits = 0;
  while (!isOver()) {
    const id = 1 + (edits % CONTENTS);
    await database.tx(async (tx) => {
      const found = await findContent(tx, video, id);
      if (found === undefined) throw new Error(`video ${id} is gone`);
      const input = { ...found.fields, title: `Video ${id}, edited ${edits}` };
      await updateContent(tx, TESTER, video, id, found.version, input);
    });
    edits += 1;
    await Bun.sleep(EDIT_MS);
  }
  return edits;
}

async function sample<Role extends string>(
  servers: Readonly<Record<Role, Server>>,
  isOver: () => boolean,
): Promise<Record<string, number[]> & { web: number[] }> {
  const samples: Record<string, number[]> & { web: number[] } = { web: [] };
  while (!isOver()) {
    for (const [role, server] of Object.entries<Server>(servers)) {
      const list = samples[role] ?? [];
      list.push(server.memory());
      samples[role] = list;
    }
    await Bun.sleep(SAMPLE_MS);
  }
  return samples;
}

/** Waits until so many views are counted, or nothing more comes. */
async function settle(database: Database, expected: number): Promise<number> {
  const deadline = performance.now() + SETTLE_MS_MAX;
  for (;;) {
    const [row] = await database.rows(sql`
      select (select sum(counter) from pages_videocontent) + (select sum(counter) from pages_audiocontent) as n`);
    const counted = toInteger(row?.n);
    if (counted >= expected || performance.now() > deadline) return counted;
    await Bun.sleep(SETTLE_POLL_MS);
  }
}
