/** The beat's schedule while what it works on is away: no row ends, and each says what is wrong. */
import { afterEach, describe, expect, test } from 'bun:test';
import { type App, openApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { startBeat } from '../../src/roles/beat.ts';
import type { Schedule } from '../../src/roles/cleaning.ts';
import { createTestDatabase, DIALECTS } from '../help/databases.ts';
import { eventually } from '../help/eventually.ts';
import { startRedis, type TestRedis } from '../help/redis.ts';

const EACH_SECOND = '* * * * * *';
const PATIENCE_MS = 20_000;
const TICKS = 3;
/** What a flush says of itself, at most once in ten seconds. */
const FLUSH_FAILED = 'views wait in Redis: they could not be brought into the database';

describe.each(DIALECTS)('every row of the schedule, ticking each second on %s', (dialect) => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const clean of cleanups.splice(0).reverse()) await clean();
  });

  /** A beat on a Redis and a database that are there. */
  async function open(): Promise<Scene> {
    const opened = await createTestDatabase(dialect);
    const redis = await startRedis();
    cleanups.push(() => opened.drop(), redis.stop);
    let text = '';
    const log = createLog('info', 'json', (line) => {
      text += line;
    });
    const config = readConfig({ DATABASE_URL: opened.url, REDIS_URL: redis.url });
    const app = await openApp(config, log, { hasAllRoles: false, hasWeb: false });
    cleanups.push(() => app.close());
    const names: string[] = [];
    const beat = startBeat(app, ({ name }: Schedule) => {
      names.push(name);
      return EACH_SECOND;
    });
    cleanups.push(() => beat.stop());
    const runs = () => beat.state()?.runs ?? 0;
    await eventually(() => expect(names).toContain('remove old dead jobs'), PATIENCE_MS);
    return { app, redis, names, runs, count: (line) => text.split(`"message":"${line}`).length - 1 };
  }

  test('goes on while Redis is away, logs each error, and works again when it is back', async () => {
    const { redis, names, runs, count } = await open();
    await eventually(() => expect(runs()).toBeGreaterThan(0), PATIENCE_MS);
    await redis.kill('SIGKILL');
    await eventually(() => expect(count('remove old dead jobs failed')).toBeGreaterThanOrEqual(TICKS), PATIENCE_MS);
    expect(count(FLUSH_FAILED)).toBeGreaterThan(0);
    const before = runs();
    await eventually(() => expect(runs()).toBeGreaterThan(before + 1), PATIENCE_MS);
    // The others need no Redis.
    for (const name of names.filter((name) => name !== 'remove old dead jobs')) {
      expect([name, count(`${name} failed`)]).toEqual([name, 0]);
    }
    await redis.start();
    await eventually(() => expect(count('views reach the database again')).toBe(1), PATIENCE_MS);
  });

  test('goes on while the database is away too, and logs each error', async () => {
    const { app, redis, names, runs, count } = await open();
    await eventually(() => expect(runs()).toBeGreaterThan(0), PATIENCE_MS);
    await redis.kill('SIGKILL');
    await app.database.close();
    // A flush never throws: it says so by itself.
    const failing = names.filter((name) => name !== 'flush');
    expect(failing.length).toBeGreaterThan(2);
    await eventually(() => {
      for (const name of failing) {
        expect([name, count(`${name} failed`) >= TICKS]).toEqual([name, true]);
      }
    }, PATIENCE_MS);
    expect(count(FLUSH_FAILED)).toBeGreaterThan(0);
  });
});

interface Scene {
  readonly app: App;
  readonly redis: TestRedis;
  /** Of the rows, in order. */
  readonly names: readonly string[];
  /** How often the flush has run. */
  runs(): number;
  /** How many lines of the log begin so. */
  count(line: string): number;
}
