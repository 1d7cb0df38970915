/** Whether Redis could still forget that it sealed a batch, on the Redis that is installed and on Redis 8. */
import { describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { video } from '../../src/contents/video.ts';
import { toInteger } from '../../src/db/rows.ts';
import type { Reach } from '../../src/failpoints.ts';
import { createFlush, type FlushOutcome } from '../../src/impressions/flush.ts';
import { isDurable } from '../../src/impressions/gate.ts';
import type { RedisConnection } from '../../src/impressions/redis.ts';
import { findRisk, isAtLeast, readServerState } from '../../src/impressions/server_state.ts';
import { createContent } from '../../src/store/contents.ts';
import { TESTER } from '../help/actor.ts';
import { createTestDatabase, type TestDatabase } from '../help/databases.ts';
import { eventually } from '../help/eventually.ts';
import { type RedisOptions, startRedis, type TestRedis } from '../help/redis.ts';
import { findRedis } from '../help/redis_binary.ts';
import { connect, createKeptLog, keys, readHash } from './pipeline.ts';

const PATIENCE_MS = 25_000;
/** What the gate may ask for before Redis 7.2: an fsync each second, and the one before it. */
const EVERYSEC_MS = 2000;
const LARGE_BYTES = 32 * 1024 * 1024;

const redis8 = await findRedis('8');
const missing = redis8.kind === 'missing' ? redis8.reason : '';

/** What a test has started; all of it ends with the test. */
interface Scene {
  start(options?: RedisOptions): Promise<TestRedis>;
  open(where: TestRedis | string): Promise<RedisConnection>;
  database(): Promise<TestDatabase>;
}

/** Tests that mostly wait, and so run beside each other. */
function scene(version: 'installed' | '8', play: (scene: Scene) => Promise<void>): () => Promise<void> {
  return async () => {
    const closers: (() => unknown)[] = [];
    const log = createKeptLog();
    try {
      await play({
        async start(options = {}) {
          const binary = version === '8' ? await findRedis('8') : await findRedis('installed');
          if (binary.kind === 'missing') throw new Error(binary.reason);
          const redis = await startRedis({ ...options, binary });
          closers.push(redis.stop);
          return redis;
        },
        async open(where) {
          const connection = await connect(where, log, 20_000);
          closers.push(connection.close);
          return connection;
        },
        async database() {
          const test = await createTestDatabase('sqlite');
          closers.push(test.drop);
          return test;
        },
      });
    } finally {
      for (const close of closers.reverse()) await close();
    }
  };
}

/** Asks whether what is written at this moment is durable. */
async function ask(connection: RedisConnection, sleep = (ms: number): Promise<void> => Bun.sleep(ms)) {
  const node = connection.node();
  await node.set('written', crypto.randomUUID());
  const waits: number[] = [];
  const state = await readServerState(node);
  const answer = await isDurable(node, state, (ms) => {
    waits.push(ms);
    return sleep(ms);
  });
  return { answer, waits, state };
}

async function waitForReplica(redis: TestRedis): Promise<void> {
  await eventually(async () => {
    expect(String(await redis.command('INFO', 'replication'))).toContain('state=online');
  }, PATIENCE_MS);
}

/** A flush of five views of one film, which are counted and not sealed. */
async function prepare(
  { open, database }: Scene,
  redis: TestRedis,
  reach: Reach = async () => {},
  sleep = (ms: number): Promise<void> => Bun.sleep(ms),
) {
  const test = await database();
  const id = await test.database.tx((tx) =>
    createContent(tx, TESTER, video, { title: 'Film', file_url: 'https://example.org/a' }),
  );
  await redis.command('HSET', keys.counterPrefix + video.label, String(id), '5');
  const connection = await open(redis);
  const flush = createFlush({
    database: test.database,
    connection,
    dial: () => open(redis),
    keys,
    batchRows: 1000,
    hasGate: true,
    log: createKeptLog(),
    reach,
    sleep,
  });
  const counter = async () => {
    const [row] = await test.database.rows(sql`select counter from pages_videocontent`);
    return toInteger(row?.counter);
  };
  /** The batch is where it was, and the next runs bring it. */
  async function assertHeld(outcome: FlushOutcome): Promise<void> {
    expect([outcome, await counter()]).toEqual(['held', 0]);
    expect(flush.state().heldSince).toBeGreaterThan(0);
    expect(Object.values(await readHash(redis, keys.flushPrefix + video.label))).toEqual(['5']);
    await eventually(async () => expect(await flush.run()).toBe('done'), PATIENCE_MS);
    expect([await counter(), flush.state().heldSince, flush.state().batches]).toEqual([5, undefined, 1]);
  }
  return { flush, connection, assertHeld };
}

/** Ends all connections of the program, and waits until it has another. */
async function reconnect(redis: TestRedis, connection: RedisConnection): Promise<void> {
  const losses = connection.losses();
  await redis.command('CLIENT', 'KILL', 'TYPE', 'NORMAL', 'SKIPME', 'YES');
  await eventually(() => expect([connection.losses() > losses, connection.isUp()]).toEqual([true, true]), PATIENCE_MS);
}

for (const version of ['installed', '8'] as const) {
  const isMissing = version === '8' && missing !== '';
  const name = version === '8' ? 'Redis 8' : 'the installed Redis';
  describe.skipIf(isMissing)(`the gate on ${name}${isMissing ? ` (${missing})` : ''}`, () => {
    test.concurrent.each([
      [
        'off',
        { appendonly: 'no' },
        'appendonly is off: when Redis itself crashes, views that wait in it are lost, and where it writes snapshots (save) some may be counted twice',
      ],
      ['no', { appendfsync: 'no' }, 'appendfsync is no: when its machine crashes, views that wait in it are lost'],
      ['always', { appendfsync: 'always' }, undefined],
    ] as const)('with fsync %s: yes at once', (fsync, config, risk) =>
      scene(version, async ({ start, open }) => {
        const { answer, waits, state } = await ask(await open(await start({ config })));
        expect([answer, waits, state.fsync, findRisk(state)]).toEqual([true, [], fsync, risk]);
      })(),
    );

    test.concurrent(
      'with fsync each second: yes when that is over',
      scene(version, async ({ start, open }) => {
        const { answer, waits, state } = await ask(await open(await start()));
        expect([answer, state.fsync, findRisk(state)]).toEqual([true, 'everysec', undefined]);
        if (isAtLeast(state, [7, 2])) {
          expect(waits).toEqual([]);
          return;
        }
        const [first = 0] = waits;
        expect(first).toBeGreaterThan(0);
        expect(first).toBeLessThanOrEqual(EVERYSEC_MS);
      }),
    );

    test.concurrent(
      'lets a batch pass although the disk is busy with what was written just now',
      scene(version, async ({ start, open }) => {
        const redis = await start({ config: { 'auto-aof-rewrite-percentage': '0' } });
        const connection = await open(redis);
        for (let times = 0; times < 2; times++) {
          // More than a second after the last fsync a write begins one, and this takes its time.
          await Bun.sleep(1050);
          await redis.command('EVAL', 'redis.call("SET", "large", string.rep("x", ARGV[1]))', '0', String(LARGE_BYTES));
          expect((await ask(connection)).answer).toBe(true);
        }
      }),
    );

    test.concurrent(
      'that may not wait says no when it would have to',
      scene(version, async ({ start, open }) => {
        const connection = await open(await start());
        const { answer, waits, state } = await ask(connection, async () => {});
        expect(answer).toBe(isAtLeast(state, [7, 2]));
        expect(waits.length).toBe(answer ? 0 : 1);
      }),
    );

    test.concurrent.each(['everysec', 'always'])(
      'with fsync %s: says no while a snapshot is written and nothing reaches the disk meanwhile',
      (appendfsync) =>
        scene(version, async ({ start, open }) => {
          const redis = await start({
            // A snapshot that takes a second for each key.
            config: { appendfsync, 'no-appendfsync-on-rewrite': 'yes', 'rdb-key-save-delay': '1000000' },
          });
          const connection = await open(redis);
          for (let n = 0; n < 60; n++) await redis.command('SET', `key:${n}`, 'x');
          expect((await ask(connection)).answer).toBe(true);
          await redis.command('BGSAVE');
          expect(await ask(connection)).toMatchObject({ answer: false, state: { isFsyncSuspended: true } });
        })(),
    );

    test.concurrent(
      'whose user may not ask for the configuration takes it for fsync each second',
      scene(version, async ({ start, open }) => {
        const redis = await start({ config: { appendfsync: 'always' } });
        await redis.command('ACL', 'SETUSER', 'hub', 'on', '>secret', '~*', '&*', '+@all', '-config');
        const { answer, state } = await ask(await open(redis.url.replace('//', '//hub:secret@')));
        expect([answer, state.fsync]).toEqual([true, 'everysec']);
      }),
    );

    test.concurrent.each(['always', 'off'] as const)(
      'with a replica and fsync %s: waits for it, and says no while it is paused',
      (fsync) =>
        scene(version, async ({ start, open }) => {
          const aof = fsync === 'off' ? { appendonly: 'no' } : { appendfsync: fsync };
          const redis = await start({ config: { ...aof, 'repl-diskless-sync-delay': '0' } });
          const replica = await start({ config: { ...aof, replicaof: `127.0.0.1 ${redis.port}` } });
          const connection = await open(redis);
          const isPassed = async () => expect((await ask(connection)).answer).toBe(true);
          await waitForReplica(redis);
          await eventually(isPassed, PATIENCE_MS);
          expect((await ask(connection)).state).toMatchObject({ replicas: 1, isReplica: false });
          await replica.pause();
          expect((await ask(connection)).answer).toBe(false);
          replica.resume();
          await eventually(isPassed, PATIENCE_MS);
          expect((await readServerState((await open(replica)).node())).isReplica).toBe(true);
        })(),
    );

    test.concurrent(
      'holds the batch of a flush whose connection was lost after the seal',
      scene(version, async (scene) => {
        const redis = await scene.start();
        let isFirst = true;
        const { flush, connection, assertHeld } = await prepare(scene, redis, async (place) => {
          if (place !== 'flush.sealed' || !isFirst) return;
          isFirst = false;
          await reconnect(redis, connection);
        });
        await assertHeld(await flush.run());
      }),
    );

    test.concurrent(
      'holds the batch of a flush while a replica is paused',
      scene(version, async (scene) => {
        const redis = await scene.start({ config: { 'repl-diskless-sync-delay': '0' } });
        const replica = await scene.start({ config: { replicaof: `127.0.0.1 ${redis.port}` } });
        await waitForReplica(redis);
        const { flush, assertHeld } = await prepare(scene, redis);
        await replica.pause();
        const outcome = await flush.run();
        replica.resume();
        await assertHeld(outcome);
      }),
    );
  });
}

describe('the gate on the installed Redis, which can only be waited for', () => {
  test.concurrent(
    'holds the batch of a flush whose connection was lost meanwhile',
    scene('installed', async (scene) => {
      const redis = await scene.start();
      const state = await readServerState((await scene.open(redis)).node());
      if (isAtLeast(state, [7, 2])) return;
      let isFirst = true;
      const { flush, connection, assertHeld } = await prepare(scene, redis, undefined, async (ms) => {
        await Bun.sleep(ms);
        if (isFirst) await reconnect(redis, connection);
        isFirst = false;
      });
      await assertHeld(await flush.run());
    }),
  );
});
