/**
 * A disk that takes what is written and does not come to the end of an fsync: Redis goes on, and what it has written since is lost
 * when its machine crashes. Killing the process alone would lose nothing of it, for the system has it.
 *
 * The thread of Redis that calls fsync is stopped (ptrace(2): SIGSTOP would stop all of its threads). So Redis itself says what is
 * durable and what is not, through WAITAOF and INFO. With `appendfsync always` the main thread calls fsync, and nothing can be held.
 */
import { dlopen, FFIType } from 'bun:ffi';
import { readdirSync, readFileSync } from 'node:fs';
import { eventually } from '../../help/eventually.ts';
import type { TestRedis } from '../../help/redis.ts';
import { WAIT_MS_MAX } from './limits.ts';

const PTRACE_SEIZE = 0x4206;
const PTRACE_INTERRUPT = 0x4207;
/** waitpid(2): also threads that are no children. */
const WAIT_ALL = 0x40000000;

/** Why fsync cannot be held here, for the name of a skipped test; undefined when it can. */
export const holdFsyncMissing =
  process.platform === 'linux' ? undefined : 'only Linux lets a test stop a single thread';

export interface HeldFsync {
  /** What was on the disk, and perhaps a little more: nothing that Redis wrote later ever got there. For `restoreData`. */
  readonly copy: string;
  /** Ends Redis, and takes it back to the copy. It does not run then. */
  crash(): Promise<void>;
  /** Ends Redis. To be called in the end, whatever happened. Idempotent. */
  end(): Promise<void>;
}

/** From now on nothing that this Redis writes is durable. @throws Error where the system does not let a test do that */
export async function holdFsync(redis: TestRedis): Promise<HeldFsync> {
  const system = openSystem();
  const { pid } = redis;
  const thread = findThread(pid, 'bio_aof');
  // While an fsync takes its time, Redis holds back what it would write.
  await eventually(async () => {
    const info = String(await redis.command('INFO', 'persistence'));
    if (!/aof_pending_bio_fsync:0/.test(info) || !/aof_buffer_length:0/.test(info))
      throw new Error('Redis still writes');
  }, WAIT_MS_MAX);
  system.stop(thread);
  const copy = await redis.copyData();
  let ended: Promise<void> | undefined;

  function end(): Promise<void> {
    ended ??= (async () => {
      process.kill(pid, 'SIGKILL');
      // Whoever has stopped a thread is told of its end first, and Redis's parent after that.
      system.waitForEnd(thread);
      await redis.kill('SIGKILL');
    })();
    return ended;
  }

  return {
    copy,
    end,
    async crash() {
      await end();
      await redis.restoreData(copy);
    },
  };
}

function findThread(pid: number, name: string): number {
  const folder = `/proc/${pid}/task`;
  const found = readdirSync(folder).find((id) => readFileSync(`${folder}/${id}/comm`, 'utf8').startsWith(name));
  if (found === undefined) throw new Error(`process ${pid} has no thread ${name}`);
  return Number(found);
}

function openSystem() {
  const { symbols } = dlopen('libc.so.6', {
    ptrace: { args: [FFIType.i64, FFIType.i64, FFIType.i64, FFIType.i64], returns: FFIType.i64_fast },
    waitpid: { args: [FFIType.i32, FFIType.ptr, FFIType.i32], returns: FFIType.i32 },
  });
  return {
    stop(thread: number): void {
      for (const request of [PTRACE_SEIZE, PTRACE_INTERRUPT]) {
        if (symbols.ptrace(request, thread, 0, 0) !== 0)
          throw new Error('the system lets no test stop a thread (ptrace)');
      }
      symbols.waitpid(thread, null, WAIT_ALL);
    },
    waitForEnd(thread: number): void {
      while (symbols.waitpid(thread, null, WAIT_ALL) > 0);
    },
  };
}
