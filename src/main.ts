/**
 * The program: arguments → a command, or configuration → application → roles → wait for a signal → close.
 * The only file that ends the process or listens to signals.
 */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type Arguments, type Option, parseArguments, UsageError } from './commands/arguments.ts';
import { commands, helpText, PLANNED_COMMANDS } from './commands/index.ts';
import { assertNothingLeft, describeHub, flagSettings, serveOptions, startHub } from './commands/serve.ts';
import { type Environment, findMisnamed, readConfig } from './config.ts';
import { AppError, messageOf } from './errors.ts';
import { createLog, type Log } from './log.ts';
import { nearest } from './nearest.ts';
import { VERSION } from './version.ts';

const ENV_FILE: Option = { name: 'env-file', value: 'FILE', help: 'read settings from FILE' };
/** A clean stop that takes longer than this is no clean stop. */
const STOP_TIMEOUT_MS = 10_000;

/** The environment, over what `--env-file` holds. */
function readEnvironment(given: Arguments): Environment {
  const path = given.value('env-file');
  if (path === undefined) return process.env;
  try {
    return { ...parseEnv(readFileSync(path, 'utf8')), ...process.env };
  } catch (error) {
    throw new UsageError(`--env-file ${path} cannot be read: ${messageOf(error)}`);
  }
}

/** A log before the configuration is known, or when it is broken. */
function earlyLog(): Log {
  return createLog('info', process.stderr.isTTY ? 'pretty' : 'json');
}

async function runCommand(name: string, argv: readonly string[]): Promise<number> {
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    if (PLANNED_COMMANDS.includes(name)) throw new AppError('unavailable', `${name} is not part of this version`);
    const near = nearest(
      name,
      commands.map((candidate) => candidate.name),
    );
    throw new UsageError(`unknown command ${name}${near === undefined ? '; see --help' : `, did you mean ${near}?`}`);
  }
  const given = parseArguments(argv, [...command.options, ENV_FILE]);
  const surplus = given.positionals[command.operandsMax];
  if (surplus !== undefined) throw new UsageError(`${name}: unexpected "${surplus}"`);
  const environment = readEnvironment(given);
  return command.run({
    arguments: given,
    environment,
    log: earlyLog(),
    readConfig: () => readConfig(environment),
    print: (text) => process.stdout.write(text),
  });
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once, which is safe by construction. */
function firstSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        process.on(signal, () => process.exit(1));
        resolve(signal);
      });
    }
  });
}

async function serve(argv: readonly string[]): Promise<number> {
  const given = parseArguments(argv, [...serveOptions, ENV_FILE]);
  const environment = readEnvironment(given);
  const config = readConfig(environment, flagSettings(given));
  const log = createLog(config.logLevel, config.logFormat);
  for (const sentence of findMisnamed(environment)) log.warn(sentence);

  const signal = firstSignal();
  const hub = await startHub(given, config, log);
  log.info('serving', { url: hub.url, version: VERSION, pid: process.pid });
  if (process.stdout.isTTY || config.logFormat === 'pretty') process.stdout.write(describeHub(hub.url));
  log.info('stopping', { signal: await signal });
  const deadline = setTimeout(() => {
    log.error('the stop took too long; what was left is lost');
    process.exit(1);
  }, STOP_TIMEOUT_MS);
  assertNothingLeft(await hub.stop());
  clearTimeout(deadline);
  log.info('stopped');
  return 0;
}

async function main(argv: readonly string[]): Promise<number> {
  const [first, ...rest] = argv;
  if (argv.includes('--help') || argv.includes('-h') || first === 'help') {
    process.stdout.write(helpText(VERSION));
    return 0;
  }
  if (argv.includes('--version') || argv.includes('-V')) {
    process.stdout.write(`contenthub ${VERSION}\n`);
    return 0;
  }
  return first === undefined || first.startsWith('-') ? serve(argv) : runCommand(first, rest);
}

/** `--help | head` closes the pipe early: that is the reader's choice, not an error. */
process.stdout.on('error', (error: Error & { code?: string }) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const isExpected = error instanceof AppError;
    process.stderr.write(
      `contenthub: ${isExpected ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
