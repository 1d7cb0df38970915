/** Redis for measurements: the servers that this machine has, started as the tests start theirs. A benchmark installs nothing. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startRedis, type TestRedis } from '../help/redis.ts';
import { findRedis, type RedisBinary } from '../help/redis_binary.ts';
import type { Bench } from './bench.ts';
import { say } from './table.ts';

const CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache');
/** An append-only file that is written anew in the middle of a measurement disturbs it. */
const CONFIG = { 'auto-aof-rewrite-percentage': '0' };

/** The installed Redis, or undefined. */
export async function findInstalledRedis(): Promise<RedisBinary | undefined> {
  const places = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'].map((folder) => join(folder, 'redis-server'));
  const isThere =
    process.env.TEST_REDIS_SERVER ||
    Bun.which('redis-server') ||
    [...places, '/usr/bin/redis-check-rdb'].some(existsSync);
  if (!isThere) return undefined;
  return findRedis('installed').catch(() => undefined);
}

/** A Redis 8 that is there already, or undefined. */
export async function findRedis8(): Promise<RedisBinary | undefined> {
  const hasCopy = existsSync(CACHE) && readdirSync(CACHE).some((name) => /^contenthub-redis-8-[a-z0-9]+$/.test(name));
  const installed = await findInstalledRedis();
  const isInstalled = installed !== undefined && Number.parseInt(installed.version, 10) >= 8;
  if (!process.env.TEST_REDIS_8 && !hasCopy && !isInstalled) return undefined;
  const found = await findRedis('8');
  return found.kind === 'found' ? found : undefined;
}

/** Starts a Redis that stops with the section. */
export async function startBenchRedis(bench: Bench, binary: RedisBinary): Promise<TestRedis> {
  const redis = await startRedis({ binary, config: CONFIG });
  bench.atEnd(() => redis.stop());
  return redis;
}

/** Begins a section, unless something is missing that it needs; then says so in one line. @returns whether it began */
export function beginSection(name: string, needs: Readonly<Record<string, unknown>>): boolean {
  const missing = Object.keys(needs).filter((need) => needs[need] === undefined || needs[need] === null);
  if (missing.length > 0) say(`${name}: left out, there is no ${missing.join(' and no ')} here\n`);
  return missing.length === 0;
}
