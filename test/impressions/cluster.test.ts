/** A flush on a Redis Cluster whose keys move to another node in the middle of it. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { video } from '../../src/contents/video.ts';
import { toInteger } from '../../src/db/rows.ts';
import { slotOf } from '../../src/impressions/cluster.ts';
import { createFlush } from '../../src/impressions/flush.ts';
import { createKeys } from '../../src/impressions/keys.ts';
import { openRedis, type RedisConnection } from '../../src/impressions/redis.ts';
import { parseRedisAddress } from '../../src/redis_address.ts';
import { createContent } from '../../src/store/contents.ts';
import { TESTER } from '../help/actor.ts';
import { createTestDatabase, type TestDatabase } from '../help/databases.ts';
import { eventually } from '../help/eventually.ts';
import type { TestRedis } from '../help/redis.ts';
import { startRedisCluster, type TestRedisCluster } from '../help/redis_cluster.ts';
import { createKeptLog } from './pipeline.ts';

const PATIENCE_MS = 25_000;
const MIGRATE_MS_MAX = '5000';

const keys = createKeys('{views}:');
const slot = String(slotOf(keys.queue));

let cluster: TestRedisCluster;
let opened: TestDatabase;
let connection: RedisConnection;

beforeAll(async () => {
  [cluster, opened] = await Promise.all([startRedisCluster(), createTestDatabase('sqlite')]);
  connection = openRedis(parseRedisAddress(`redis+cluster://127.0.0.1:${cluster.nodes[0]?.port}`), createKeptLog(), {
    purpose: 'test',
    key: keys.queue,
    commandTimeoutMs: 20_000,
  });
  await connection.connect();
}, 60_000);
afterAll(async () => {
  connection.close();
  await Promise.all([cluster.stop(), opened.drop()]);
});

test('keys that another node has between seal and gate wait until the gate has asked that one, and count once', async () => {
  const id = await opened.database.tx((tx) =>
    createContent(tx, TESTER, video, { title: 'Film', file_url: 'https://example.org/film.mp4' }),
  );
  await eventually(() => connection.node().hset(keys.counterPrefix + video.label, String(id), '5'), PATIENCE_MS);
  let isFirst = true;
  const flush = createFlush({
    database: opened.database,
    connection,
    dial: async () => connection,
    keys,
    batchRows: 1000,
    hasGate: true,
    log: createKeptLog(),
    async reach(place) {
      if (place !== 'flush.sealed' || !isFirst) return;
      isFirst = false;
      await moveKeys();
    },
    sleep: (ms) => Bun.sleep(ms),
  });
  const counter = async () =>
    toInteger((await opened.database.rows(sql`select counter from pages_videocontent`))[0]?.counter);

  expect([await flush.run(), await counter()]).toEqual(['held', 0]);
  await eventually(async () => expect(await flush.run()).toBe('done'), PATIENCE_MS);
  expect([await counter(), flush.state().batches, flush.state().rewound]).toEqual([5, 1, 0]);
}, 60_000);

/** Moves the pipeline's slot to the next node, as an operator would, and waits until the program's client knows. */
async function moveKeys(): Promise<void> {
  const before = connection.node();
  const place = cluster.nodes.findIndex(({ port }) => port === before.options.port);
  const [from, to] = [nodeAt(place), nodeAt((place + 1) % cluster.nodes.length)];
  const [fromId, toId] = [await idOf(from), await idOf(to)];
  await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
  await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
  const names = [await from.command('CLUSTER', 'GETKEYSINSLOT', slot, '100')].flat().map(String);
  await from.command('MIGRATE', '127.0.0.1', String(to.port), '', '0', MIGRATE_MS_MAX, 'KEYS', ...names);
  for (const node of [to, from]) await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
  await eventually(() => expect(connection.node()).not.toBe(before), PATIENCE_MS);
}

function nodeAt(place: number): TestRedis {
  const node = cluster.nodes[place];
  if (node === undefined) throw new Error(`the cluster has no node ${place}`);
  return node;
}

async function idOf(node: TestRedis): Promise<string> {
  return String(await node.command('CLUSTER', 'MYID'));
}
