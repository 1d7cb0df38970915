/** Bringing counted views from a real Redis into both databases, through everything that may come between. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { audio } from '../../src/contents/audio.ts';
import { video } from '../../src/contents/video.ts';
import type { Database } from '../../src/db/connection.ts';
import { toInteger, toText } from '../../src/db/rows.ts';
import { FAILPOINTS, type Failpoint, type Reach } from '../../src/failpoints.ts';
import { createFlush, type Flush } from '../../src/impressions/flush.ts';
import { ingest } from '../../src/impressions/ingest.ts';
import { openRedis, type RedisConnection } from '../../src/impressions/redis.ts';
import { parseRedisAddress } from '../../src/redis_address.ts';
import { createContent, removeContent } from '../../src/store/contents.ts';
import { TESTER } from '../help/actor.ts';
import { createTestDatabase, DIALECTS, type TestDatabase } from '../help/databases.ts';
import { startRedis, type TestRedis } from '../help/redis.ts';
import { connect, createKeptLog, type JobViews, jobOf, keys, readHash, readKeys, readList } from './pipeline.ts';

const VIDEO = video.label;
const AUDIO = audio.label;
const BATCH_ROWS = 100;

let redis: TestRedis;
let connection: RedisConnection;
const log = createKeptLog();

beforeAll(async () => {
  redis = await startRedis();
  connection = await connect(redis, log, 20_000);
});
afterAll(async () => {
  connection.close();
  await redis.stop();
});

describe.each(DIALECTS)('a flush into %s', (dialect) => {
  let opened: TestDatabase;
  let films: number[];
  let text: number;
  let flush: Flush;

  beforeAll(async () => {
    opened = await createTestDatabase(dialect);
  });
  afterAll(() => opened.drop());
  beforeEach(async () => {
    await redis.command('FLUSHALL');
    log.clear();
    await opened.database.tx(async (tx) => {
      for (const table of ['impression_ledger', 'impression_orphans', 'pages_videocontent', 'pages_audiocontent']) {
        await tx.rows(sql`delete from ${sql.identifier(table)}`);
      }
      const create = () =>
        createContent(tx, TESTER, video, { title: 'Film', file_url: 'https://example.org/film.mp4' });
      films = [await create(), await create(), await create()];
      text = await createContent(tx, TESTER, audio, { title: 'Text', text: 'Text' });
    });
    flush = open();
  });

  /** A flush of its own, as another process would have it. */
  function open(reach: Reach = async () => {}, database = opened.database, through = connection): Flush {
    return createFlush({
      database,
      connection: through,
      dial: () => connect(redis, log),
      keys,
      batchRows: BATCH_ROWS,
      hasGate: false,
      log,
      reach,
      sleep: (ms) => Bun.sleep(ms),
    });
  }
  /** A flush that fails the first time that it gets there. */
  function failingAt(place: Failpoint): Flush {
    let times = 0;
    return open(async (reached) => {
      if (reached === place && times++ === 0) throw new Error(`fails at ${place}`);
    });
  }
  /** A flush that waits when it gets there for the first time. */
  function waitingAt(place: Failpoint): { flush: Flush; reached: Promise<void>; goOn(): void } {
    const [there, allowed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const waiting = open(async (reached) => {
      if (reached !== place) return;
      there.resolve();
      await allowed.promise;
    });
    return { flush: waiting, reached: there.promise, goOn: allowed.resolve };
  }

  async function count(views: JobViews): Promise<void> {
    await redis.command('RPUSH', keys.queue, jobOf(views));
    expect((await ingest(connection.node(), keys, 3600)).counted).toBe(1);
  }
  /** Views of the films, by place. */
  const ofFilms = (...times: number[]): JobViews => ({
    [VIDEO]: Object.fromEntries(times.map((n, place) => [String(films[place]), n]).filter(([, n]) => n !== 0)),
  });
  async function counters(): Promise<number[]> {
    const rows = await opened.database.rows(sql`
      select id, counter, 0 as kind from pages_videocontent union all select id, counter, 1 from pages_audiocontent order by kind, id`);
    return rows.map((row) => toInteger(row.counter));
  }
  async function orphans(): Promise<unknown[]> {
    const rows = await opened.database.rows(
      sql`select label, id, n, reason from impression_orphans order by label, id`,
    );
    return rows.map((row) => [toText(row.label), toText(row.id), toInteger(row.n), toText(row.reason)]);
  }
  async function ledger(): Promise<[string, number, number][]> {
    const rows = await opened.database.rows(
      sql`select label, last_seq, views_total from impression_ledger order by label`,
    );
    return rows.map((row) => [toText(row.label), toInteger(row.last_seq), toInteger(row.views_total)]);
  }
  /** No key is left but those that always are. */
  async function assertDrained(): Promise<void> {
    const left = (await readKeys(redis)).filter((key) => !key.startsWith(keys.dedupPrefix));
    expect(left).toEqual([keys.labels, keys.progress, keys.seq, keys.source].sort());
  }

  test('adds what was counted to the counters, and leaves nothing of it in Redis', async () => {
    expect(await flush.run()).toBe('done');
    await count({ ...ofFilms(5, 6), [AUDIO]: { [text]: 2 } });
    await count(ofFilms(1, 0, 3));
    expect(await flush.run()).toBe('done');
    expect(await counters()).toEqual([6, 6, 3, 2]);
    expect(await ledger()).toEqual([
      [AUDIO, 1, 2],
      [VIDEO, 1, 15],
    ]);
    await assertDrained();
    expect(await flush.run()).toBe('done');
    await count(ofFilms(1));
    expect(await flush.run()).toBe('done');
    expect(await counters()).toEqual([7, 6, 3, 2]);
    expect(flush.state()).toMatchObject({ runs: 4, failures: 0, batches: 3, rows: 5, views: 18, rewound: 0, lost: 0 });
    expect([await orphans(), log.text()]).toEqual([[], '']);
  });

  test('brings thousands of ids in chunks, and sets aside what no content has', async () => {
    const ids = Array.from({ length: 950 }, (_, n) => 1000 + n);
    await opened.database.tx((tx) => removeContent(tx, TESTER, video, films[2] ?? 0));
    await count({ [VIDEO]: Object.fromEntries(ids.map((id) => [String(id), 1])), [AUDIO]: { [text]: 1 } });
    await count({
      [VIDEO]: { '9007199254740993': 4, '9223372036854775807': 5, [films[0] ?? 0]: 2, [films[2] ?? 0]: 3 },
    });
    expect(await flush.run()).toBe('done');
    expect(await counters()).toEqual([2, 0, 1]);
    const set = await orphans();
    expect(set).toHaveLength(953);
    for (const row of [
      [VIDEO, '9007199254740993', 4],
      [VIDEO, '9223372036854775807', 5],
      [VIDEO, String(films[2]), 3],
    ]) {
      expect(set).toContainEqual([...row, 'content removed']);
    }
    expect(await ledger()).toContainEqual([VIDEO, 1, 964]);
    await assertDrained();
  });

  const places = FAILPOINTS.filter((place) => place.startsWith('flush.'));
  test.each(places)('that fails at %s is taken up by another, and counts once', async (place) => {
    await count(ofFilms(5, 6));
    expect(await failingAt(place).run()).toBe('failed');
    expect(log.text()).toContain('they could not be brought into the database');
    await count({ ...ofFilms(1), [AUDIO]: { [text]: 1 } });
    for (let times = 0; times < 2; times++) expect(await flush.run()).toBe('done');
    expect(await counters()).toEqual([6, 6, 0, 1]);
    expect((await ledger()).map(([, , views]) => views)).toEqual([1, 12]);
    expect([await orphans(), flush.state().rewound, flush.state().lost]).toEqual([[], 0, 0]);
    await assertDrained();
  });

  test('several at once count once', async () => {
    const flushes = Array.from({ length: 3 }, () => open());
    for (let round = 1; round <= 5; round++) {
      await count({ ...ofFilms(1, 2, 3), [AUDIO]: { [text]: 4 } });
      const outcomes = await Promise.all(flushes.map((one) => one.run()));
      expect([outcomes, log.text()]).toEqual([['done', 'done', 'done'], '']);
      expect(await counters()).toEqual([1, 2, 3, 4].map((n) => n * round));
    }
    expect(flushes.reduce((sum, one) => sum + one.state().batches, 0)).toBe(10);
    await assertDrained();
  });

  test.each(['flush.loaded', 'flush.committed'] as const)(
    'that slept at %s while others went on changes nothing any more',
    async (place) => {
      await count(ofFilms(5));
      const slow = waitingAt(place);
      const late = slow.flush.run();
      await slow.reached;
      await flush.run();
      await count(ofFilms(0, 7));
      await flush.run();
      await count(ofFilms(0, 0, 9));
      // Sealed by a third, which ends there.
      await failingAt('flush.sealed').run();
      const entry = await readHash(redis, keys.flushing);
      slow.goOn();
      expect(await late).toBe('done');
      expect(await readHash(redis, keys.flushing)).toEqual(entry);
      expect(await readHash(redis, keys.flushPrefix + VIDEO)).toEqual({ [String(films[2])]: '9' });
      expect([await counters(), await orphans(), slow.flush.state().rewound]).toEqual([[5, 7, 0, 0], [], 0]);
      await flush.run();
      expect([await counters(), await ledger()]).toEqual([[5, 7, 9, 0], [[VIDEO, 3, 21]]]);
    },
  );

  test('of a Redis that went back in time holds the batch for the operator, once, and goes on after it', async () => {
    for (let n = 0; n < 3; n++) {
      await count(ofFilms(1));
      await flush.run();
    }
    // As it was before the first seal, with the views of the last.
    await redis.command('DEL', keys.seq);
    await count({ [VIDEO]: { [String(films[0])]: 2, '9223372036854775807': 3 } });
    let transactions = 0;
    const { database } = opened;
    const losesReply: Database = {
      ...database,
      async tx(work, options) {
        const result = await database.tx(work, options);
        transactions += 1;
        if (transactions === 2) throw new Error('the connection was lost after COMMIT');
        return result;
      },
    };
    // It is held, the reply is lost, and it is held again.
    const held = open(undefined, losesReply);
    expect([await held.run(), await held.run()]).toEqual(['failed', 'done']);
    expect([transactions, held.state().rewound, held.state().batches]).toEqual([4, 1, 0]);
    expect(log.text()).toContain('Redis went back in time');
    expect(await orphans()).toEqual([
      [VIDEO, String(films[0]), 2, 'rewound'],
      [VIDEO, '9223372036854775807', 3, 'rewound'],
    ]);
    expect([await counters(), await ledger()]).toEqual([[3, 0, 0, 0], [[VIDEO, 3, 8]]]);
    expect(await readHash(redis, keys.seq)).toEqual({ [VIDEO]: '3' });

    await count(ofFilms(4));
    expect(await flush.run()).toBe('done');
    expect([await counters(), await ledger()]).toEqual([[7, 0, 0, 0], [[VIDEO, 4, 12]]]);
    expect([(await orphans()).length, flush.state().rewound]).toEqual([2, 0]);
    await assertDrained();
  });

  test('of a Redis that was emptied says so, and goes on at once', async () => {
    await count(ofFilms(1));
    await flush.run();
    await count(ofFilms(10));
    await redis.command('FLUSHALL');
    await count(ofFilms(100));
    expect(await flush.run()).toBe('done');
    expect(log.text()).toContain('Redis was emptied or replaced');
    expect(await counters()).toEqual([101, 0, 0, 0]);
    log.clear();
    await count(ofFilms(1));
    await flush.run();
    expect([await counters(), log.text()]).toEqual([[102, 0, 0, 0], '']);
    expect((await ledger()).length).toBe(2);
  });

  test('of a batch whose views are gone: known to the ledger it is cleared, otherwise it is reported as lost', async () => {
    await count(ofFilms(1));
    await failingAt('flush.committed').run();
    await redis.command('DEL', keys.flushPrefix + VIDEO);
    log.clear();
    expect(await flush.run()).toBe('done');
    expect([flush.state().lost, log.text(), await readHash(redis, keys.flushing)]).toEqual([0, '', {}]);

    await count(ofFilms(1, 1));
    await failingAt('flush.sealed').run();
    await redis.command('DEL', keys.flushPrefix + VIDEO);
    log.clear();
    expect(await flush.run()).toBe('done');
    expect(flush.state().lost).toBe(1);
    const message = 'Redis lost a sealed batch before it was stored';
    expect(JSON.parse(log.text())).toMatchObject({ message, label: VIDEO, seq: 2, contents: 2 });
    expect([await readHash(redis, keys.flushing), await counters()]).toEqual([{}, [1, 0, 0, 0]]);
    await count(ofFilms(1));
    await flush.run();
    expect([await counters(), flush.state().lost]).toEqual([[2, 0, 0, 0], 1]);
  });

  test('takes up views that lost their entry, and says so', async () => {
    await count(ofFilms(2));
    await failingAt('flush.sealed').run();
    await redis.command('HDEL', keys.flushing, VIDEO);
    expect(await flush.run()).toBe('done');
    expect(log.text()).toContain('a sealed batch had no entry and got a new one');
    expect(await counters()).toEqual([2, 0, 0, 0]);
  });

  test('leaves what is not as it was sealed, and says so; other labels go on, and so does this one when it is mended', async () => {
    await count(ofFilms(2));
    await failingAt('flush.sealed').run();
    const sealed = keys.flushPrefix + VIDEO;
    for (const [id, complaint] of [
      ['99', 'has not the 1 contents'],
      ['x', 'has a field that is no content'],
    ] as const) {
      log.clear();
      await redis.command('HSET', sealed, id, '1');
      await count({ [AUDIO]: { [text]: 1 } });
      const other = open();
      expect(await other.run()).toBe('failed');
      expect(log.text()).toContain(complaint);
      expect(Object.keys(await readHash(redis, sealed)).sort()).toEqual([String(films[0]), id].sort());
      await redis.command('HDEL', sealed, id);
    }
    expect(await counters()).toEqual([0, 0, 0, 2]);
    expect(await flush.run()).toBe('done');
    expect(await counters()).toEqual([2, 0, 0, 2]);
  });

  test('brings the others when the keys of one label are wrong, and leaves labels that no content type claims', async () => {
    await redis.command('SET', keys.counterPrefix + AUDIO, 'x');
    await count({ ...ofFilms(1), 'pages.future': { 1: 5 } });
    expect(await flush.run()).toBe('failed');
    expect(log.text()).toContain(`WRONGTYPE ${keys.counterPrefix}${AUDIO}`);
    expect(await counters()).toEqual([1, 0, 0, 0]);
    await redis.command('DEL', keys.counterPrefix + AUDIO);
    expect(await flush.run()).toBe('done');
    expect(log.text()).toContain('views reach the database again');
    expect(await readHash(redis, `${keys.counterPrefix}pages.future`)).toEqual({ 1: '5' });
    expect(await readList(redis, keys.labels)).toEqual(['pages.future', VIDEO]);
    expect(await orphans()).toEqual([]);
  });

  test('waits for its first connection', async () => {
    await count(ofFilms(1));
    const late = openRedis(parseRedisAddress(redis.url), log, { purpose: 'test', key: keys.queue });
    expect(await open(undefined, undefined, late).run()).toBe('done');
    late.close();
    expect([await counters(), log.text()]).toEqual([[1, 0, 0, 0], '']);
  });

  test('works at maxmemory', async () => {
    await count(ofFilms(1));
    await redis.command('SCRIPT', 'FLUSH');
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    expect(await flush.run()).toBe('done');
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    expect(await counters()).toEqual([1, 0, 0, 0]);
    await assertDrained();
  });
});
