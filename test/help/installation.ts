import type { Database } from '../../src/db/connection.ts';
import { createTestDatabase } from './databases.ts';
import { buildBinary, type Outcome, type RunningProgram, runProgram, startProgram } from './program.ts';
import { startRedis, type TestRedis } from './redis.ts';

/** The built executable, a database and a Redis: what the roles of one hub share. */
export interface Installation {
  readonly redis: TestRedis;
  readonly database: Database;
  readonly settings: Readonly<Record<string, string>>;
  /** Starts a process with these roles, all when none is named; it listens. */
  start(...args: readonly string[]): Promise<RunningProgram>;
  /** Runs a command to its end. */
  run(args: readonly string[], more?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** Kills what was started, and empties a Redis that runs again. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

export async function createInstallation(): Promise<Installation> {
  const executable = [await buildBinary()];
  // Durable with the reply: the gate opens at once.
  const redis = await startRedis({ config: { appendfsync: 'always' } });
  const target = await createTestDatabase('sqlite');
  const settings = { DATABASE_URL: target.url, REDIS_URL: redis.url };
  const running = new Set<RunningProgram>();

  async function killAll(): Promise<void> {
    await Promise.all([...running].map((program) => program.end('SIGKILL')));
    running.clear();
  }

  return {
    redis,
    database: target.database,
    settings,
    async start(...args) {
      const program = await startProgram(executable, [...args, '--port', '0'], { settings });
      running.add(program);
      return program;
    },
    run: (args, more) => runProgram(executable, args, { settings: { ...settings, ...more } }),
    async reset() {
      await killAll();
      redis.resume();
      await redis.start();
      await redis.command('FLUSHALL');
    },
    async stop() {
      await killAll();
      await target.drop();
      await redis.stop();
    },
  };
}
