/** The executable under load, killed, stopped and cut off: what its counters say afterwards. */

import { afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { toText } from '../../src/db/rows.ts';
import { createTestDatabase, type TestDatabase } from '../help/databases.ts';
import { buildBinary, startProgram } from '../help/program.ts';
import { randomOf } from '../help/random.ts';
import { IS_FULL_RUN } from './faults/limits.ts';
import { assertBalanced, assertExact, createPages, type Load, readCounters, startLoad, viewsOf } from './load.ts';

const KILLS = IS_FULL_RUN ? 50 : 20;
const STOPS = 5;
const CLIENTS = 8;
const CONNECTIONS_ENDED = 13;
const PUSH_MS = 50;
/** One transaction, and how late timers and processes may be on a busy machine. */
const SLACK_MS = 250;
const BUILD_TIMEOUT_MS = 120_000;
const TEST_TIMEOUT_MS = IS_FULL_RUN ? 300_000 : 90_000;

describe('the executable under load', () => {
  const seed = Number(process.env.TEST_SEED) || Math.floor(Math.random() * 2 ** 31);
  let binary: string;
  let opened: TestDatabase | undefined;
  let load: Load | undefined;

  beforeAll(async () => {
    process.stderr.write(`TEST_SEED=${seed}\n`);
    binary = await buildBinary();
  }, BUILD_TIMEOUT_MS);
  afterEach(async () => {
    await load?.stop();
    await opened?.drop();
    load = undefined;
    opened = undefined;
  });

  function start(url: string) {
    return startProgram([binary], [], { settings: { DATABASE_URL: url, IMPRESSION_PUSH_MS: `${PUSH_MS}` } });
  }

  test(
    `killed ${KILLS} times: never too many, and lost is at most what was answered in the last moments`,
    async () => {
      const random = randomOf(seed);
      opened = await createTestDatabase('sqlite');
      const { database } = opened;
      const pages = await createPages(database);
      let lostViews = 0;
      let answeredViews = 0;
      for (let round = 0; round < KILLS; round++) {
        const before = await readCounters(database);
        const program = await start(opened.url);
        load = startLoad([program.url], pages, CLIENTS);
        await Bun.sleep(500 + random() * 800);
        const killedAt = performance.now();
        expect(await program.end('SIGKILL')).toBe(137);
        await load.stop();

        const [check] = await database.tx((tx) => tx.rows(sql`pragma integrity_check`));
        expect(toText(check?.integrity_check)).toBe('ok');
        await assertBalanced(database);
        const after = await readCounters(database);
        const sent = viewsOf(pages, load.sent, () => true);
        const answered = viewsOf(pages, load.sent, ({ answeredAt }) => answeredAt !== undefined);
        // Counted back from the last answer: on a slow disk it stands still in a write, and answers nothing until it is killed.
        const lastAt = load.sent.reduce((last, { answeredAt = 0 }) => Math.max(last, answeredAt), 0);
        const since = Math.min(killedAt, lastAt) - PUSH_MS - SLACK_MS;
        const recent = viewsOf(pages, load.sent, ({ answeredAt }) => answeredAt !== undefined && answeredAt > since);
        for (const [content, counter] of after) {
          const growth = counter - (before.get(content) ?? 0);
          const lost = (answered.get(content) ?? 0) - growth;
          const bounds = { tooMany: growth > (sent.get(content) ?? 0), lostTooMuch: lost > (recent.get(content) ?? 0) };
          expect({ round, content, growth, lost, ...bounds }).toEqual({
            round,
            content,
            growth,
            lost,
            tooMany: false,
            lostTooMuch: false,
          });
          lostViews += Math.max(0, lost);
          answeredViews += answered.get(content) ?? 0;
        }
      }
      expect(answeredViews).toBeGreaterThan(KILLS * CLIENTS);
      process.stderr.write(`lost ${lostViews} of ${answeredViews} views in ${KILLS} kills\n`);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    `stopped ${STOPS} times by SIGTERM: exit 0, and nothing answered is lost`,
    async () => {
      const random = randomOf(seed + 1);
      opened = await createTestDatabase('sqlite');
      const pages = await createPages(opened.database);
      const sent: Load['sent'][number][] = [];
      for (let round = 0; round < STOPS; round++) {
        const program = await start(opened.url);
        load = startLoad([program.url], pages, CLIENTS);
        await Bun.sleep(300 + random() * 500);
        expect(await program.end('SIGTERM')).toBe(0);
        await load.stop();
        sent.push(...load.sent);
        await assertExact(opened.database, pages, sent);
      }
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'two processes on one SQLite file add up exactly',
    async () => {
      opened = await createTestDatabase('sqlite');
      const pages = await createPages(opened.database);
      const programs = [await start(opened.url), await start(opened.url)];
      load = startLoad(
        programs.map(({ url }) => url),
        pages,
        CLIENTS,
      );
      await Bun.sleep(2000);
      expect(await Promise.all(programs.map((program) => program.end('SIGTERM')))).toEqual([0, 0]);
      await load.stop();
      await assertExact(opened.database, pages, load.sent);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'on Postgres, with its connections ended again and again, then stopped by SIGTERM: exact',
    async () => {
      opened = await createTestDatabase('postgres');
      const { database } = opened;
      const pages = await createPages(database);
      const program = await start(opened.url);
      load = startLoad([program.url], pages, CLIENTS);
      let ended = 0;
      // On a busy machine it may not have another yet.
      while (ended < CONNECTIONS_ENDED) {
        await Bun.sleep(150);
        const rows = await database.tx((tx) =>
          tx.rows(sql`select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()`),
        );
        ended += rows.length;
      }
      await Bun.sleep(300);
      const exit = await program.end('SIGTERM');
      await load.stop();
      expect([exit, exit === 0 ? '' : program.log()]).toEqual([0, '']);
      await assertExact(database, pages, load.sent);
    },
    TEST_TIMEOUT_MS,
  );
});
