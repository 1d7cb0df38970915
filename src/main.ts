/**
 * The program: arguments → a command, or configuration → application → roles → wait for a signal → close.
 * The only file that ends the process or listens to signals.
 */
import { type Arguments, type Option, parseArguments, UsageError } from './commands/arguments.ts';
import {
  assertNothingLeft,
  describeHub,
  flagSettings,
  type Hub,
  serveOptions,
  servesPages,
  startHub,
} from './commands/serve.ts';
import { type Environment, readConfig, readLogSettings } from './config.ts';
import { findMisnamed } from './config_misnamed.ts';
import { AppError, messageOf } from './errors.ts';
import { createLog, type Log } from './log.ts';
import { nearest } from './nearest.ts';
import { createOutput, isTerminal } from './output.ts';
import { createPause } from './pause.ts';
import { VERSION } from './version.ts';

const ENV_FILE: Option = { name: 'env-file', value: 'FILE', help: 'read settings from FILE' };
/** A clean stop that takes longer than this is no clean stop. Docker kills a container after 10 s. */
const STOP_TIMEOUT_MS = 9500;
/** Of a process that a signal ends: 128 and the signal's number. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Its reader may go away: a hub serves on without its log. */
const errorOutput = createOutput(Bun.stderr, () => {});
const output = createOutput(Bun.stdout, (error) => {
  // `--help | head` closes the pipe early: that is the reader's choice, not an error.
  if (error instanceof Error && 'code' in error && error.code === 'EPIPE') process.exit(0);
  errorOutput.print(`contenthub: cannot write to standard output: ${messageOf(error)}\n`);
  process.exit(1);
});

async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h') || argv[0] === 'help') {
    const { helpText } = await readCommands();
    output.print(helpText(VERSION));
    return 0;
  }
  if (argv.includes('--version') || argv.includes('-V')) {
    output.print(`contenthub ${VERSION}\n`);
    return 0;
  }
  const [first = ''] = argv;
  const before = first === `--${ENV_FILE.name}` ? 2 : first.startsWith(`--${ENV_FILE.name}=`) ? 1 : 0;
  const name = argv[before];
  if (name === undefined || name.startsWith('-')) return serve(argv);
  return runCommand(name, [...argv.slice(0, before), ...argv.slice(before + 1)]);
}

/** Loaded when one is asked for: serving needs none of them, and starts sooner. */
const readCommands = () => import('./commands/index.ts');

async function runCommand(name: string, argv: readonly string[]): Promise<number> {
  const { commands } = await readCommands();
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) throw unknownCommand(name, commands);
  const given = parseArguments(argv, [...command.options, ENV_FILE]);
  const surplus = given.positionals[command.operandsMax];
  if (surplus !== undefined) throw new UsageError(`${name}: unexpected "${surplus}"`);
  const environment = await readEnvironment(given);
  return command.run({
    arguments: given,
    environment,
    log: openEarlyLog(environment),
    interruption: endAtSignal(),
    readConfig: () => readConfig(environment),
    print: output.print,
  });
}

function unknownCommand(name: string, commands: readonly { readonly name: string }[]): AppError {
  const near = nearest(
    name,
    commands.map((candidate) => candidate.name),
  );
  return new UsageError(`unknown command ${name}${near === undefined ? '; see --help' : `, did you mean ${near}?`}`);
}

/** The environment, over what `--env-file` holds. An empty variable is none. */
async function readEnvironment(given: Arguments): Promise<Environment> {
  const path = given.value(ENV_FILE.name);
  if (path === undefined) return process.env;
  const { parseEnv } = await import('node:util');
  const own = Object.entries(process.env).filter(([, value]) => value !== '');
  try {
    return { ...parseEnv(await Bun.file(path).text()), ...Object.fromEntries(own) };
  } catch (error) {
    throw new UsageError(`--env-file ${path} cannot be read: ${messageOf(error)}`);
  }
}

/** A log for before the configuration is known, or when it is broken; warns of names that look like settings and are none. */
function openEarlyLog(environment: Environment): Log {
  const { logLevel, logFormat } = readLogSettings(environment);
  const log = createLog(logLevel, logFormat, errorOutput.print);
  for (const sentence of findMisnamed(environment)) log.warn(sentence);
  return log;
}

/** Ends a command at the first signal: the database rolls back by itself, and `interruption` removes what else there is. */
function endAtSignal(): AbortSignal {
  const interruption = new AbortController();
  for (const [signal, code] of Object.entries(EXIT_CODES)) {
    process.on(signal, () => {
      interruption.abort();
      errorOutput.print(`${lineStart()}contenthub: interrupted\n`);
      process.exit(code);
    });
  }
  return interruption.signal;
}

/** Why a hub stops, and with which exit code. */
interface Stop {
  readonly reason: string;
  readonly code: number;
}

async function serve(argv: readonly string[]): Promise<number> {
  const given = parseArguments(argv, [...serveOptions, ENV_FILE]);
  const environment = await readEnvironment(given);
  openEarlyLog(environment);
  const config = readConfig(environment, flagSettings(given), servesPages(given));
  const log = createLog(config.logLevel, config.logFormat, errorOutput.print);
  const stopped = whenToStop(log);
  const first = await Promise.race([startHub(given, config, log, sendSignal), stopped]);
  if ('reason' in first) {
    // Nothing was served, so nothing is left; what the start had begun in the database is rolled back.
    log.info('stopped before serving', { signal: first.reason });
    return first.code;
  }
  log.info('serving', { url: first.url, version: VERSION, pid: process.pid });
  if (first.url !== undefined && (isTerminal('stdout') || config.logFormat === 'pretty')) {
    output.print(describeHub(first.url));
  }
  const { reason, code } = await stopped;
  await stop(first, log, reason);
  return code;
}

/**
 * Resolves at the first SIGTERM or SIGINT, or when an error came from where nothing catches it: what was counted is still
 * stored then. A further signal ends the grace, and without one the process at once, which is safe by construction.
 */
function whenToStop(log: Log): Promise<Stop> {
  const { promise, resolve } = Promise.withResolvers<Stop>();
  let hasSignal = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (hasSignal) onFurtherSignal();
      hasSignal = true;
      resolve({ reason: signal, code: 0 });
    });
  }
  onFault = (error) => {
    log.error('unexpected error; stopping', { error: stackOf(error) });
    resolve({ reason: 'unexpected error', code: 1 });
  };
  return promise;
}

/** What a failpoint does to this process. */
function sendSignal(name: 'SIGKILL' | 'SIGSTOP'): void {
  process.kill(process.pid, name);
}

/** Stops the hub within its deadline. SIGTERM comes from whoever restarts it, and may wait for the grace; nobody else does. */
async function stop(hub: Hub, log: Log, reason: string): Promise<void> {
  const graceMs = reason === 'SIGTERM' ? hub.graceMs : 0;
  log.info('stopping', { signal: reason, ...(graceMs > 0 && { graceMs }) });
  const deadline = setTimeout(() => {
    log.error(
      'the stop took too long; views that were not pushed or stored yet are lost, what is in Redis stays there',
    );
    process.exit(1);
  }, STOP_TIMEOUT_MS);
  hub.startStopping();
  if (graceMs > 0) await grace(graceMs);
  assertNothingLeft(await hub.stop());
  clearTimeout(deadline);
  log.info('stopped');
}

/** Waits until proxies have noticed, or until the next signal. */
async function grace(ms: number): Promise<void> {
  const pause = createPause();
  onFurtherSignal = pause.end;
  await pause.wait(ms);
  onFurtherSignal = endAtOnce;
}

function endAtOnce(): void {
  process.exit(1);
}

/** Where a line begins on a terminal that may show a progress bar. */
function lineStart(): string {
  return isTerminal('stderr') ? '\r\u001b[2K' : '';
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function fail(error: unknown): Promise<void> {
  const text = error instanceof AppError ? error.message : stackOf(error);
  await errorOutput.print(`${lineStart()}contenthub: ${text}\n`);
  await output.flush();
  process.exit(error instanceof UsageError ? 2 : 1);
}

let onFault: (error: unknown) => void = fail;
let onFurtherSignal = endAtOnce;
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => onFault(error));
}

main(process.argv.slice(2)).then(async (code) => {
  await output.flush();
  process.exit(code);
}, fail);
