import type { Config, Environment } from '../config.ts';
import type { Log } from '../log.ts';
import type { Arguments, Option } from './arguments.ts';

/** What a command gets. The configuration is read when it is asked for: some commands work without a valid one. */
export interface CommandContext {
  readonly arguments: Arguments;
  readonly environment: Environment;
  readonly log: Log;
  /** Aborted when a signal ends the process, right before it ends: the listener's last moment to remove a file. */
  readonly interruption: AbortSignal;
  /** @throws AppError `invalid` naming every problem of the configuration */
  readConfig(): Config;
  /** Writes to standard output; resolves when the text was taken, which only long output needs to wait for. */
  print(text: string): Promise<void>;
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

/**
 * Does `work`, then `remove`; a signal that ends the process meanwhile removes too.
 * @param remove synchronous, for nothing runs after it
 */
export async function withRemoval<T>(
  interruption: AbortSignal,
  remove: () => void,
  work: () => Promise<T>,
): Promise<T> {
  interruption.addEventListener('abort', remove);
  try {
    return await work();
  } finally {
    interruption.removeEventListener('abort', remove);
    remove();
  }
}
