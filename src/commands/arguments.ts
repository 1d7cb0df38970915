import { AppError } from '../errors.ts';
import { nearest } from '../nearest.ts';

/** An option of a command: `--name VALUE` or, without `value`, a switch. */
export interface Option {
  readonly name: string;
  /** What stands after the option in the usage: `FILE`, `N`. */
  readonly value?: string;
  readonly help: string;
}

/** What was given on a command line. */
export interface Arguments {
  readonly positionals: readonly string[];
  has(name: string): boolean;
  /** An option's value, or undefined when it was not given. */
  value(name: string): string | undefined;
}

/** Wrong usage: exit code 2, where other `invalid` errors are 1. */
export class UsageError extends AppError {
  constructor(message: string) {
    super('invalid', message);
    this.name = 'UsageError';
  }
}

/**
 * Reads options (`--name VALUE`, `--name=VALUE`, `-x VALUE` for names of one letter) and positionals; all after `--`,
 * and a lone `-`, are positionals.
 * @throws UsageError for an unknown option (naming the nearest), a missing or unwanted value, or one given twice
 */
export function parseArguments(argv: readonly string[], options: readonly Option[]): Arguments {
  const values = new Map<string, string>();
  const positionals: string[] = [];
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      positionals.push(...rest.splice(0));
    } else if (!word.startsWith('-') || word === '-') {
      positionals.push(word);
    } else {
      const [flag = '', inline] = splitOnce(word);
      const option = options.find((candidate) => flagOf(candidate) === flag);
      if (option === undefined) throw unknownOption(flag, options);
      if (values.has(option.name)) throw new UsageError(`option ${flag} is given twice`);
      values.set(option.name, readValue(option, flag, inline, rest));
    }
  }
  return { positionals, has: (name) => values.has(name), value: (name) => values.get(name) };
}

export function flagOf({ name }: Option): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

function splitOnce(word: string): [string, string?] {
  const equals = word.indexOf('=');
  return equals === -1 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
}

function readValue(option: Option, flag: string, inline: string | undefined, rest: string[]): string {
  if (option.value === undefined) {
    if (inline !== undefined) throw new UsageError(`option ${flag} takes no value`);
    return '';
  }
  const value = inline ?? rest.shift();
  if (value === undefined || (inline === undefined && value.startsWith('--'))) {
    throw new UsageError(`option ${flag} needs a value: ${flag} ${option.value}`);
  }
  return value;
}

function unknownOption(flag: string, options: readonly Option[]): UsageError {
  const near = nearest(flag, options.map(flagOf));
  return new UsageError(`unknown option ${flag}${near === undefined ? '; see --help' : `, did you mean ${near}?`}`);
}
