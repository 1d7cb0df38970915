/** Parsers of setting values. Each returns the value or throws an Error whose message says what was expected. */
import { isIP, readNetworks } from './addresses.ts';
import { contentTypes } from './contents/index.ts';
import type * as Cron from './cron.ts';
import type { DatabaseAddress } from './db/open.ts';
import { messageOf } from './errors.ts';
import { nearest } from './nearest.ts';

const TRUE = new Set(['1', 'true', 'yes', 'on']);
const FALSE = new Set(['0', 'false', 'no', 'off', '']);

export function parseBoolean(text: string): boolean {
  const word = text.toLowerCase();
  if (TRUE.has(word)) return true;
  if (FALSE.has(word)) return false;
  throw new Error(`expected 1/true/yes/on or 0/false/no/off, got "${text}"`);
}

/** A parser of whole numbers within bounds (both included). */
export function integerBetween(min: number, max: number, unit = ''): (text: string) => number {
  return (text) => {
    const number = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= min && number <= max)) {
      throw new Error(`expected a whole number${unit && ` of ${unit}`} from ${min} to ${max}, got "${text}"`);
    }
    return number;
  };
}

/** A parser of one word of a set. */
export function oneOf<T extends string>(words: readonly T[]): (text: string) => T {
  return (text) => {
    const word = words.find((candidate) => candidate === text.toLowerCase());
    if (word === undefined) throw new Error(`expected one of ${words.join(', ')}, got "${text}"`);
    return word;
  };
}

function parseList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Host names as Django's ALLOWED_HOSTS has them: `example.org`, `.example.org` (with all below it), `[::1]`, `*`. */
export function parseHosts(text: string): readonly string[] {
  const hosts = parseList(text.toLowerCase());
  if (hosts.length === 0) throw new Error('expected at least one host name, got none');
  for (const host of hosts) {
    const isAddress = host.startsWith('[') && host.endsWith(']') && isIP(host.slice(1, -1)) === 6;
    if (host !== '*' && !isAddress && !/^\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(host)) {
      throw new Error(
        `expected host names without scheme, port or path (example.org, .example.org, [::1], *), got "${host}"`,
      );
    }
  }
  return hosts;
}

/** Web origins (`https://app.example.org`), or `*`. */
export function parseOrigins(text: string): readonly string[] {
  return parseList(text).map((origin) => {
    if (origin === '*') return origin;
    const url = URL.canParse(origin) ? new URL(origin) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.origin !== origin.toLowerCase()) {
      throw new Error(`expected origins like https://app.example.org (no path), or *, got "${origin}"`);
    }
    return url.origin;
  });
}

/** Addresses and networks (`10.0.0.0/8`, `::1`) of proxies whose forwarded headers are believed. */
export function parseNetworks(text: string): readonly string[] {
  const networks = parseList(text);
  readNetworks(networks);
  return networks;
}

/** True for a URL with a host, a database, and percent-encoding that can be read back. */
function isPostgresUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { hostname, pathname, username, password } = new URL(text);
  try {
    return hostname !== '' && decodeURIComponent(`${username}${password}${pathname}`) !== '' && pathname.length > 1;
  } catch {
    return false;
  }
}

/** A database URL. Messages never contain it: it may hold a password. */
export function parseDatabaseUrl(text: string): DatabaseAddress {
  const scheme = text.match(/^([a-zA-Z][\w+.-]*):/)?.[1]?.toLowerCase();
  if (scheme === 'sqlite') {
    const path = text.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
    if (path === '' || path === ':memory:' || path.startsWith('//')) {
      throw new Error('expected a file after "sqlite:", like sqlite:./data/contenthub.db');
    }
    return { dialect: 'sqlite', path };
  }
  if (scheme === 'postgres' || scheme === 'postgresql') {
    if (!isPostgresUrl(text)) {
      throw new Error('expected postgres://USER:PASSWORD@HOST:PORT/DATABASE (special characters percent-encoded)');
    }
    return { dialect: 'postgres', url: text };
  }
  throw new Error(
    scheme === undefined
      ? 'expected sqlite:PATH or postgres://…, got something without a scheme'
      : `expected sqlite:PATH or postgres://…, got the scheme "${scheme}:"`,
  );
}

const KEY_PREFIX_CHARACTERS_MAX = 100;

/** What is put before every key of the counting pipeline. */
export function parseKeyPrefix(text: string): string {
  if (text.length <= KEY_PREFIX_CHARACTERS_MAX && /^[\x21-\x7e]*$/.test(text)) return text;
  throw new Error(
    `expected up to ${KEY_PREFIX_CHARACTERS_MAX} printable ASCII characters without spaces, got "${text}"`,
  );
}

/** True for a prefix that puts all keys into one hash slot of a Redis Cluster. */
export function hasHashTag(prefix: string): boolean {
  return /^[^{]*\{[^}]+\}/.test(prefix);
}

export const EVERY_SECOND = '* * * * * *';

const loadCron = (): typeof Cron => require('./cron.ts');

/** A cron pattern with seconds, in UTC. */
export function parseCron(text: string): string {
  // The standard one needs no check: a hub starts sooner without the library.
  if (text === EVERY_SECOND) return text;
  try {
    new (loadCron().Cron)(text, { mode: '6-part', utcOffset: 0, paused: true });
  } catch (error) {
    throw new Error(
      `expected a cron pattern of six parts, seconds first, like "*/2 * * * * *", got "${text}" (${messageOf(error)})`,
    );
  }
  return text;
}

/** The address a server listens on: an IP address (IPv6 with or without brackets) or a host name. */
export function parseListenHost(text: string): string {
  return parseHost(text, /^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/, 'an address or host name to listen on');
}

/** The host of a server: an IP address (IPv6 with or without brackets) or a host name, as containers have it with `_`. */
export function parseServerHost(text: string): string {
  return parseHost(text, /^[a-zA-Z0-9_]([a-zA-Z0-9_.-]*[a-zA-Z0-9_])?$/, 'a host name or address');
}

function parseHost(text: string, name: RegExp, expected: string): string {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) === 6 || isIP(text) === 4 || (isIP(text) === 0 && name.test(text))) return bare;
  throw new Error(`expected ${expected}, got "${text}"`);
}

const SECRET_KEY_CHARACTERS_MIN = 16;

/** A signing key. The message never contains it. */
export function parseSecretKey(text: string): string {
  if (text.length >= SECRET_KEY_CHARACTERS_MIN) return text;
  throw new Error(`expected at least ${SECRET_KEY_CHARACTERS_MIN} characters, got ${text.length}`);
}

/** Signing keys, comma-separated. */
export function parseSecretKeys(text: string): readonly string[] {
  return parseList(text).map(parseSecretKey);
}

/** Labels of registered content models, in whatever case; all of them when none is named. */
export function parseContentModels(text: string): readonly string[] {
  const known = contentTypes.map((type) => type.label);
  const labels = parseList(text.toLowerCase());
  for (const label of labels) {
    if (known.includes(label)) continue;
    const near = nearest(label, known);
    throw new Error(
      `there is no content model "${label}"; ${near === undefined ? `known are ${known.join(', ')}` : `did you mean ${near}?`}`,
    );
  }
  return labels.length === 0 ? known : [...new Set(labels)];
}

/** A time zone by its IANA name. */
export function parseTimeZone(text: string): string {
  // The default: asking for it takes longer than all other settings together.
  if (text === 'UTC') return text;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw new Error(`expected a time zone like Europe/Berlin or UTC, got "${text}"`);
  }
}
