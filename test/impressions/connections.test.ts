/** Where a Redis is, what the fault tests may break, and which node of a cluster a key lives on. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { AppError } from '../../src/errors.ts';
import { createFailpoints, FAILPOINTS } from '../../src/failpoints.ts';
import { slotOf } from '../../src/impressions/cluster.ts';
import { openRedis } from '../../src/impressions/redis.ts';
import { describeRedis, parseRedisAddress, type RedisAddress } from '../../src/redis_address.ts';
import { eventually } from '../help/eventually.ts';
import { randomOf } from '../help/random.ts';
import { startRedisCluster, type TestRedisCluster } from '../help/redis_cluster.ts';
import { createKeptLog } from './pipeline.ts';

const SECRET = 'hunter2';
const PATIENCE_MS = 20_000;

describe('the address of a Redis', () => {
  const plain: RedisAddress = {
    kind: 'single',
    nodes: [{ host: 'h', port: 6379 }],
    username: undefined,
    password: undefined,
    db: 0,
    tls: false,
    master: undefined,
  };
  const nodes = (...ports: number[]) => ports.map((port, place) => ({ host: `h${place + 1}`, port }));

  test.each<[string, Partial<RedisAddress>, string]>([
    ['redis://h', {}, 'redis://h:6379'],
    ['REDIS://h:1/', { nodes: [{ host: 'h', port: 1 }] }, 'redis://h:1'],
    ['rediss://h/15', { tls: true, db: 15 }, 'rediss://h:6379/15'],
    ['redis://:p%40%2F%3Aw@h', { password: 'p@/:w' }, 'redis://h:6379'],
    ['redis://user:a:b@h', { username: 'user', password: 'a:b' }, 'redis://h:6379'],
    ['redis://user@h', { username: 'user' }, 'redis://h:6379'],
    ['redis://@h', {}, 'redis://h:6379'],
    ['redis://[::1]:7', { nodes: [{ host: '::1', port: 7 }] }, 'redis://[::1]:7'],
    [
      'redis://my_redis-1.local',
      { nodes: [{ host: 'my_redis-1.local', port: 6379 }] },
      'redis://my_redis-1.local:6379',
    ],
    [
      'redis+cluster://h1,h2:1,h3',
      { kind: 'cluster', nodes: nodes(6379, 1, 6379) },
      'redis+cluster://h1:6379,h2:1,h3:6379',
    ],
    [
      'rediss+cluster://u:p@h1',
      { kind: 'cluster', nodes: nodes(6379), username: 'u', password: 'p', tls: true },
      'rediss+cluster://h1:6379',
    ],
    [
      'redis+sentinel://h1,h2:1/main',
      { kind: 'sentinel', nodes: nodes(26379, 1), master: 'main' },
      'redis+sentinel://h1:26379,h2:1/main',
    ],
    [
      'redis+sentinel://h1/main/3',
      { kind: 'sentinel', nodes: nodes(26379), master: 'main', db: 3 },
      'redis+sentinel://h1:26379/main/3',
    ],
  ])('%s is understood, and told without user and password', (text, own, told) => {
    const address = parseRedisAddress(text);
    expect(address).toEqual({ ...plain, ...own });
    expect(describeRedis(address)).toBe(told);
  });

  test.each([
    '',
    'h',
    'redis:',
    'redis://',
    'redis:h',
    'http://h',
    'redis+tls://h',
    'redis+clusters://h',
    `redis://u:${SECRET}@`,
    `redis://u:${SECRET}@h:x`,
    `redis://u:${SECRET}@h:65536`,
    `redis://u:${SECRET}@h:1:2`,
    `redis://u:${SECRET}@h@i`,
    `redis://u:${SECRET}@h i`,
    `redis://u:${SECRET}@h1,h2`,
    `redis://u:${SECRET}@h,`,
    `redis://u:${SECRET}@::1`,
    `redis://u:${SECRET}@h/x`,
    `redis://u:${SECRET}@h/-1`,
    `redis://u:${SECRET}@h/1.5`,
    `redis://u:${SECRET}@h/1/2`,
    `redis://u:${SECRET}@h?db=1`,
    `redis://%zz:${SECRET}@h`,
    `redis+cluster://u:${SECRET}@h/1`,
    `redis+sentinel://u:${SECRET}@h`,
    `redis+sentinel://u:${SECRET}@h/main/1/2`,
  ])('%s is refused, and what is said shows nothing of it', (text) => {
    expect(() => parseRedisAddress(text)).toThrow(/^(expected redis|a Redis Cluster has database 0 only)/);
    try {
      parseRedisAddress(text);
    } catch (error) {
      expect(String(error)).not.toContain(SECRET);
    }
  });
});

describe('failpoints', () => {
  test('act where and when they say, and nowhere else', async () => {
    const signals: string[] = [];
    const reach = createFailpoints(
      'flush.sealed=kill@3, flush.loaded=stop,ingest.before=error@1,ingest.after=wait:1',
      (name) => signals.push(name),
    );
    for (let times = 0; times < 5; times++) await reach('flush.sealed');
    expect(signals).toEqual(['SIGKILL']);
    for (let times = 0; times < 2; times++) await reach('flush.loaded');
    expect(signals).toEqual(['SIGKILL', 'SIGSTOP', 'SIGSTOP']);
    await expect(reach('ingest.before')).rejects.toThrow('failpoint ingest.before');
    await reach('ingest.before');
    await reach('ingest.after');
    await reach('flush.committed');
    expect(signals).toHaveLength(3);
  });

  test('have each place there is', () => {
    for (const place of FAILPOINTS) expect(() => createFailpoints(`${place}=error`, () => {})).not.toThrow();
  });

  test.each([
    '',
    'flush',
    'flush.sealed',
    'flush.sealed=',
    'flush.sealed=explode',
    'flush.seeled=kill',
    'flush.sealed=kill@x',
    'flush.sealed=kill,',
  ])('%s is refused with what could be said', (text) => {
    expect(() => createFailpoints(text, () => {})).toThrow(AppError);
    expect(() => createFailpoints(text, () => {})).toThrow(
      'PLACE=kill|stop|error|wait:MS[@TIME], PLACE one of ingest.before',
    );
  });
});

describe('a key of a cluster', () => {
  let cluster: TestRedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());

  test('has the slot that Redis says', async () => {
    const seed = Number(process.env.TEST_SEED) || Math.floor(Math.random() * 2 ** 31);
    process.stderr.write(`TEST_SEED=${seed}\n`);
    const random = randomOf(seed);
    const alphabet = 'ab:{}{}é0';
    const keys = ['', '{', '}', '{}', '{}{a}', 'a{b}c', '{{a}}', '{a', '}{a}', 'a{é}', '{a}{b}'];
    for (let n = 0; n < 500; n++) {
      keys.push(Array.from({ length: random() * 12 }, () => alphabet[Math.floor(random() * alphabet.length)]).join(''));
    }
    const [node] = cluster.nodes;
    const slots = await Promise.all(keys.map(async (key) => Number(await node?.command('CLUSTER', 'KEYSLOT', key))));
    expect(keys.map((key) => [key, slotOf(key)])).toEqual(keys.map((key, place) => [key, slots[place] ?? -1]));
  });

  test('is reached on the node that holds it, also after that was restarted', async () => {
    const hosts = cluster.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',');
    const address = parseRedisAddress(`redis+cluster://${hosts}`);
    const ports = new Set<number | undefined>();
    for (const tag of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const connection = openRedis(address, createKeptLog(), { purpose: 'test', key: `{${tag}}:queue` });
      await connection.connect();
      // Another node would answer with MOVED.
      const write = () => connection.node().set(`{${tag}}:other`, 'x');
      await eventually(async () => expect(await write()).toBe('OK'), PATIENCE_MS);
      const { port } = connection.node().options;
      ports.add(port);
      expect(connection.losses()).toBe(0);
      if (tag === 'a') {
        const holder = cluster.nodes.find((node) => node.port === port);
        await holder?.kill('SIGKILL');
        await expect(eventually(write, 0)).rejects.toThrow();
        await holder?.start();
        await eventually(async () => expect(await write()).toBe('OK'), PATIENCE_MS);
        expect(connection.losses()).toBeGreaterThan(0);
      }
      connection.close();
    }
    expect(ports.size).toBeGreaterThan(1);
  });
});
