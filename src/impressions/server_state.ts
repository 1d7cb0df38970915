import type { Redis } from 'ioredis';

/** What the pipeline needs to know of the Redis server it runs on. */
export interface ServerState {
  /** `7.0.15`. */
  readonly version: string;
  readonly isReplica: boolean;
  /** `noeviction`, `allkeys-lru`, …; '' when the server does not say. */
  readonly evictionPolicy: string;
  /** When an append-only file reaches the disk; `off` without one, and `everysec` where CONFIG is refused. */
  readonly fsync: 'off' | 'no' | 'everysec' | 'always';
  /** Connected replicas. */
  readonly replicas: number;
  /** Something written is not known to be on the disk. */
  readonly isFsyncPending: boolean;
}

const VERSION_MIN = [7, 0] as const;

/** @throws Error of the connection */
export async function readServerState(node: Redis): Promise<ServerState> {
  const fields = parseInfo(await node.info());
  const hasAof = fields.get('aof_enabled') === '1';
  return {
    version: fields.get('redis_version') ?? '0',
    isReplica: fields.get('role') !== 'master',
    evictionPolicy: fields.get('maxmemory_policy') ?? '',
    fsync: hasAof ? await readFsync(node) : 'off',
    replicas: Number(fields.get('connected_slaves') ?? 0),
    isFsyncPending:
      fields.get('aof_pending_bio_fsync') !== '0' ||
      (fields.get('aof_buffer_length') ?? '0') !== '0' ||
      fields.get('aof_last_write_status') !== 'ok',
  };
}

function parseInfo(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

async function readFsync(node: Redis): Promise<'no' | 'everysec' | 'always'> {
  try {
    const [, value] = (await node.config('GET', 'appendfsync')) as string[];
    return value === 'always' || value === 'no' ? value : 'everysec';
  } catch (error) {
    // A hosted Redis may refuse CONFIG; a broken connection is no answer.
    if (error instanceof Error && /^(NOPERM|ERR)/.test(error.message)) return 'everysec';
    throw error;
  }
}

/** True when the server is at least this version. */
export function isAtLeast({ version }: ServerState, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** Why views cannot be counted on this server, each with what to do. */
export function findProblems(state: ServerState, allowEviction: boolean): string[] {
  const problems: string[] = [];
  if (!isAtLeast(state, VERSION_MIN)) problems.push(`it is version ${state.version}: use Redis 7.0 or newer`);
  if (state.isReplica) problems.push('it is a read-only replica: name the primary (or Sentinel, redis+sentinel://…)');
  if (!['noeviction', ''].includes(state.evictionPolicy) && !allowEviction) {
    problems.push(
      `its maxmemory-policy is ${state.evictionPolicy}, which may evict views that wait: set it to noeviction (or ALLOW_EVICTION=1 to risk that)`,
    );
  }
  return problems;
}

/** What a crash of this server may cost, in a sentence; undefined when nothing beyond what its settings promise. */
export function findRisk({ fsync }: ServerState): string | undefined {
  if (fsync === 'off') return 'appendonly is off: when Redis itself crashes, views that wait in it are lost';
  if (fsync === 'no') return 'appendfsync is no: when its machine crashes, views that wait in it are lost';
  return undefined;
}
