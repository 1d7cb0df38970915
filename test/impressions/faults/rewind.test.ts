/**
 * Redis after a crash: it comes back as it was a moment earlier, and the database does not.
 *
 * To a moment after the seal it may go back as often as it likes: the batch is the same, and the ledger knows it. A moment before the
 * seal is another matter: the views lie in the live hash and in the queue again, and are sealed under new ids. The gate sees to it that
 * such a moment is never older than what was applied; where Redis goes back further (a backup), the ledger holds what it can tell.
 */
import { describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { toInteger, toText } from '../../../src/db/rows.ts';
import { eventually } from '../../help/eventually.ts';
import type { RedisBinary } from '../../help/redis_binary.ts';
import { type Counts, sumCounts } from './books.ts';
import { holdFsync, holdFsyncMissing } from './fsync.ts';
import { TEST_TIMEOUT_MS, WAIT_MS_MAX } from './limits.ts';
import { SERVERS } from './servers.ts';
import { type Stage, withStage } from './stage.ts';

const JOBS = 40;

/** Views held because Redis went back in time. */
async function readHeld({ database }: Stage): Promise<Counts> {
  const rows = await database.rows(
    sql`select label, id, sum(n) as n from impression_orphans where reason = 'rewound' group by label, id`,
  );
  return new Map(rows.map((row) => [`${toText(row.label)}:${toText(row.id)}`, toInteger(row.n)]));
}

/** Counters, as the ledger and the books have them, once the last views are in. */
async function expectCounts(stage: Stage, expected: Counts, held: Counts): Promise<void> {
  await stage.assertCounts(expected);
  expect(Object.fromEntries(await readHeld(stage))).toEqual(Object.fromEntries(held));
}

function queueIsEmpty({ redis }: Stage): Promise<void> {
  return eventually(async () => expect(await redis.command('LLEN', 'views:queue')).toBe(0), WAIT_MS_MAX);
}

/** Views that a worker has counted and no beat has sealed. */
async function countWithoutBeat(stage: Stage): Promise<Counts> {
  const worker = await stage.start(['worker']);
  const views = await stage.pushJobs(JOBS);
  await queueIsEmpty(stage);
  expect(await worker.end('SIGTERM')).toBe(0);
  return views;
}

/** Views that went all the way. */
async function countToTheEnd(stage: Stage): Promise<Counts> {
  const programs = [await stage.start(['worker']), await stage.start(['beat'])];
  const views = await stage.pushJobs(JOBS);
  await stage.assertCounts(views);
  for (const program of programs) expect(await program.end('SIGTERM')).toBe(0);
  return views;
}

/**
 * Redis is put back to before the seal of a batch that was applied, and acknowledged, and followed by another: what a backup does.
 * Its views are held for the operator, once; all that comes later is counted.
 */
async function restoreBackup(binary: RedisBinary, appendfsync: string): Promise<void> {
  await withStage({ redisBinary: binary, redisConfig: { appendfsync } }, async (stage) => {
    const { redis } = stage;
    const first = await countToTheEnd(stage);
    const second = await countWithoutBeat(stage);
    const backup = await redis.copyData();
    await stage.start(['worker']);
    const beat = await stage.start(['beat']);
    await stage.drained();
    const third = await stage.pushJobs(JOBS);
    await expectCounts(stage, sumCounts([first, second, third]), new Map());

    for (let time = 1; time <= 2; time++) {
      await redis.kill('SIGKILL');
      await redis.restoreData(backup);
      await redis.start();
      // The second time another batch with the same views is held: nobody can tell that they are the same.
      const held = sumCounts(Array.from({ length: time }, () => second));
      await eventually(
        async () => expect(Object.fromEntries(await readHeld(stage))).toEqual(Object.fromEntries(held)),
        WAIT_MS_MAX,
      );
      await expectCounts(stage, sumCounts([first, second, third]), held);
    }
    const fourth = await stage.pushJobs(JOBS);
    await expectCounts(stage, sumCounts([first, second, third, fourth]), sumCounts([second, second]));
    expect(beat.log()).toContain('Redis went back in time');
  });
}

interface Crash {
  readonly binary: RedisBinary;
  readonly gate: 'auto' | 'off';
  /** The beat that seals is killed before it asks the gate; another takes the batch up. */
  readonly isResumed: boolean;
}

/**
 * The machine of Redis crashes when a batch is sealed, and with `gate: 'off'` applied, whose seal never reached the disk. One half of
 * its views was in the live hash at that moment, the other in the queue: the first comes back and is sealed under the number that the
 * batch had, and the ledger sees that; the second is counted again and sealed under the next number, and nothing sees that.
 */
async function crash({ binary, gate, isResumed }: Crash): Promise<void> {
  await withStage({ redisBinary: binary, redisConfig: { appendfsync: 'everysec' } }, async (stage) => {
    const { redis } = stage;
    const first = await countToTheEnd(stage);
    const counted = await countWithoutBeat(stage);
    const queued = await stage.pushJobs(JOBS);
    const settings = { FLUSH_GATE: gate };
    const disk = await holdFsync(redis);
    try {
      const worker = await stage.start(['worker']);
      await queueIsEmpty(stage);
      if (isResumed) {
        const killed = await stage.start(['beat'], { settings, failpoints: 'flush.sealed=kill@1' });
        expect(await killed.ended()).toBe(137);
      }
      await stage.start(['beat'], { settings });
      if (gate === 'off') await stage.assertCounts(sumCounts([first, counted, queued]));
      else await gateAnswers(stage, isResumed ? 3 : 2);
      expect(await worker.end('SIGTERM')).toBe(0);
      await disk.crash();
    } finally {
      await disk.end();
    }
    await redis.start();
    await eventually(async () => expect(await hasCounted(stage)).toBe(false), WAIT_MS_MAX);
    await stage.start(['worker']);
    if (gate === 'auto') await expectCounts(stage, sumCounts([first, counted, queued]), new Map());
    else await expectCounts(stage, sumCounts([first, counted, queued, queued]), counted);
  });
}

/** Whether views are counted, sealed or not, that were not acknowledged. */
async function hasCounted({ redis }: Stage): Promise<boolean> {
  const keys = await redis.command('KEYS', 'views:[cf]*:*');
  return Array.isArray(keys) && keys.length > 0;
}

/**
 * Waits until the gate has refused: the batches were handed out so many times, and each time but the first because they had not been
 * applied. Or until it let them pass, which the counters will tell.
 */
function gateAnswers(stage: Stage, tries: number): Promise<void> {
  return eventually(async () => {
    if (!(await hasCounted(stage))) return;
    const entries = await stage.redis.command('HVALS', 'views:flushing');
    const counted = Array.isArray(entries) ? entries.map((entry) => Number(String(entry).split('|')[4])) : [];
    expect(counted.length).toBeGreaterThan(0);
    expect(Math.min(...counted)).toBeGreaterThanOrEqual(tries);
  }, WAIT_MS_MAX);
}

describe.each(SERVERS)('$name that comes back younger than it was', ({ binary, missing }) => {
  for (const appendfsync of ['everysec', 'always']) {
    const name = `from a backup, appendfsync ${appendfsync}: what may be counted twice is held, and the rest counted once`;
    if (binary === undefined) test.skip(`${name} (${missing})`, () => {});
    else test.concurrent(name, () => restoreBackup(binary, appendfsync), TEST_TIMEOUT_MS);
  }

  for (const [gate, isResumed, name] of [
    ['auto', false, 'crashed before the seal was on the disk: nothing was applied, and nothing counts twice'],
    ['auto', true, 'the same when the beat was killed after the seal and another took the batch up'],
    ['off', false, 'FLUSH_GATE=off: the same crash counts views twice'],
  ] as const) {
    const reason = missing ?? holdFsyncMissing;
    if (binary === undefined || reason !== undefined) test.skip(`${name} (${reason})`, () => {});
    else test.concurrent(name, () => crash({ binary, gate, isResumed }), TEST_TIMEOUT_MS);
  }
});
