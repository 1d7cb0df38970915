import { findRedis } from '../../help/redis_binary.ts';

const redis8 = await findRedis('8');

/** The Redis servers that a test of what they keep runs on; `missing` says why one is not there, for the name of a skipped test. */
export const SERVERS = [
  { name: 'the installed Redis', binary: await findRedis('installed'), missing: undefined },
  {
    name: 'Redis 8',
    binary: redis8.kind === 'found' ? redis8 : undefined,
    missing: redis8.kind === 'missing' ? redis8.reason : undefined,
  },
] as const;
