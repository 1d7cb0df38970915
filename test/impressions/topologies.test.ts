/** Whole hubs on a Redis Cluster, behind a Sentinel, over TLS, and several pipelines on one database: all count exactly. */

import { beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { createFolder, createTestDatabase } from '../help/databases.ts';
import { eventually } from '../help/eventually.ts';
import { findPort } from '../help/ports.ts';
import { buildBinary, type RunningProgram, runProgram, startProgram } from '../help/program.ts';
import { startRedis } from '../help/redis.ts';
import { startRedisCluster } from '../help/redis_cluster.ts';
import { assertBalanced, createPages, readCounters } from './load.ts';

const BUILD_TIMEOUT_MS = 120_000;
const PATIENCE_MS = 25_000;
const ROUNDS = 7;
const CLUSTER_PREFIX = '{views}:';

/** A database with pages, hubs on it, and what else a test opens; all of it ends with the test. */
interface Scene {
  readonly url: string;
  readonly closers: (() => unknown)[];
  run(args: readonly string[], settings: Readonly<Record<string, string>>): Promise<RunningProgram>;
  /** Opens every page so often on each hub, and waits until the counters say that, per content. */
  assertCounts(hubs: readonly RunningProgram[]): Promise<void>;
}

/** Tests that mostly wait, and so run beside each other. */
function scene(dialect: 'sqlite' | 'postgres', play: (scene: Scene) => Promise<void>): () => Promise<void> {
  return async () => {
    const closers: (() => unknown)[] = [];
    try {
      const { url, database, drop } = await createTestDatabase(dialect);
      closers.push(drop);
      const pages = await createPages(database);
      const sorted = (counters: ReadonlyMap<string, number>) => [...counters].sort();
      await play({
        url,
        closers,
        async run(args, settings) {
          const program = await startProgram([await buildBinary()], args, {
            settings: { DATABASE_URL: url, ...settings },
          });
          closers.push(() => program.end('SIGKILL'));
          return program;
        },
        async assertCounts(hubs) {
          const expected = new Map<string, number>();
          for (const [page, contents] of pages) {
            for (const hub of hubs) {
              for (let n = 0; n < ROUNDS; n++) {
                const answer = await fetch(`${hub.url}/api/v1/pages/${page}/`);
                expect(answer.status).toBe(200);
                await answer.arrayBuffer();
              }
            }
            const times = ROUNDS * hubs.length;
            for (const content of contents) expected.set(content, (expected.get(content) ?? 0) + times);
          }
          const isExact = async () => expect(sorted(await readCounters(database))).toEqual(sorted(expected));
          await eventually(isExact, PATIENCE_MS);
          await assertBalanced(database);
          for (const hub of hubs) expect(await hub.end('SIGTERM')).toBe(0);
          await isExact();
        },
      });
    } finally {
      for (const close of closers.reverse()) await close();
    }
  };
}

describe('a hub', () => {
  beforeAll(buildBinary, BUILD_TIMEOUT_MS);

  test.concurrent(
    'counts through a Redis Cluster, with keys of one slot',
    scene('sqlite', async ({ url, closers, run, assertCounts }) => {
      const cluster = await startRedisCluster();
      closers.push(cluster.stop);
      const REDIS_URL = `redis+cluster://${cluster.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
      await assertCounts([await run([], { REDIS_URL, COUNTER_KEY_PREFIX: CLUSTER_PREFIX })]);
      const holders = await Promise.all(
        cluster.nodes.map(async (node) => [await node.command('KEYS', '*')].flat().map(String)),
      );
      expect(holders.filter((names) => names.length > 0)).toHaveLength(1);
      expect(holders.flat().every((name) => name.startsWith(CLUSTER_PREFIX))).toBe(true);

      const refused = await runProgram([await buildBinary()], [], { settings: { DATABASE_URL: url, REDIS_URL } });
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringContaining('it must hold a hash tag, like {views}:'),
      ]);
    }),
  );

  test.concurrent(
    'counts through the server that a Sentinel names',
    scene('sqlite', async ({ closers, run, assertCounts }) => {
      const primary = await startRedis();
      closers.push(primary.stop);
      const sentinel = await startRedis({
        sentinel: true,
        config: { 'sentinel monitor': `mymaster 127.0.0.1 ${primary.port} 1` },
      });
      closers.push(sentinel.stop);
      const REDIS_URL = `redis+sentinel://127.0.0.1:${sentinel.port}/mymaster`;
      await assertCounts([await run([], { REDIS_URL })]);
      expect(await primary.command('EXISTS', 'views:source')).toBe(1);
    }),
  );

  test.concurrent(
    'counts over TLS with a certificate that it trusts, and says why it does not start with another',
    scene('sqlite', async ({ url, closers, run, assertCounts }) => {
      const folder = createFolder();
      closers.push(folder.remove);
      const [key, certificate] = [join(folder.path, 'key.pem'), join(folder.path, 'certificate.pem')];
      const made = Bun.spawnSync(
        [
          ...['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
          ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', certificate],
        ],
        { stderr: 'pipe' },
      );
      expect([made.exitCode, made.exitCode === 0 ? '' : made.stderr.toString()]).toEqual([0, '']);
      const tlsPort = await findPort();
      const redis = await startRedis({
        config: {
          'tls-port': String(tlsPort),
          'tls-cert-file': certificate,
          'tls-key-file': key,
          'tls-ca-cert-file': certificate,
          'tls-auth-clients': 'no',
        },
      });
      closers.push(redis.stop);
      const REDIS_URL = `rediss://127.0.0.1:${tlsPort}`;
      await assertCounts([await run([], { REDIS_URL, NODE_EXTRA_CA_CERTS: certificate })]);
      expect(await redis.command('EXISTS', 'views:source')).toBe(1);

      const settings = { DATABASE_URL: url, REDIS_URL, LOG_FORMAT: 'json' };
      const refused = await runProgram([await buildBinary()], ['--worker'], { settings });
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/Redis at rediss:\/\/127\.0\.0\.1:\d+ is not available: .*certificate/);
    }),
  );

  test.concurrent(
    'of several pipelines, each with its own Redis and processes, adds them up in one database',
    scene('postgres', async ({ closers, run, assertCounts }) => {
      const hubs: RunningProgram[] = [];
      for (const name of ['a', 'b']) {
        const redis = await startRedis();
        closers.push(redis.stop);
        const settings = { REDIS_URL: redis.url, COUNTER_KEY_PREFIX: `${name}:` };
        const [web] = await Promise.all(['--web', '--worker', '--beat'].map((role) => run([role], settings)));
        if (web !== undefined) hubs.push(web);
      }
      await assertCounts(hubs);
    }),
  );
});
