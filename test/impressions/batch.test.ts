/** Sealing, reading and clearing a batch of counters (`seal.lua`, `acknowledge.lua`, `discard.lua`), on a real Redis. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { INTEGER_MAX } from '../../src/contents/content.ts';
import { acknowledge, isStillSealed, loadBatch, type SealedBatch, seal } from '../../src/impressions/batch.ts';
import { discardLabel } from '../../src/impressions/dead.ts';
import type { RedisConnection } from '../../src/impressions/redis.ts';
import { startRedis, type TestRedis } from '../help/redis.ts';
import { connect, createKeptLog, keys, readHash, readKeys } from './pipeline.ts';

const VIDEO = 'pages.videocontent';
const AUDIO = 'pages.audiocontent';
const COUNTER = keys.counterPrefix + VIDEO;
const SEALED = keys.flushPrefix + VIDEO;

let redis: TestRedis;
let connection: RedisConnection;

beforeAll(async () => {
  redis = await startRedis();
  connection = await connect(redis, createKeptLog());
});
afterAll(async () => {
  connection.close();
  await redis.stop();
});
beforeEach(async () => {
  await redis.command('FLUSHALL');
});

const sealLabel = (label = VIDEO) => seal(connection.node(), keys, label);
const fill = (key: string, ...pairs: string[]) => redis.command('HSET', key, ...pairs);

/** Seals and expects a batch. */
async function sealed(label = VIDEO): Promise<SealedBatch> {
  const { batch } = await sealLabel(label);
  if (batch === undefined) throw new Error('nothing was sealed');
  return batch;
}

describe('sealing', () => {
  test('where nothing was counted gives nothing, and begins a history', async () => {
    const { source, batch } = await sealLabel();
    expect(batch).toBeUndefined();
    expect(source).toMatch(/^[0-9a-f-]{36}$/);
    expect(await readKeys(redis)).toEqual([keys.source]);
    expect((await sealLabel(AUDIO)).source).toBe(source);
    await redis.command('FLUSHALL');
    const next = await sealLabel();
    expect([next.source.length, next.source === source]).toEqual([36, false]);
  });

  test('makes of the counters a numbered batch, and of what comes later other counters', async () => {
    await fill(COUNTER, '1', '5', '2', '6');
    const before = Number([await redis.command('TIME')].flat()[0]) * 1000;
    const batch = await sealed();
    expect(batch).toMatchObject({ label: VIDEO, seq: 1, size: 2, tries: 1, isMissing: false, isAdopted: false });
    expect(batch.batchId).toMatch(/^[0-9a-f-]{36}$/);
    expect(batch.sealedAt).toBeGreaterThanOrEqual(before);
    expect(batch.sealedAt).toBeLessThan(before + 60_000);
    expect(await readKeys(redis)).toEqual([SEALED, keys.flushing, keys.seq, keys.source].sort());
    expect(await redis.command('TTL', SEALED)).toBe(-1);

    await fill(COUNTER, '1', '1', '3', '1');
    expect(await sealed()).toEqual({ ...batch, tries: 2 });
    expect(await sealed()).toEqual({ ...batch, tries: 3 });
    expect(await readHash(redis, SEALED)).toEqual({ 1: '5', 2: '6' });
    expect(await readHash(redis, COUNTER)).toEqual({ 1: '1', 3: '1' });
    expect(await isStillSealed(connection.node(), keys, batch)).toBe(true);

    expect(await acknowledge(connection.node(), keys, batch)).toBe(true);
    expect(await isStillSealed(connection.node(), keys, batch)).toBe(false);
    const next = await sealed();
    expect(next).toMatchObject({ seq: 2, size: 2, source: batch.source });
    expect(next.batchId).not.toBe(batch.batchId);
  });

  test('an entry without its views says that they are missing, and touches nothing that was counted since', async () => {
    await fill(COUNTER, '1', '5');
    const batch = await sealed();
    await redis.command('DEL', SEALED);
    await fill(COUNTER, '2', '1');
    for (let times = 0; times < 2; times++) expect(await sealed()).toEqual({ ...batch, isMissing: true });
    expect(await readHash(redis, COUNTER)).toEqual({ 2: '1' });
  });

  test('views without an entry are taken up under a new number, before those counted since', async () => {
    await fill(COUNTER, '1', '5');
    const first = await sealed();
    await redis.command('HDEL', keys.flushing, VIDEO);
    await fill(COUNTER, '1', '7');
    const adopted = await sealed();
    expect(adopted).toMatchObject({ seq: 2, size: 1, tries: 1, isAdopted: true, isMissing: false });
    expect(adopted.batchId).not.toBe(first.batchId);
    expect([await readHash(redis, SEALED), await readHash(redis, COUNTER)]).toEqual([{ 1: '5' }, { 1: '7' }]);
    expect(await sealed()).toEqual({ ...adopted, tries: 2, isAdopted: false });
  });

  test('numbers each label by itself', async () => {
    await fill(COUNTER, '1', '1');
    await fill(keys.counterPrefix + AUDIO, '1', '1');
    await acknowledge(connection.node(), keys, await sealed());
    await fill(COUNTER, '1', '1');
    expect([(await sealed()).seq, (await sealed(AUDIO)).seq]).toEqual([2, 1]);
  });

  test.each([
    ['counters that are no hash', ['SET', COUNTER, 'x'], `WRONGTYPE ${COUNTER} is a string, not a hash`],
    ['a sealed key that is no hash', ['RPUSH', SEALED, 'x'], `WRONGTYPE ${SEALED} is a list, not a hash`],
    ['a malformed entry', ['HSET', keys.flushing, VIDEO, 'what|ever'], `the entry of ${VIDEO}`],
    ['entries that are no hash', ['SET', keys.flushing, 'x'], 'WRONGTYPE'],
    ['numbers that are no hash', ['SET', keys.seq, 'x'], 'WRONGTYPE'],
    ['a number that is none', ['HSET', keys.seq, VIDEO, 'x'], 'not an integer'],
    ['a source that is no text', ['RPUSH', keys.source, 'x'], 'WRONGTYPE'],
  ])('%s: it says so and moves nothing', async (_name, [command = '', ...args], message) => {
    await redis.command('SET', keys.source, 'mine');
    await fill(COUNTER, '1', '1');
    await redis.command('DEL', args[0] ?? '');
    await redis.command(command, ...args);
    if (args[0] !== COUNTER) await fill(COUNTER, '1', '1');
    const dump = async () =>
      Promise.all((await readKeys(redis)).map(async (key) => [key, await redis.command('DUMP', key)]));
    const before = await dump();
    await expect(sealLabel()).rejects.toThrow(message);
    expect(await dump()).toEqual(before);
  });
});

describe('acknowledging', () => {
  test('clears the batch it names and no other', async () => {
    await fill(COUNTER, '1', '5');
    const first = await sealed();
    const late = { ...first, batchId: first.batchId.slice(0, -1) };
    expect(await acknowledge(connection.node(), keys, late)).toBe(false);
    expect(await acknowledge(connection.node(), keys, { ...first, batchId: `${first.batchId}x` })).toBe(false);
    expect(await acknowledge(connection.node(), keys, { ...first, label: AUDIO })).toBe(false);
    expect(await acknowledge(connection.node(), keys, first)).toBe(true);
    expect(await readKeys(redis)).toEqual([keys.seq, keys.source].sort());

    await fill(COUNTER, '1', '7');
    const second = await sealed();
    expect(await acknowledge(connection.node(), keys, first, 99)).toBe(false);
    expect(await readHash(redis, SEALED)).toEqual({ 1: '7' });
    expect(await isStillSealed(connection.node(), keys, second)).toBe(true);
    expect(await readHash(redis, keys.seq)).toEqual({ [VIDEO]: '2' });
  });

  test('raises the numbering when it is told to, and never lowers it', async () => {
    for (const [floor, seq] of [
      [0, 1],
      [10, 10],
      [5, 11],
    ] as const) {
      await fill(COUNTER, '1', '1');
      await acknowledge(connection.node(), keys, await sealed(), floor);
      expect(await readHash(redis, keys.seq)).toEqual({ [VIDEO]: String(seq) });
    }
  });
});

describe('reading a batch', () => {
  const load = (batch: SealedBatch, onPage = async () => {}) => loadBatch(connection.node(), keys, batch, onPage);

  test('gives all of its views, in several pages when there are many', async () => {
    const pairs = Array.from({ length: 20_000 }, (_, n) => [n + 1, 3 * n + 1] as const);
    await fill(COUNTER, ...pairs.flat().map(String));
    const batch = await sealed();
    let pages = 0;
    const loaded = await load(batch, async () => {
      pages += 1;
      // Redis moves fields between pages when it makes room.
      if (pages === 3) await fill(COUNTER, '1', '1');
    });
    expect(pages).toBeGreaterThan(10);
    expect(loaded?.views).toEqual(new Map(pairs));
    expect(loaded?.idsBeyond).toEqual(new Map());
  });

  test('counts a field once that HSCAN repeats', async () => {
    const ids = Array.from({ length: 3000 }, (_, n) => n + 1);
    await fill(COUNTER, ...ids.flatMap((id) => [String(id), '2']));
    const batch = await sealed();
    const node = connection.node();
    // Redis may give a field again when a hash shrinks between two pages, which cannot be had at will: here it always does.
    const repeating: typeof node = Object.create(node, {
      hscan: {
        async value(key: string, cursor: string, _: 'COUNT', count: number) {
          const [next, fields] = await node.hscan(key, cursor, 'COUNT', count);
          return [next, [...fields, ...fields]];
        },
      },
    });
    const loaded = await loadBatch(repeating, keys, batch, async () => {});
    expect(loaded?.views).toEqual(new Map(ids.map((id) => [id, 2])));
  });

  test('tells ids beyond 2^53−1 apart, with their exact text', async () => {
    const ids = ['9007199254740992', '9007199254740993', '9223372036854775807'];
    await fill(COUNTER, String(INTEGER_MAX), String(INTEGER_MAX), ...ids.flatMap((id) => [id, '2']));
    const loaded = await load(await sealed());
    expect(loaded).toEqual({
      views: new Map([[INTEGER_MAX, INTEGER_MAX]]),
      idsBeyond: new Map(ids.map((id) => [id, 2])),
    });
  });

  test('gives nothing when there is more, or less, than was sealed', async () => {
    await fill(COUNTER, '1', '1', '2', '1');
    const batch = await sealed();
    await redis.command('HDEL', SEALED, '2');
    expect(await load(batch)).toBeUndefined();
    await fill(SEALED, '2', '1', '3', '1');
    expect(await load(batch)).toBeUndefined();
    await redis.command('HDEL', SEALED, '3');
    expect((await load(batch))?.views.size).toBe(2);
  });

  test.each([
    ['0', '1'],
    ['01', '1'],
    ['-1', '1'],
    ['abc', '1'],
    ['12345678901234567890', '1'],
    ['5', '0'],
    ['5', '-1'],
    ['5', '1.5'],
    ['5', ''],
    ['5', '9007199254740992'],
    ['5', '1e3'],
  ])('%s → %s is no content’s views: it is refused and left, and discarding the label clears it', async (id, n) => {
    await fill(COUNTER, '7', '1', id, n);
    const batch = await sealed();
    await expect(load(batch)).rejects.toThrow(`${SEALED} has a field that is no content's views: ${id}`);
    expect(await readHash(redis, SEALED)).toEqual({ 7: '1', [id]: n });

    await fill(COUNTER, '7', '1');
    await fill(keys.counterPrefix + AUDIO, '7', '1');
    await redis.command('SADD', keys.labels, VIDEO, AUDIO);
    expect(await discardLabel(connection.node(), keys, VIDEO)).toEqual({ pending: 1, sealed: 2 });
    expect(await readKeys(redis)).toEqual([keys.counterPrefix + AUDIO, keys.labels, keys.seq, keys.source].sort());
    expect((await sealLabel()).batch).toBeUndefined();
  });

  test('a label whose keys are no hashes is discarded, too', async () => {
    await redis.command('SET', COUNTER, 'x');
    await redis.command('RPUSH', SEALED, 'x');
    expect(await discardLabel(connection.node(), keys, VIDEO)).toEqual({ pending: -1, sealed: -1 });
    expect(await discardLabel(connection.node(), keys, VIDEO)).toEqual({ pending: 0, sealed: 0 });
    expect(await readKeys(redis)).toEqual([]);
  });
});
