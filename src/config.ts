import type * as Files from 'node:fs';
import {
  EVERY_SECOND,
  hasHashTag,
  integerBetween,
  oneOf,
  parseBoolean,
  parseContentModels,
  parseCron,
  parseDatabaseUrl,
  parseHosts,
  parseKeyPrefix,
  parseListenHost,
  parseNetworks,
  parseOrigins,
  parseSecretKey,
  parseSecretKeys,
  parseServerHost,
  parseTimeZone,
} from './config_values.ts';
import type { DatabaseAddress } from './db/open.ts';
import { AppError, messageOf } from './errors.ts';
import { defaultFormat, LOG_LEVELS, type LogFormat, type LogLevel } from './log.ts';
import { parseRedisAddress, type RedisAddress } from './redis_address.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A row of the settings table. */
export interface Setting<T> {
  readonly name: string;
  /** The default as text; '' when there is none. */
  readonly fallback: string;
  readonly help: string;
  /** Also read from the file that `NAME_FILE` names; never printed. */
  readonly secret?: true;
  /** @throws Error whose message says what was expected */
  parse(text: string): T;
}

/** A parser for which an empty text is none. */
function optional<T>(parse: (text: string) => T): (text: string) => T | undefined {
  return (text) => (text === '' ? undefined : parse(text));
}

const FLUSH_BATCH_ROWS_MAX = 10_000;
const PAGE_SIZE_MAX = 1000;

/** Every setting there is: the only reader of the environment, and the source of `--help`, `.env.example` and the docs. */
export const settings = {
  databaseUrl: {
    name: 'DATABASE_URL',
    fallback: 'sqlite:./data/contenthub.db',
    help: 'where the data is: sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE',
    secret: true,
    parse: parseDatabaseUrl,
  } satisfies Setting<DatabaseAddress>,
  usePostgres: {
    name: 'USE_POSTGRES',
    fallback: '0',
    help: '1: take the database from POSTGRES_* instead of DATABASE_URL',
    parse: parseBoolean,
  } satisfies Setting<boolean>,
  postgresDb: { name: 'POSTGRES_DB', fallback: 'contenthub', help: 'with USE_POSTGRES: the database', parse: String },
  postgresUser: { name: 'POSTGRES_USER', fallback: 'contenthub', help: 'with USE_POSTGRES: the user', parse: String },
  postgresPassword: {
    name: 'POSTGRES_PASSWORD',
    fallback: '',
    help: 'with USE_POSTGRES: the password',
    secret: true,
    parse: String,
  } satisfies Setting<string>,
  postgresHost: {
    name: 'POSTGRES_HOST',
    fallback: 'localhost',
    help: 'with USE_POSTGRES: the host',
    parse: parseServerHost,
  },
  postgresPort: {
    name: 'POSTGRES_PORT',
    fallback: '5432',
    help: 'with USE_POSTGRES: the port',
    parse: integerBetween(1, 65535),
  },
  dataDir: {
    name: 'DATA_DIR',
    fallback: './data',
    help: 'the folder of the embedded database and the generated SECRET_KEY (made with mode 0700, files 0600)',
    parse: String,
  },
  redisUrl: {
    name: 'REDIS_URL',
    fallback: '',
    help: 'redis://… or rediss://… (also redis+cluster:// and redis+sentinel://) through which several processes count; without it one process does everything itself',
    secret: true,
    parse: optional(parseRedisAddress),
  } satisfies Setting<RedisAddress | undefined>,
  counterRedisUrl: {
    name: 'COUNTER_REDIS_URL',
    fallback: '',
    help: 'a Redis of its own for counting [REDIS_URL]',
    secret: true,
    parse: optional(parseRedisAddress),
  } satisfies Setting<RedisAddress | undefined>,
  counterKeyPrefix: {
    name: 'COUNTER_KEY_PREFIX',
    fallback: '',
    help: 'put before every key of the counting pipeline; on Redis Cluster it holds a hash tag, like {views}:',
    parse: parseKeyPrefix,
  },
  counterDedupTtl: {
    name: 'COUNTER_DEDUP_TTL',
    fallback: '3600',
    help: 'seconds for which a job that was counted is remembered',
    parse: integerBetween(600, 7 * 24 * 3600, 'seconds'),
  },
  allowEviction: {
    name: 'ALLOW_EVICTION',
    fallback: '0',
    help: '1: start although Redis may evict views that wait (its maxmemory-policy is not noeviction)',
    parse: parseBoolean,
  },
  impressionPushMs: {
    name: 'IMPRESSION_PUSH_MS',
    fallback: '50',
    help: 'milliseconds for which views are gathered before they are stored together',
    parse: integerBetween(1, 60_000, 'milliseconds'),
  },
  flushBatchRows: {
    name: 'FLUSH_BATCH_ROWS',
    fallback: '1000',
    help: 'counters written by one UPDATE',
    parse: integerBetween(1, FLUSH_BATCH_ROWS_MAX, 'rows'),
  },
  flushCron: {
    name: 'FLUSH_CRON',
    fallback: EVERY_SECOND,
    help: 'when counted views are brought from Redis into the database: a cron pattern, seconds first, UTC',
    parse: parseCron,
  },
  flushGate: {
    name: 'FLUSH_GATE',
    fallback: 'auto',
    help: 'off: do not wait until Redis could not forget what is brought into the database (its crash may then count views twice)',
    parse: oneOf<'auto' | 'off'>(['auto', 'off']),
  },
  secretKey: {
    name: 'SECRET_KEY',
    fallback: '',
    help: 'what forms of the admin are signed with: 32 random characters or more; without REDIS_URL one is made and kept in DATA_DIR',
    secret: true,
    parse: optional(parseSecretKey),
  } satisfies Setting<string | undefined>,
  secretKeyFallbacks: {
    name: 'SECRET_KEY_FALLBACKS',
    fallback: '',
    help: 'former SECRET_KEYs, comma-separated, whose forms are still accepted',
    secret: true,
    parse: parseSecretKeys,
  } satisfies Setting<readonly string[]>,
  insecureCookies: {
    name: 'INSECURE_COOKIES',
    fallback: '0',
    help: '1: let people log in over plain http on hosts other than this machine',
    parse: parseBoolean,
  },
  allowedContentModels: {
    name: 'PAGES_ALLOWED_CONTENT_MODELS',
    fallback: '',
    help: 'content models that pages may be given in the admin, like pages.videocontent,pages.audiocontent [all]',
    parse: parseContentModels,
  },
  timeZone: {
    name: 'TIME_ZONE',
    fallback: 'UTC',
    help: 'the time zone of times in the admin, like Europe/Berlin',
    parse: parseTimeZone,
  },
  debug: {
    name: 'DEBUG',
    fallback: '0',
    help: '1: log everything and let every web origin read the API',
    parse: parseBoolean,
  },
  allowedHosts: {
    name: 'ALLOWED_HOSTS',
    fallback: 'localhost,127.0.0.1,[::1]',
    help: 'host names this hub answers to: example.org, .example.org (with all below it), or *',
    parse: parseHosts,
  },
  trustedProxies: {
    name: 'TRUSTED_PROXIES',
    fallback: '',
    help: 'addresses or networks of proxies whose X-Forwarded-* headers are believed',
    parse: parseNetworks,
  },
  corsAllowedOrigins: {
    name: 'CORS_ALLOWED_ORIGINS',
    fallback: '',
    help: 'web origins whose pages may read the API, or * (never with credentials)',
    parse: parseOrigins,
  },
  pageSize: {
    name: 'PAGE_SIZE',
    fallback: '10',
    help: 'rows of a list page',
    parse: integerBetween(1, PAGE_SIZE_MAX, 'rows'),
  },
  pageSizeMax: {
    name: 'MAX_PAGE_SIZE',
    fallback: '100',
    help: 'the most rows a client may ask for with page_size',
    parse: integerBetween(1, PAGE_SIZE_MAX, 'rows'),
  },
  pageCacheMs: {
    name: 'PAGE_CACHE_MS',
    fallback: '1000',
    help: 'how old, in milliseconds, an answered page or list may be; 0 reads the database each time',
    parse: integerBetween(0, 60_000, 'milliseconds'),
  },
  host: { name: 'HOST', fallback: '127.0.0.1', help: 'the address to listen on', parse: parseListenHost },
  port: {
    name: 'PORT',
    fallback: '8000',
    help: 'the port to listen on; 0 takes a free one',
    parse: integerBetween(0, 65535),
  },
  reusePort: {
    name: 'REUSE_PORT',
    fallback: '0',
    help: '1: other processes of this user may listen on the same port, and the system spreads connections over them (Linux); otherwise a port that is taken is an error',
    parse: parseBoolean,
  } satisfies Setting<boolean>,
  logLevel: {
    name: 'LOG_LEVEL',
    fallback: 'info',
    help: `the least important messages to log: ${LOG_LEVELS.join(', ')}`,
    parse: oneOf<LogLevel>(LOG_LEVELS),
  },
  logFormat: {
    name: 'LOG_FORMAT',
    fallback: '',
    help: 'pretty or json (the default where the log is not a terminal)',
    parse: (text: string): LogFormat => (text === '' ? defaultFormat() : oneOf<LogFormat>(['pretty', 'json'])(text)),
  },
  metricsToken: {
    name: 'METRICS_TOKEN',
    fallback: '',
    help: 'the bearer token that /metrics asks for; without it only this machine may read them',
    secret: true,
    parse: (text: string) => (text === '' ? undefined : text),
  } satisfies Setting<string | undefined>,
} as const;

type Settings = typeof settings;
type Values = { [Key in keyof Settings]: ReturnType<Settings[Key]['parse']> };

/** What the program runs with. Read once, in `main.ts`. */
export interface Config extends Omit<Values, 'databaseUrl' | `postgres${string}` | 'dataDir' | 'counterRedisUrl'> {
  readonly database: DatabaseAddress;
  /** The Redis to count through; without one, one process does everything itself. */
  readonly counterRedis: RedisAddress | undefined;
  /** A port was asked for: a worker or beat alone listens only then. */
  readonly isPortNamed: boolean;
  readonly dataDir: string;
}

/** What a process that serves pages and shares them with others is told without a key. */
export const KEY_MISSING =
  'SECRET_KEY: a hub of several processes needs one, the same for each; make it with: openssl rand -base64 48';

export function isSet(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== '';
}

/** The text of a setting: the environment's, the named file's for a secret, or the default. */
function textOf(setting: Setting<unknown>, environment: Environment): string {
  const { name } = setting;
  const text = environment[name]?.trim() ?? '';
  const path = setting.secret ? (environment[`${name}_FILE`] ?? '') : '';
  if (path === '') return text === '' ? setting.fallback : text;
  if (text !== '') throw new Error(`given twice, here and by ${name}_FILE`);
  const secret = readSecret(name, path);
  if (secret === '') throw new Error(`the file that ${name}_FILE names is empty`);
  return secret;
}

const loadFiles = (): typeof Files => require('node:fs');

function readSecret(name: string, path: string): string {
  try {
    return loadFiles().readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new Error(`the file that ${name}_FILE names cannot be read: ${messageOf(error)}`);
  }
}

/**
 * Reads the configuration.
 * @param flags settings given on the command line, by name; they win
 * @param servesPages whether this process is about to: one of several then needs the key that all of them sign with
 * @throws AppError `invalid` naming all problems together
 */
export function readConfig(environment: Environment, flags: Environment = {}, servesPages = false): Config {
  const given = { ...environment, ...flags };
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries<Setting<unknown>>(settings)) {
    try {
      // Most settings are not given.
      const isGiven = given[setting.name] !== undefined || setting.secret;
      values[key] = setting.parse(isGiven ? textOf(setting, given) : setting.fallback);
    } catch (error) {
      const isFlag = flags[setting.name] !== undefined;
      problems.push(`${isFlag ? `--${setting.name.toLowerCase()}` : setting.name}: ${messageOf(error)}`);
    }
  }
  const isGiven = (...names: string[]) => names.some((name) => isSet(given[name]) || isSet(given[`${name}_FILE`]));
  if (values.usePostgres === true && isGiven('DATABASE_URL')) {
    problems.push('USE_POSTGRES: DATABASE_URL is set too; keep one of the two');
  }
  if (counterRedisOf(values as Values)?.kind === 'cluster' && !hasHashTag(String(values.counterKeyPrefix))) {
    problems.push('COUNTER_KEY_PREFIX: on a Redis Cluster it must hold a hash tag, like {views}:');
  }
  if (servesPages && isGiven('REDIS_URL', 'COUNTER_REDIS_URL') && !isGiven('SECRET_KEY')) problems.push(KEY_MISSING);
  if (problems.length > 0) throw new AppError('invalid', `the configuration has problems:\n  ${problems.join('\n  ')}`);
  // Every key of the table was parsed by its own row just above.
  return finish(values as Values, isGiven('DATABASE_URL'), isGiven('PORT'));
}

/** How to log while the rest of the configuration is not known, or wrong: what is not right is at its default. */
export function readLogSettings(environment: Environment): Pick<Config, 'logLevel' | 'logFormat'> {
  const read = <T>(setting: Setting<T>): T => {
    try {
      return setting.parse(textOf(setting, environment));
    } catch {
      return setting.parse(setting.fallback);
    }
  };
  return { logLevel: read(settings.logLevel), logFormat: read(settings.logFormat) };
}

function counterRedisOf({ redisUrl, counterRedisUrl }: Pick<Values, 'redisUrl' | 'counterRedisUrl'>) {
  return counterRedisUrl ?? redisUrl;
}

function finish(values: Values, hasDatabaseUrl: boolean, isPortNamed: boolean): Config {
  const { databaseUrl, postgresDb, postgresUser, postgresPassword, postgresHost, postgresPort, ...own } = values;
  const { counterRedisUrl, ...rest } = own;
  let database = databaseUrl;
  if (rest.usePostgres) {
    const user = `${encodeURIComponent(postgresUser)}:${encodeURIComponent(postgresPassword)}`;
    const host = postgresHost.includes(':') ? `[${postgresHost}]` : postgresHost;
    const url = `postgres://${user}@${host}:${postgresPort}/${encodeURIComponent(postgresDb)}`;
    database = { dialect: 'postgres', url };
  } else if (!hasDatabaseUrl) {
    database = { dialect: 'sqlite', path: rest.dataDir.replace(/\/*$/, '/contenthub.db') };
  }
  const corsAllowedOrigins = rest.debug && rest.corsAllowedOrigins.length === 0 ? ['*'] : rest.corsAllowedOrigins;
  const logLevel: LogLevel = rest.debug ? 'debug' : rest.logLevel;
  const pageSizeMax = Math.max(rest.pageSize, rest.pageSizeMax);
  const counterRedis = counterRedisOf({ redisUrl: rest.redisUrl, counterRedisUrl });
  return { ...rest, database, counterRedis, isPortNamed, corsAllowedOrigins, logLevel, pageSizeMax };
}
