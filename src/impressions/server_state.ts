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
  /** Nothing is brought to the disk while a snapshot is written (`no-appendfsync-on-rewrite`). */
  readonly isFsyncSuspended: boolean;
  /** Memory in use, and the limit (`maxmemory`), in bytes; a limit of 0 is none. */
  readonly usedBytes: number;
  readonly maxBytes: number;
}

const VERSION_MIN = [7, 0] as const;

/** @throws Error of the connection */
export async function readServerState(node: Redis): Promise<ServerState> {
  const fields = parseInfo(await node.info());
  const hasAof = fields.get('aof_enabled') === '1';
  const { fsync, isHeldByRewrite } = hasAof ? await readFsync(node) : { fsync: 'off' as const, isHeldByRewrite: false };
  const hasChild = fields.get('rdb_bgsave_in_progress') === '1' || fields.get('aof_rewrite_in_progress') === '1';
  const isFsyncSuspended = isHeldByRewrite && hasChild;
  return {
    version: fields.get('redis_version') ?? '0',
    isReplica: fields.get('role') !== 'master',
    evictionPolicy: fields.get('maxmemory_policy') ?? '',
    fsync,
    replicas: Number(fields.get('connected_slaves') ?? 0),
    isFsyncPending:
      fields.get('aof_pending_bio_fsync') !== '0' ||
      (fields.get('aof_buffer_length') ?? '0') !== '0' ||
      fields.get('aof_last_write_status') !== 'ok' ||
      isFsyncSuspended,
    isFsyncSuspended,
    usedBytes: Number(fields.get('used_memory') ?? 0),
    maxBytes: Number(fields.get('maxmemory') ?? 0),
  };
}

/** True at the limit: nothing new is taken, what is there is still counted. */
export function isFull({ usedBytes, maxBytes }: ServerState): boolean {
  return maxBytes > 0 && usedBytes >= maxBytes;
}

function parseInfo(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

/** When the append-only file reaches the disk, and whether it does not while a child process writes a snapshot. */
async function readFsync(node: Redis): Promise<{ fsync: 'no' | 'everysec' | 'always'; isHeldByRewrite: boolean }> {
  try {
    const reply = (await node.config('GET', 'appendfsync', 'no-appendfsync-on-rewrite')) as string[];
    const value = (name: string) => reply[reply.indexOf(name) + 1];
    const fsync = value('appendfsync');
    return {
      fsync: fsync === 'always' || fsync === 'no' ? fsync : 'everysec',
      isHeldByRewrite: value('no-appendfsync-on-rewrite') !== 'no',
    };
  } catch (error) {
    // A hosted Redis may refuse CONFIG, and an old one more than one name; a broken connection is no answer.
    if (error instanceof Error && /^(NOPERM|ERR)/.test(error.message))
      return { fsync: 'everysec', isHeldByRewrite: true };
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
  if (fsync === 'off')
    return 'appendonly is off: when Redis itself crashes, views that wait in it are lost, and where it writes snapshots (save) some may be counted twice';
  if (fsync === 'no') return 'appendfsync is no: when its machine crashes, views that wait in it are lost';
  return undefined;
}
