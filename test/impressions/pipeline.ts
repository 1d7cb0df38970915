/** The counting pipeline's parts on a Redis of the tests: a connection as the program makes it, keys, jobs, and what is stored. */
import { createKeys, type Keys } from '../../src/impressions/keys.ts';
import { openRedis, type RedisConnection } from '../../src/impressions/redis.ts';
import { createLog, type Log } from '../../src/log.ts';
import { parseRedisAddress } from '../../src/redis_address.ts';
import type { TestRedis } from '../help/redis.ts';

export const keys: Keys = createKeys('');

/** A log that keeps what it is told. */
export interface KeptLog extends Log {
  /** Its lines so far, as JSON. */
  text(): string;
  clear(): void;
}

export function createKeptLog(): KeptLog {
  let text = '';
  const log = createLog('debug', 'json', (line) => {
    text += line;
  });
  return {
    ...log,
    text: () => text,
    clear() {
      text = '';
    },
  };
}

/** Connects as the program does, and waits until it is. @param where a server, or its URL */
export async function connect(
  where: Pick<TestRedis, 'url'> | string,
  log: Log,
  commandTimeoutMs?: number,
): Promise<RedisConnection> {
  const url = typeof where === 'string' ? where : where.url;
  const connection = openRedis(parseRedisAddress(url), log, {
    purpose: 'test',
    key: keys.queue,
    ...(commandTimeoutMs !== undefined && { commandTimeoutMs }),
  });
  await connection.connect();
  return connection;
}

/** Label → id → times; ids and times as they are to stand in the job. */
export type JobViews = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** A job as a web process writes it. */
export function jobOf(views: JobViews, id: string = Bun.randomUUIDv7()): string {
  return JSON.stringify({ v: 1, id, views });
}

/** A hash's fields; {} when there is none. */
export async function readHash(redis: TestRedis, key: string): Promise<Record<string, string>> {
  const reply = [await redis.command('HGETALL', key)].flat().map(String);
  const fields: Record<string, string> = {};
  for (let place = 0; place < reply.length; place += 2) fields[reply[place] ?? ''] = reply[place + 1] ?? '';
  return fields;
}

/** A list's elements, or a set's members in order. */
export async function readList(redis: TestRedis, key: string): Promise<string[]> {
  const kind = await redis.command('TYPE', key);
  const reply = kind === 'set' ? await redis.command('SMEMBERS', key) : await redis.command('LRANGE', key, '0', '-1');
  const elements = [reply].flat().map(String);
  return kind === 'set' ? elements.sort() : elements;
}

/** All keys, in order. */
export async function readKeys(redis: TestRedis): Promise<string[]> {
  return [await redis.command('KEYS', '*')].flat().map(String).sort();
}
