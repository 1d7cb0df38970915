/** Handing views to Redis: what happens to them while it is there, away, silent, full, or not the one that writes. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { PageViews } from '../../src/impressions/gather.ts';
import { ingest } from '../../src/impressions/ingest.ts';
import { createJobs, type Job } from '../../src/impressions/job.ts';
import { type JobQueue, openJobQueue } from '../../src/impressions/queue.ts';
import { openQueueRecorder, type Recorder } from '../../src/impressions/record.ts';
import { openRedis, type RedisConnection } from '../../src/impressions/redis.ts';
import { parseRedisAddress } from '../../src/redis_address.ts';
import { eventually } from '../help/eventually.ts';
import { type RedisOptions, startRedis, type TestRedis } from '../help/redis.ts';
import { startTcpProxy, type TcpProxy } from '../help/tcp_proxy.ts';
import { createKeptLog, jobOf, keys, readHash, readList } from './pipeline.ts';

const VIDEO = 'pages.videocontent';
const AUDIO = 'pages.audiocontent';
const PATIENCE_MS = 20_000;
const PAGE: PageViews = [
  { label: VIDEO, ids: [1, 2] },
  { label: AUDIO, ids: [5] },
];

describe('views on their way to Redis', () => {
  const log = createKeptLog();
  const closers: (() => unknown)[] = [];
  let redis: TestRedis;
  let proxy: TcpProxy;
  let connection: RedisConnection;

  beforeEach(() => log.clear());
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function start(options: RedisOptions = {}): Promise<void> {
    redis = await startRedis(options);
    closers.push(redis.stop);
    proxy = await startTcpProxy(redis.port);
    closers.push(proxy.cut);
    const address = parseRedisAddress(`redis://127.0.0.1:${proxy.port}`);
    connection = openRedis(address, log, { purpose: 'push', key: keys.queue });
    closers.push(connection.close);
    await connection.connect().catch(() => {});
  }
  function openQueue(ageMsMax?: number): JobQueue {
    const queue = openJobQueue(connection, keys.queue, log, ageMsMax === undefined ? {} : { ageMsMax });
    closers.push(() => queue.stop(0));
    return queue;
  }
  function openRecorder(queue: JobQueue, pushMs: number): Recorder {
    const recorder = openQueueRecorder(queue, pushMs);
    closers.push(() => recorder.stop(0));
    return recorder;
  }
  const queued = async () => Number(await redis.command('LLEN', keys.queue));
  /** What the queue holds, counted as a worker would. */
  async function counted(): Promise<{ counted: number; duplicate: number; views: number }> {
    const own = openRedis(parseRedisAddress(redis.url), log, { purpose: 'test', key: keys.queue });
    await own.connect();
    const sum = { counted: 0, duplicate: 0, views: 0 };
    for (let taken = 1; taken > 0; ) {
      const result = await ingest(own.node(), keys, 3600);
      taken = result.taken;
      for (const name of ['counted', 'duplicate', 'views'] as const) sum[name] += result[name];
    }
    own.close();
    return sum;
  }
  /** Recorded is stored, pending and dropped. */
  function assertAddsUp({ recorded, stored, pending, dropped }: ReturnType<Recorder['state']>): void {
    expect(stored + pending + dropped.full + dropped.expired + dropped.stopping).toBe(recorded);
  }
  const job = (id: number, n = 1): Job => {
    const text = jobOf({ [VIDEO]: { [id]: n } });
    return { text, bytes: text.length, views: n };
  };

  test('of one window are one push of one job', async () => {
    await start();
    const queue = openQueue();
    const recorder = openRecorder(queue, 30);
    for (let n = 0; n < 100; n++) recorder.record(PAGE);
    recorder.record([]);
    expect(recorder.state()).toMatchObject({ recorded: 300, stored: 0, pending: 300, failing: false });
    await eventually(() => expect(recorder.state().pending).toBe(0), PATIENCE_MS);
    const [text = '', ...others] = await readList(redis, keys.queue);
    expect(others).toEqual([]);
    expect(JSON.parse(text)).toMatchObject({ v: 1, views: { [VIDEO]: { 1: 100, 2: 100 }, [AUDIO]: { 5: 100 } } });
    expect(String(await redis.command('INFO', 'commandstats'))).toContain('cmdstat_rpush:calls=1,');
    recorder.record(PAGE);
    await eventually(() => expect(recorder.state().stored).toBe(303), PATIENCE_MS);
    expect(await queued()).toBe(2);
    assertAddsUp(recorder.state());
    expect(await recorder.stop(0)).toBe(0);
  });

  test.each([
    ['the reply was lost', 'pass_then_cut', 1],
    ['the request was lost', 'cut', 0],
  ] as const)('are pushed again when %s, under the same id, and count once', async (_name, verdict, duplicate) => {
    await start();
    let faults = 0;
    proxy.onClientData((chunk) => (chunk.toString().includes('rpush') && faults++ === 0 ? verdict : 'pass'));
    const recorder = openRecorder(openQueue(), 5);
    recorder.record(PAGE);
    await eventually(() => expect(recorder.state().stored).toBe(3), PATIENCE_MS);
    expect(faults).toBeGreaterThan(1);
    const ids = (await readList(redis, keys.queue)).map((text) => JSON.parse(text).id);
    expect([ids.length, new Set(ids).size]).toEqual([1 + duplicate, 1]);
    expect(await counted()).toEqual({ counted: 1, duplicate, views: 3 });
    expect(log.text()).toContain('views wait: they could not be pushed to Redis');
    expect(log.text()).toContain('views are pushed again');
  });

  test('are kept while nothing comes back, and count once when it does', async () => {
    await start();
    const recorder = openRecorder(openQueue(), 5);
    proxy.blackhole();
    recorder.record(PAGE);
    await eventually(() => expect(recorder.state().failing).toBe(true), PATIENCE_MS);
    recorder.record(PAGE);
    assertAddsUp(recorder.state());
    await proxy.restore();
    await eventually(() => expect(recorder.state()).toMatchObject({ pending: 0, failing: false }), PATIENCE_MS);
    expect(await counted()).toMatchObject({ views: 6 });
    expect(await readHash(redis, keys.counterPrefix + VIDEO)).toEqual({ 1: '2', 2: '2' });
  });

  test('hold up nobody while Redis is paused, and are all there afterwards', async () => {
    await start();
    const recorder = openRecorder(openQueue(), 1);
    await redis.pause();
    // Each call is over when it returns: there is nothing that an answer could wait for.
    for (let n = 0; n < 3000; n++) expect(recorder.record(PAGE)).toBeUndefined();
    expect(recorder.state()).toMatchObject({ recorded: 9000, stored: 0 });
    await Bun.sleep(20);
    assertAddsUp(recorder.state());
    redis.resume();
    await eventually(() => expect(recorder.state()).toMatchObject({ stored: 9000, pending: 0 }), PATIENCE_MS);
    expect((await counted()).views).toBe(9000);
  });

  test('are dropped and counted when more than 10,000 jobs wait', async () => {
    await start();
    const queue = openQueue();
    await redis.pause();
    queue.add(Array.from({ length: 10_003 }, (_, n) => job(n + 1, 2)));
    expect(queue.state()).toMatchObject({ pushed: 0, pending: 20_000, dropped: { full: 6, expired: 0, stopping: 0 } });
    expect(log.text()).toContain('views dropped');
    redis.resume();
    await eventually(() => expect(queue.state()).toMatchObject({ pushed: 20_000, pending: 0 }), PATIENCE_MS);
    queue.add([job(1)]);
    await eventually(() => expect(queue.state().pushed).toBe(20_001), PATIENCE_MS);
    expect((await counted()).views).toBe(20_001);
  });

  test('are dropped and counted when more than 8 MB wait', async () => {
    await start();
    const queue = openQueue();
    await redis.pause();
    const large = createJobs(
      new Map(
        Array.from({ length: 700 }, (_, n) => [`a.${String(n).padStart(98, 'b')}`, new Map([[1, 1]])] as const).slice(
          0,
          550,
        ),
      ),
    );
    const [first] = large;
    if (first === undefined) throw new Error('no job was made');
    const room = Math.floor((8 * 1024 * 1024) / first.bytes);
    queue.add(Array.from({ length: room + 4 }, () => first));
    expect(queue.state()).toMatchObject({ pending: room * first.views, dropped: { full: 4 * first.views } });
    redis.resume();
    await eventually(() => expect(queue.state().pending).toBe(0), PATIENCE_MS);
    expect(await counted()).toEqual({ counted: 1, duplicate: room - 1, views: first.views });
  });

  test('are dropped and counted when they could not be pushed for too long', async () => {
    await start();
    const queue = openQueue(300);
    const recorder = openRecorder(queue, 1);
    await proxy.cut();
    recorder.record(PAGE);
    await eventually(() => expect(recorder.state().dropped.expired).toBe(3), PATIENCE_MS);
    expect(recorder.state()).toMatchObject({ recorded: 3, stored: 0, pending: 0 });
    await proxy.restore();
    await eventually(() => {
      recorder.record(PAGE);
      expect(recorder.state().stored).toBeGreaterThan(0);
    }, PATIENCE_MS);
    await eventually(() => expect(recorder.state().pending).toBe(0), PATIENCE_MS);
    assertAddsUp(recorder.state());
    expect((await counted()).views).toBe(recorder.state().stored);
  });

  test('are kept while Redis has no room, and pushed when it has', async () => {
    await start();
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    const recorder = openRecorder(openQueue(), 1);
    recorder.record(PAGE);
    await eventually(() => expect(log.text()).toContain('OOM command not allowed'), PATIENCE_MS);
    expect([recorder.state().failing, await queued()]).toEqual([true, 0]);
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    await eventually(() => expect(recorder.state()).toMatchObject({ stored: 3, failing: false }), PATIENCE_MS);
    expect(await counted()).toEqual({ counted: 1, duplicate: 0, views: 3 });
  });

  test('are kept while the server is a replica, and pushed when it writes again', async () => {
    await start();
    const primary = await startRedis();
    closers.push(primary.stop);
    await redis.command('REPLICAOF', '127.0.0.1', String(primary.port));
    const recorder = openRecorder(openQueue(), 1);
    recorder.record(PAGE);
    await eventually(() => expect(log.text()).toContain('READONLY'), PATIENCE_MS);
    expect(recorder.state().failing).toBe(true);
    await redis.command('REPLICAOF', 'NO', 'ONE');
    await eventually(() => expect(recorder.state()).toMatchObject({ stored: 3, failing: false }), PATIENCE_MS);
    expect(await counted()).toEqual({ counted: 1, duplicate: 0, views: 3 });
  });

  test('are kept while the server reads its data, and pushed when it has', async () => {
    // It takes this many microseconds for each key.
    await start({ config: { 'key-load-delay': '500', 'loading-process-events-interval-bytes': '1024' } });
    await redis.command('EVAL', 'for i = 1, 1000 do redis.call("SET", "key" .. i, string.rep("x", 100)) end', '0');
    await redis.kill('SIGKILL');
    const recorder = openRecorder(openQueue(), 1);
    recorder.record(PAGE);
    await redis.start();
    await eventually(() => expect(recorder.state()).toMatchObject({ stored: 3, failing: false }), PATIENCE_MS);
    expect(await counted()).toMatchObject({ counted: 1, views: 3 });
  });

  describe('at a stop', () => {
    test('are pushed', async () => {
      await start();
      const recorder = openRecorder(openQueue(), 60_000);
      for (let n = 0; n < 5; n++) recorder.record(PAGE);
      expect([await recorder.stop(PATIENCE_MS), await recorder.stop(0)]).toEqual([0, 0]);
      expect(recorder.state()).toMatchObject({ recorded: 15, stored: 15, pending: 0 });
      recorder.record(PAGE);
      expect(recorder.state()).toMatchObject({ recorded: 18, stored: 15, dropped: { stopping: 3 } });
      assertAddsUp(recorder.state());
      expect((await counted()).views).toBe(15);
    });

    test('are pushed as soon as Redis is back before the deadline', async () => {
      await start();
      const recorder = openRecorder(openQueue(), 1);
      await proxy.cut();
      recorder.record(PAGE);
      await eventually(() => expect(recorder.state().failing).toBe(true), PATIENCE_MS);
      const stopped = recorder.stop(PATIENCE_MS);
      await proxy.restore();
      expect(await stopped).toBe(0);
      expect((await counted()).views).toBe(3);
    });

    test('that could not be pushed by the deadline are told', async () => {
      await start();
      await redis.pause();
      const queue = openQueue();
      const recorder = openRecorder(queue, 1);
      recorder.record(PAGE);
      expect(await recorder.stop(200)).toBe(3);
      queue.add([job(1, 4)]);
      expect(queue.state()).toMatchObject({ pending: 3, dropped: { stopping: 4 } });
      redis.resume();
    });
  });
});
