import { startRedis, type TestRedis } from './redis.ts';
import type { RedisBinary } from './redis_binary.ts';

const SLOTS = 16_384;
const MASTERS = 3;
const AGREEMENT_WAIT_MS_MAX = 20_000;
const POLL_MS = 25;

export interface TestRedisCluster {
  readonly nodes: readonly TestRedis[];
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

/** Three masters that share all slots, and each of which says that the cluster is well. */
export async function startRedisCluster(options: { readonly binary?: RedisBinary } = {}): Promise<TestRedisCluster> {
  const started = await Promise.allSettled(
    Array.from({ length: MASTERS }, () => startRedis({ ...options, cluster: true })),
  );
  const nodes = started.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    const failed = started.find((start) => start.status === 'rejected');
    if (failed) throw failed.reason;
    await join(nodes);
    await Promise.all(nodes.map(waitUntilAgreed));
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, urls: nodes.map((node) => node.url), stop };
}

/** Gives each node its slots and an epoch of its own, and introduces all to each other: word of mouth takes seconds. */
async function join(nodes: readonly TestRedis[]): Promise<void> {
  for (const [index, node] of nodes.entries()) {
    const start = Math.floor((index * SLOTS) / nodes.length);
    const end = Math.floor(((index + 1) * SLOTS) / nodes.length) - 1;
    await node.command('CLUSTER', 'ADDSLOTSRANGE', String(start), String(end));
    await node.command('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
  }
  for (const node of nodes) {
    const [, busPort] = [await node.command('CONFIG', 'GET', 'cluster-port')].flat();
    for (const other of nodes.slice(0, nodes.indexOf(node))) {
      await other.command('CLUSTER', 'MEET', '127.0.0.1', String(node.port), String(busPort));
    }
  }
}

async function waitUntilAgreed(node: TestRedis): Promise<void> {
  const deadline = performance.now() + AGREEMENT_WAIT_MS_MAX;
  const expected = ['cluster_state:ok', `cluster_slots_ok:${SLOTS}`, `cluster_known_nodes:${MASTERS}`];
  for (;;) {
    const info = String(await node.command('CLUSTER', 'INFO')).split('\r\n');
    if (expected.every((line) => info.includes(line))) return;
    if (performance.now() > deadline) throw new Error(`the cluster did not form:\n${info.join('\n')}`);
    await Bun.sleep(POLL_MS);
  }
}
