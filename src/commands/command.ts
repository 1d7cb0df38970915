import type { Config, Environment } from '../config.ts';
import type { Log } from '../log.ts';
import type { Arguments, Option } from './arguments.ts';

/** What a command gets. The configuration is read when it is asked for: some commands work without a valid one. */
export interface CommandContext {
  readonly arguments: Arguments;
  readonly environment: Environment;
  readonly log: Log;
  /** @throws AppError `invalid` naming every problem of the configuration */
  readConfig(): Config;
  /** Writes to standard output. */
  print(text: string): void;
}

/** A command of `contenthub`. */
export interface Command {
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  /** What stands after the name in the usage: `FILE…`; '' for nothing. */
  readonly operands: string;
  readonly operandsMax: number;
  readonly options: readonly Option[];
  /** Does the work and returns the exit code. @throws AppError */
  run(context: CommandContext): Promise<number>;
}
