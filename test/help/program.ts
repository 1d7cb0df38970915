import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
/** A busy machine that runs ten tests at once starts ten programs at once. */
const START_TIMEOUT_MS = 60_000;

let built: Promise<string> | undefined;

/** Builds the executable once in a test run (`make build`) and returns its path. */
export function buildBinary(): Promise<string> {
  built ??= (async () => {
    const build = Bun.spawn(['make', '-s', 'build'], { cwd: ROOT, stdout: 'pipe', stderr: 'pipe' });
    const [code, output] = await Promise.all([build.exited, new Response(build.stderr).text()]);
    if (code !== 0) throw new Error(`make build failed:\n${output}`);
    return join(ROOT, 'dist', 'contenthub');
  })();
  return built;
}

/** The program as developers run it, from source. */
export const SOURCE = [process.execPath, '--no-env-file', join(ROOT, 'src', 'main.ts')];

/** How one run of a command ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Signs the forms of hubs that tests start, so that none keeps a key in the project's folder. */
export const TEST_SECRET_KEY = 'a key that only tests sign with';

/** What a process of the program sees of the environment: nothing of the test's own but these. */
export function cleanEnvironment(settings: Readonly<Record<string, string>>): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...settings };
}

/** Runs a command of the program to its end. @param program `SOURCE`, or the built executable */
export async function runProgram(
  program: readonly string[],
  args: readonly string[],
  options: {
    readonly settings?: Readonly<Record<string, string>>;
    readonly cwd?: string;
    readonly stdin?: string;
  } = {},
): Promise<Outcome> {
  const child = Bun.spawn([...program, ...args], {
    // From source the folder must be the project's: Bun takes the tsconfig.json it finds there.
    cwd: options.cwd ?? ROOT,
    env: cleanEnvironment(options.settings ?? {}),
    stdin: options.stdin === undefined ? 'ignore' : new Blob([options.stdin]),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [code, stdout, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code, stdout, stderr };
}

/** A hub running as a process of its own. */
export interface RunningProgram {
  readonly url: string;
  readonly pid: number;
  /** Everything it wrote to standard error so far. */
  log(): string;
  /** Sends a signal and waits for the end. @returns the exit code, or 128 + the number of the signal that ended it */
  end(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number>;
}

/** Starts a hub on a free port and waits until it says that it serves. @throws Error with its log when it ends instead */
export async function startProgram(
  program: readonly string[],
  args: readonly string[],
  options: { readonly settings?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Promise<RunningProgram> {
  const child = Bun.spawn([...program, ...args], {
    cwd: options.cwd ?? ROOT,
    env: cleanEnvironment({ PORT: '0', LOG_FORMAT: 'json', SECRET_KEY: TEST_SECRET_KEY, ...options.settings }),
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  });
  let log = '';
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => reject(new Error(`the hub did not start in time:\n${log}`)), START_TIMEOUT_MS);
  (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) {
      log += decoder.decode(chunk, { stream: true });
      const url = log.match(/"message":"serving","url":"([^"]+)"/)?.[1];
      if (url !== undefined) resolve(url);
    }
    reject(new Error(`the hub ended instead of serving:\n${log}`));
  })();
  try {
    const url = await promise;
    return {
      url,
      pid: child.pid,
      log: () => log,
      end: (signal) => {
        child.kill(signal);
        return child.exited;
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
