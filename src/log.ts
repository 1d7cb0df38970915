import { isTerminal } from './output.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFormat = 'pretty' | 'json';
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** For people where a terminal shows the log, for programs elsewhere. */
export function defaultFormat(): LogFormat {
  return isTerminal('stderr') ? 'pretty' : 'json';
}

/** Values beside a message: request id, route, durations in ms. Never passwords, tokens or URLs with credentials. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Keeps what would be logged again and again from filling the log. */
export interface LogLimit {
  /** Whether a line on this topic may be logged now: none was within the limit's time. One that may is taken for logged. */
  allows(topic?: string): boolean;
  /** Lets the next line of every topic through. @returns whether there was a line since the last time */
  reset(): boolean;
}

/** A limit of one line in `ms` for each topic. */
export function createLogLimit(ms: number): LogLimit {
  const loggedAt = new Map<string, number>();
  return {
    allows(topic = '') {
      const now = performance.now();
      if (now - (loggedAt.get(topic) ?? Number.NEGATIVE_INFINITY) < ms) return false;
      loggedAt.set(topic, now);
      return true;
    },
    reset() {
      const hasLogged = loggedAt.size > 0;
      loggedAt.clear();
      return hasLogged;
    },
  };
}

/** Control characters as escapes: no value can start a line of its own or move a terminal's cursor. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function pretty(time: Date, level: LogLevel, message: string, fields: LogFields): string {
  const details = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${printable(String(value))}`);
  return `${time.toISOString().slice(11, 23)} ${level.padEnd(5)} ${printable(message)}${details.join('')}\n`;
}

function json(time: Date, level: LogLevel, message: string, fields: LogFields): string {
  const own = { time: time.toISOString(), level, message };
  // Own names first, and not replaced by fields of the same names.
  return `${printable(JSON.stringify({ ...own, ...fields, ...own }))}\n`;
}

/** A log that hands one line an event to `write`. */
export function createLog(level: LogLevel, format: LogFormat, write: (line: string) => void): Log {
  const threshold = LOG_LEVELS.indexOf(level);
  const line = format === 'json' ? json : pretty;
  const at =
    (eventLevel: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (LOG_LEVELS.indexOf(eventLevel) >= threshold) write(line(new Date(), eventLevel, message, fields));
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
