/** Programs under measurement: compiled, started, weighed and put under load. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Load, LoadResult } from './load.ts';

const START_MS_MAX = 20_000;
/** Linux counts processor time in these, on every machine we know of. */
const TICKS_PER_SECOND = 100;
const MEGABYTE = 1_000_000;
/** A web process of a hub with Redis does not start without one. */
const SECRET_KEY = 'a key that only benchmarks sign with';

export interface Server {
  readonly port: number;
  /** From the start of the process to its first answer with status 200. */
  readonly startMs: number;
  /** Resident memory, in MB. */
  memory(): number;
  /** Processor time used so far, in seconds; undefined where the system does not tell. */
  processorSeconds(): number | undefined;
  /** Sends SIGTERM. @returns the exit code */
  stop(): Promise<number>;
}

/** Compiles a file of this folder as `make build` compiles the program; returns the executable's path. */
export async function compile(name: string, folder: string): Promise<string> {
  const path = join(folder, name);
  const options = ['--compile', '--production', '--minify', '--bytecode', '--format=esm', '--splitting'];
  const settings = ['--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig'];
  const source = join(import.meta.dirname, `${name}.ts`);
  const build = Bun.spawn([process.execPath, 'build', ...options, ...settings, source, '--outfile', path], {
    cwd: join(import.meta.dirname, '..', '..'),
    stdout: 'ignore',
    stderr: 'pipe',
  });
  if ((await build.exited) !== 0) throw new Error(await new Response(build.stderr).text());
  return path;
}

/** Starts a server that says `"message":"serving","url":"…"` on standard error, and asks it for `path`. */
export async function startServer(
  command: readonly string[],
  path: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const started = performance.now();
  const child = Bun.spawn([...command], {
    env: { PORT: '0', LOG_FORMAT: 'json', SECRET_KEY, ...settings },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), START_MS_MAX);
  try {
    const url = await readAddress(child.stderr);
    const answer = await fetch(`${url}${path}`);
    const startMs = performance.now() - started;
    if (answer.status !== 200) throw new Error(`${command.join(' ')} answered ${path} with ${answer.status}`);
    await answer.bytes();
    return {
      port: Number(new URL(url).port),
      startMs,
      memory: () => memoryOf(child.pid),
      processorSeconds: () => processorSecondsOf(child.pid),
      stop: () => {
        child.kill('SIGTERM');
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

/** Reads on to the end, so that the server never writes into a closed pipe. */
function readAddress(errors: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  (async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of errors) {
      text += decoder.decode(chunk, { stream: true });
      const url = /"message":"serving","url":"([^"]+)"/.exec(text)?.[1];
      if (url !== undefined) resolve(url);
    }
    reject(new Error(`ended instead of serving:\n${text}`));
  })();
  return promise;
}

/** Resident memory of a process, in MB. */
export function memoryOf(pid: number): number {
  if (process.platform === 'linux') {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return (Number(kilobytes) * 1024) / MEGABYTE;
  }
  const { stdout } = Bun.spawnSync(['ps', '-o', 'rss=', '-p', String(pid)]);
  return (Number(stdout.toString()) * 1024) / MEGABYTE;
}

/** Processor time that a process has used so far; undefined where the system does not tell. */
export function processorSecondsOf(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [, ...fields] = stat.slice(stat.lastIndexOf(')')).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export interface Rate {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Processor time of the server for one request. */
  readonly microseconds: number | undefined;
  /** Times of an answer, in ms: the median, and the 99th percentile. */
  readonly p50: number;
  readonly p99: number;
}

/** One measurement, by `wrk` when it is named, else by the generator beside this file. */
export async function measureRate(server: Server, load: Omit<Load, 'port'>, wrk: string | undefined): Promise<Rate> {
  const before = server.processorSeconds();
  const whole = { ...load, port: server.port };
  const result = await (wrk === undefined ? runGenerator(whole) : runWrk(wrk, whole));
  const after = server.processorSeconds();
  if (result.failures > 0) throw new Error(`${load.path}: ${result.failures} answers were not 200`);
  const used = before === undefined || after === undefined ? undefined : after - before;
  return {
    requests: result.requests,
    requestsPerSecond: result.requests / result.seconds,
    microseconds: used === undefined ? undefined : (used * 1e6) / result.requests,
    p50: result.p50,
    p99: result.p99,
  };
}

async function runGenerator(load: Load): Promise<LoadResult> {
  const file = join(import.meta.dirname, 'load.ts');
  return JSON.parse(await readOutput([process.execPath, '--no-env-file', file, JSON.stringify(load)]));
}

/** wrk leaves the last answers unread: its requests are up to one a connection fewer than the views it made. */
async function runWrk(wrk: string, { port, path, ids, connections, seconds }: Load): Promise<LoadResult> {
  const flags = [
    '-t1',
    '--latency',
    `-c${connections}`,
    `-d${Math.ceil(seconds)}s`,
    '-s',
    join(import.meta.dirname, 'wrk.lua'),
  ];
  const text = await readOutput([wrk, ...flags, `http://127.0.0.1:${port}`, '--', path, String(ids)]);
  const [, requests, took] = /(\d+) requests in ([\d.]+)s/.exec(text) ?? [];
  const time = (percentile: number): number => {
    const [, value, unit] = new RegExp(`^ +${percentile}% +([\\d.]+)(us|ms|s)$`, 'm').exec(text) ?? [];
    return Number(value) * (unit === 'us' ? 0.001 : unit === 's' ? 1000 : 1);
  };
  const failures = /Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1];
  const times = { p50: time(50), p99: time(99) };
  return { requests: Number(requests), failures: Number(failures ?? 0), seconds: Number(took), ...times };
}

/** Runs a command to its end; returns its standard output. */
export async function readOutput(command: readonly string[]): Promise<string> {
  const child = Bun.spawn([...command], { stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' });
  const [code, text] = await Promise.all([child.exited, new Response(child.stdout).text()]);
  if (code !== 0) throw new Error(`${command[0]} ended with ${code}`);
  return text;
}
