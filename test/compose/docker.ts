/** The compose project under test, as the command line of Docker shows it. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const POLL_MS = 200;

/** Runs a command to its end. @returns what it printed @throws Error with what it said, when it failed */
export async function run(
  command: readonly string[],
  options: { readonly cwd?: string; readonly stdin?: Blob } = {},
): Promise<string> {
  const child = Bun.spawn([...command], {
    cwd: options.cwd ?? ROOT,
    stdin: options.stdin ?? 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [code, stdout, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return stdout.trim();
}

/** Asks again until the answer is there. @throws Error when it is not after `seconds` */
export async function until<T>(what: string, seconds: number, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await Bun.sleep(POLL_MS);
  }
}

/** A container as `docker inspect` describes it. */
interface Inspected {
  readonly Id: string;
  readonly State: {
    readonly Status: string;
    readonly Pid: number;
    readonly StartedAt: string;
    readonly ExitCode: number;
    readonly Health?: { readonly Status: string };
  };
}

export interface Project {
  readonly folder: string;
  compose(...args: string[]): Promise<string>;
  /** The ids of a service's containers. */
  idsOf(service: string): Promise<string[]>;
  inspect(id: string): Promise<Inspected>;
  /** Resolves when every container of the service is healthy, and there are `count` of them. */
  healthy(service: string, count: number, seconds: number): Promise<void>;
  /** Kills the main process of a container as a crash would: the restart policy brings it back. Resolves when it has. */
  crash(id: string): Promise<void>;
  sql(statement: string): Promise<string>;
  remove(): Promise<void>;
}

/** A copy of the project in a folder of its own, with the `.env` that the README tells to make. */
export async function openProject(): Promise<Project> {
  const plugin = Bun.spawnSync(['docker', 'compose', 'version']).exitCode === 0;
  const program = plugin ? ['docker', 'compose'] : ['docker-compose'];
  const folder = mkdtempSync(join(tmpdir(), 'contenthub-'));
  const files = await run(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  for (const file of files.split('\0').filter((name) => name !== '')) cpSync(join(ROOT, file), join(folder, file));
  cpSync(join(ROOT, '.env.example'), join(folder, '.env'));

  const compose = (...args: string[]) => run([...program, ...args], { cwd: folder });
  const idsOf = async (service: string) =>
    (await compose('ps', '-q', service)).split('\n').filter((line) => line !== '');
  async function inspect(id: string): Promise<Inspected> {
    const [container]: Inspected[] = JSON.parse(await run(['docker', 'inspect', id]));
    if (container === undefined) throw new Error(`no container ${id}`);
    return container;
  }
  async function isHealthy(id: string): Promise<boolean> {
    const { Status, Health } = (await inspect(id)).State;
    return Status === 'running' && Health?.Status === 'healthy';
  }
  return {
    folder,
    compose,
    idsOf,
    inspect,
    async healthy(service, count, seconds) {
      await until(`${count} × ${service} healthy`, seconds, async () => {
        const ids = await idsOf(service);
        const states = await Promise.all(ids.map(isHealthy));
        return ids.length === count && states.every(Boolean) ? true : undefined;
      });
    },
    async crash(id) {
      const { State } = await inspect(id);
      process.kill(State.Pid, 'SIGKILL');
      await until(`${id} running again`, 60, async () => {
        const now = (await inspect(id)).State;
        return now.StartedAt !== State.StartedAt && now.Status === 'running' ? true : undefined;
      });
    },
    sql: (statement) => compose('exec', '-T', 'db', 'psql', '-U', 'contenthub', '-d', 'contenthub', '-Atc', statement),
    async remove() {
      await compose('down', '-v', '--remove-orphans');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
