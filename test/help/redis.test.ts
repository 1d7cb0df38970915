import { afterEach, describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { type RedisOptions, startRedis, type TestRedis } from './redis.ts';
import { findRedis } from './redis_binary.ts';
import { startRedisCluster } from './redis_cluster.ts';
import { connectResp } from './resp.ts';
import { startTcpProxy } from './tcp_proxy.ts';

const redis8 = await findRedis('8');
const without8 = redis8.kind === 'missing';
const because = without8 ? ` (${redis8.reason})` : '';

describe('a Redis for the tests', () => {
  let redis: TestRedis | undefined;
  afterEach(() => redis?.stop());

  async function start(options: RedisOptions = {}): Promise<TestRedis> {
    redis = await startRedis(options);
    return redis;
  }

  test('answers in the order it was asked, with what the server said', async () => {
    const redis = await start();
    const replies = [redis.command('SET', 'ä', 'ö\r\n'), redis.command('GET', 'ä'), redis.command('GET', 'none')];
    expect(await Promise.all(replies)).toEqual(['OK', 'ö\r\n', null]);
    await redis.command('RPUSH', 'list', 'one', '');
    expect(await redis.command('LRANGE', 'list', '0', '-1')).toEqual(['one', '']);
    expect(await redis.command('HINCRBY', 'hash', 'field', '9223372036854775807')).toBe('9223372036854775807');
    await expect(redis.command('LPOP', 'ä')).rejects.toThrow('WRONGTYPE Operation against a key');
    expect(await redis.command('EVAL', 'return {1, {}, redis.error_reply("ERR inside")}', '0')).toEqual([
      1,
      [],
      new Error('ERR inside'),
    ]);
  });

  test('answers at length', async () => {
    const redis = await start();
    const long = 'é'.repeat(5_000_000);
    await redis.command('SET', 'long', long);
    expect((await redis.command('GET', 'long')) === long).toBe(true);
    await redis.command('EVAL', 'for i = 1, 100000 do redis.call("RPUSH", "list", i) end', '0');
    const list = await redis.command('LRANGE', 'list', '0', '-1');
    expect([list].flat()).toHaveLength(100_000);
    expect([list].flat().at(-1)).toBe('100000');
  });

  test('is understood when it answers in pieces', async () => {
    const redis = await start();
    const proxy = await startTcpProxy(redis.port);
    proxy.slice(1);
    const connection = await connectResp(proxy.port);
    expect(await connection.send('ECHO', 'é\r\nü')).toBe('é\r\nü');
    expect(await connection.send('EVAL', 'return {1, "two", {}, false}', '0')).toEqual([1, 'two', [], null]);
    connection.close();
    await proxy.cut();
  });

  test('keeps its settings, its port and what it has stored when it is killed and started again', async () => {
    const redis = await start({ config: { appendfsync: 'always' } });
    await redis.command('SET', 'key', 'value');
    const { pid } = redis;
    await redis.kill('SIGKILL');
    await expect(redis.command('PING')).rejects.toThrow();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    await redis.start();
    await expect(redis.pid).not.toBe(pid);
    expect(await redis.command('GET', 'key')).toBe('value');
    expect(await redis.command('CONFIG', 'GET', 'appendfsync')).toEqual(['appendfsync', 'always']);
  });

  test('says nothing while it is paused, and goes on where it was', async () => {
    const redis = await start();
    await redis.command('SET', 'key', 'before');
    await redis.pause();
    let isAnswered = false;
    const answer = redis.command('GET', 'key').finally(() => {
      isAnswered = true;
    });
    await Bun.sleep(100);
    expect(isAnswered).toBe(false);
    redis.resume();
    expect(await answer).toBe('before');
    await redis.pause();
    await redis.kill('SIGTERM');
  });

  test('can be taken back to an earlier moment, more than once', async () => {
    const redis = await start();
    await redis.command('SET', 'key', 'before');
    const copy = await redis.copyData();
    for (let round = 0; round < 2; round++) {
      await redis.command('SET', 'key', 'after');
      await expect(redis.restoreData(copy)).rejects.toThrow('kill it first');
      await redis.kill('SIGKILL');
      await redis.restoreData(copy);
      await redis.start();
      expect(await redis.command('GET', 'key')).toBe('before');
    }
  });

  test('is copied while it is written to, and while it begins another file', async () => {
    const redis = await start();
    let isWriting = true;
    const writing = (async () => {
      let count = 0;
      for (; isWriting; count++) await redis.command('INCR', 'count');
      return count;
    })();
    await redis.command('BGREWRITEAOF');
    const atLeast = Number(await redis.command('GET', 'count'));
    const copy = await redis.copyData();
    isWriting = false;
    const atMost = await writing;
    await redis.kill('SIGKILL');
    await redis.restoreData(copy);
    await redis.start();
    const count = Number(await redis.command('GET', 'count'));
    expect(count).toBeGreaterThanOrEqual(atLeast);
    expect(count).toBeLessThanOrEqual(atMost);
  });

  test('is gone when it was stopped, with its folder', async () => {
    const redis = await start();
    const { pid } = redis;
    await Promise.all([redis.stop(), redis.stop()]);
    expect(existsSync(redis.folder)).toBe(false);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  test('that does not start says why', async () => {
    await expect(startRedis({ config: { 'maxmemory-policy': 'whatever' } })).rejects.toThrow(
      /did not start: .*noeviction/,
    );
  });

  test.skipIf(without8)(`can be Redis 8, which tells what is on the disk${because}`, async () => {
    if (redis8.kind === 'missing') throw new Error(redis8.reason);
    const redis = await start({ binary: redis8 });
    await expect(redis.version).toMatch(/^([89]|\d\d)\./);
    await redis.command('SET', 'key', 'value');
    expect(await redis.command('WAITAOF', '1', '0', '5000')).toEqual([1, 0]);
  });

  test('can be three that share their keys, each of which sends strangers to the right one', async () => {
    const cluster = await startRedisCluster();
    try {
      const [first, second, third] = cluster.nodes;
      // Slot 12182, of 16,384.
      expect(await third?.command('SET', 'foo', 'bar')).toBe('OK');
      await expect(first?.command('GET', 'foo')).rejects.toThrow(`MOVED 12182 127.0.0.1:${third?.port}`);
      expect(String(await second?.command('CLUSTER', 'INFO'))).toContain('cluster_state:ok');
    } finally {
      await cluster.stop();
    }
  });
});
