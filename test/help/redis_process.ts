/** A server in a folder: the process that runs there, its configuration, its log; gone with the run, also when that is killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKeeper } from './keeper.ts';

const POLL_MS = 5;

/** $1 = folder, where `pid` names the server while it runs. There is nothing to save: it is killed, even when it is paused. */
const STOP_WHEN_INPUT_ENDS = `read -r _
pid=$(cat "$1/pid" 2>/dev/null)
turns=0
while [ -n "$pid" ] && kill -9 "$pid" 2>/dev/null && [ $turns -lt 20 ]; do
  turns=$((turns + 1))
  sleep 0.05
done
rm -rf "$1"`;

export interface RedisProcess {
  /** Goes away with `remove`. */
  readonly folder: string;
  /** Of the process that runs, or ran last; 0 before the first. */
  pid(): number;
  isRunning(): boolean;
  /** All that was logged since the first start. */
  log(): string;
  start(config: Readonly<Record<string, string>>): void;
  /** Waits until the process is gone. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  pause(): Promise<void>;
  resume(): void;
  /** Kills the process and removes the folder. */
  remove(): Promise<void>;
}

/** @param path the program to start @param args what it is called with beside its configuration */
export function createRedisProcess(path: string, args: readonly string[] = []): RedisProcess {
  const folder = mkdtempSync(join(tmpdir(), 'contenthub-redis-'));
  const file = { log: join(folder, 'log'), pid: join(folder, 'pid'), config: join(folder, 'redis.conf') };
  const endKeeper = startKeeper(STOP_WHEN_INPUT_ENDS, folder);
  let child: ChildProcess | undefined;

  function isRunning(): boolean {
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  async function kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (!child || !isRunning()) return;
    child.ref();
    const exited = once(child, 'exit');
    child.kill(signal);
    // A paused process takes SIGTERM only when it goes on.
    child.kill('SIGCONT');
    await exited;
  }

  return {
    folder,
    pid: () => child?.pid ?? 0,
    isRunning,
    log: () => (existsSync(file.log) ? readFileSync(file.log, 'utf8') : ''),
    start(config) {
      const lines = Object.entries(config).map(([name, value]) => `${name} ${value === '' ? '""' : value}\n`);
      writeFileSync(file.config, lines.join(''));
      const log = openSync(file.log, 'a');
      // A session of its own: Ctrl-C reaches the tests, which stop it.
      child = spawn(path, [file.config, ...args], { detached: true, stdio: ['ignore', log, log] });
      closeSync(log);
      child.on('error', () => {});
      child.once('exit', () => rmSync(file.pid, { force: true }));
      if (child.pid !== undefined) writeFileSync(file.pid, String(child.pid));
      child.unref();
    },
    kill,
    async pause() {
      child?.kill('SIGSTOP');
      while (child?.pid && isRunning() && !isPaused(child.pid)) await Bun.sleep(POLL_MS);
    },
    resume: () => void child?.kill('SIGCONT'),
    async remove() {
      await kill('SIGKILL');
      await endKeeper();
      // When a test takes too long `bun test` kills whatever it has started, keepers too.
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Linux tells; elsewhere a signal that was sent is taken for one that has arrived. */
function isPaused(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  return !existsSync(file) || / [Tt] /.test(readFileSync(file, 'utf8'));
}
