/** From the answer to the row: how long until the views of an opened page are in the database, all roles as separate processes. */
import { sql } from 'drizzle-orm';
import type { Database } from '../../src/db/connection.ts';
import { openDatabase } from '../../src/db/open.ts';
import type { RedisBinary } from '../help/redis_binary.ts';
import { type Bench, type Filled, fill, startParts } from './bench.ts';
import { CONTENTS_PER_PAGE } from './content.ts';
import { beginSection, findInstalledRedis, findRedis8, startBenchRedis } from './redis.ts';
import { judge, median, row, say } from './table.ts';

/** So that samples meet the beat at any moment of its round, they are spread over several. */
const SPREAD_MS = { full: 24_000, quick: 6000 };
const SAMPLES = 50;
const POLL_MS = 5;
const LAG_MS_MAX = 30_000;
/** The beat ticks each second. */
const TICK_SECONDS = 1;
/** With everysec: one to two seconds before 7.2; since then as long as the next fsync takes. */
const GATE_SECONDS = { '7': 2, '8': 1 };

/** A hub under measurement. */
interface Case {
  readonly name: string;
  readonly gateSeconds: number;
  readonly port: number;
  /** It opens the SAMPLES pages from this one on. */
  readonly firstPage: number;
}

export async function measureLag(bench: Bench): Promise<void> {
  const [installed, newest, url] = [await findInstalledRedis(), await findRedis8(), await bench.createPostgres()];
  if (!beginSection('lag', { Redis: installed, Postgres: url }) || !installed || !url) return;
  const binaries = installed.version === newest?.version ? [installed] : [installed, newest];
  const found = binaries.filter((binary) => binary !== undefined);
  // No content is on two of the pages that are opened: all hubs count in one database, and each row tells of one opening.
  const pages = found.length * 2 * SAMPLES;
  const filled = await fill(bench, 'Postgres', url, pages, (pages + 1) * CONTENTS_PER_PAGE);
  const database = openDatabase({ dialect: 'postgres', url });
  bench.atEnd(() => database.close());
  const cases: Case[] = [];
  for (const binary of found) {
    for (const gate of ['auto', 'off'] as const) {
      cases.push(await startCase(bench, filled, binary, gate, 1 + cases.length * SAMPLES));
    }
  }
  const spreadMs = bench.isQuick ? SPREAD_MS.quick : SPREAD_MS.full;
  const lags = await measureAll(database, cases, spreadMs);
  row([
    `lag, answer to row (${SAMPLES} openings in ${spreadMs / 1000} s)`,
    'median, s',
    'max, s',
    'tick + gate',
    'ratio',
  ]);
  for (const [index, { name, gateSeconds }] of cases.entries()) {
    const seconds = (lags[index] ?? []).map((ms) => ms / 1000);
    const limit = TICK_SECONDS + gateSeconds;
    const ratio = median(seconds) / limit;
    const cells = [name, median(seconds).toFixed(2), Math.max(...seconds).toFixed(2), limit.toFixed(2)];
    judge(cells, ratio, '≤ 1.00', ratio <= 1);
  }
  say();
}

async function startCase(
  bench: Bench,
  { settings }: Filled,
  binary: RedisBinary,
  gate: 'auto' | 'off',
  firstPage: number,
): Promise<Case> {
  const redis = await startBenchRedis(bench, binary);
  const { web } = await startParts(bench, { ...settings, REDIS_URL: redis.url, FLUSH_GATE: gate });
  const isOld = Number.parseFloat(binary.version) < 7.2;
  const gateSeconds = gate === 'off' ? 0 : GATE_SECONDS[isOld ? '7' : '8'];
  const name = `Redis ${binary.version}, everysec, gate ${gate === 'off' ? 'off' : `of ≤ ${gateSeconds} s`}`;
  return { name, gateSeconds, port: web.port, firstPage };
}

/** Opens the pages of all cases side by side. @returns the lags of each case, in ms */
async function measureAll(database: Database, cases: readonly Case[], spreadMs: number): Promise<number[][]> {
  const arrivals = watchRows(database);
  const measured = await Promise.all(cases.map((each) => openPages(each, spreadMs)));
  const last = performance.now();
  const total = cases.length * SAMPLES * CONTENTS_PER_PAGE;
  while (arrivals.seen.size < total && performance.now() - last < LAG_MS_MAX) await Bun.sleep(POLL_MS);
  await arrivals.end();
  return measured.map((answers) =>
    answers.map(({ rows, at }) => {
      const times = rows.map((name) => arrivals.seen.get(name) ?? Number.NaN);
      if (times.some(Number.isNaN)) throw new Error(`views of ${rows.join(', ')} did not arrive`);
      return Math.max(...times) - at;
    }),
  );
}

/** An answer: the rows it is counted in, and when it was there. */
interface Answer {
  readonly rows: readonly string[];
  readonly at: number;
}

async function openPages({ port, firstPage }: Case, spreadMs: number): Promise<Answer[]> {
  const began = performance.now();
  const answers: Answer[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    await Bun.sleep(began + ((sample + Math.random()) * spreadMs) / SAMPLES - performance.now());
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/pages/${firstPage + sample}/`);
    const text = await answer.text();
    const at = performance.now();
    if (answer.status !== 200) throw new Error(`a page was answered with ${answer.status}`);
    const { contents }: { contents: { id: number; type: string }[] } = JSON.parse(text);
    answers.push({ rows: contents.map(({ id, type }) => `${type} ${id}`), at });
  }
  return answers;
}

/** Asks again and again which contents have been counted, and notes when each was seen first. */
function watchRows(database: Database): { readonly seen: ReadonlyMap<string, number>; end(): Promise<void> } {
  const seen = new Map<string, number>();
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const rows = await database.rows(sql`
        select 'video ' || id as name from pages_videocontent where counter > 0
        union all select 'audio ' || id from pages_audiocontent where counter > 0`);
      const now = performance.now();
      for (const { name } of rows) if (!seen.has(String(name))) seen.set(String(name), now);
      await Bun.sleep(POLL_MS);
    }
  })();
  // Asked for at the end; an error before that is not for nobody to catch.
  watching.catch(() => {});
  return {
    seen,
    async end() {
      isOver = true;
      await watching;
    },
  };
}
