import { afterAll, describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { isIP, readNetworks } from '../src/addresses.ts';
import { type Config, type Environment, readConfig, readLogSettings } from '../src/config.ts';
import { findMisnamed } from '../src/config_misnamed.ts';
import { describeConfig, envExample, settingsHelp, settingsTable } from '../src/config_print.ts';
import { describeAddress } from '../src/db/open.ts';
import { createFolder } from './help/databases.ts';

const ROOT = join(import.meta.dirname, '..');
const folder = createFolder();
afterAll(() => folder.remove());

/** The names of all settings, from the text for people. */
const NAMES = [...settingsHelp().matchAll(/^ {2}([A-Z_]+) /gm)].map(([, name = '']) => name);

function file(name: string, text: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
}

/** The problems of an environment, one a line. */
function problemsOf(environment: Environment, flags: Environment = {}): string[] {
  try {
    readConfig(environment, flags);
    return [];
  } catch (error) {
    const [first, ...lines] = error instanceof Error ? error.message.split('\n') : [];
    expect(first).toBe('the configuration has problems:');
    return lines.map((line) => line.trim());
  }
}

describe('without any setting', () => {
  test('a hub listens on this machine and keeps its data in ./data', () => {
    const { logFormat: _, ...config } = readConfig({});
    expect(config).toEqual({
      database: { dialect: 'sqlite', path: './data/contenthub.db' },
      usePostgres: false,
      dataDir: './data',
      redisUrl: undefined,
      counterRedis: undefined,
      counterKeyPrefix: '',
      counterDedupTtl: 3600,
      allowEviction: false,
      impressionPushMs: 50,
      flushBatchRows: 1000,
      flushCron: '* * * * * *',
      flushGate: 'auto',
      metricsToken: undefined,
      isPortNamed: false,
      secretKey: undefined,
      secretKeyFallbacks: [],
      insecureCookies: false,
      allowedContentModels: ['pages.videocontent', 'pages.audiocontent'],
      timeZone: 'UTC',
      debug: false,
      allowedHosts: ['localhost', '127.0.0.1', '[::1]'],
      trustedProxies: [],
      corsAllowedOrigins: [],
      pageSize: 10,
      pageSizeMax: 100,
      pageCacheMs: 1000,
      host: '127.0.0.1',
      port: 8000,
      reusePort: false,
      logLevel: 'info',
    });
  });

  test('empty variables, and variables of blanks, are none', () => {
    const empty = Object.fromEntries(NAMES.map((name, index) => [name, index % 2 === 0 ? '' : ' \t']));
    expect(readConfig(empty)).toEqual(readConfig({}));
  });
});

describe('a setting', () => {
  test.each<[string, string, keyof Config, Config[keyof Config]]>([
    ['IMPRESSION_PUSH_MS', '1', 'impressionPushMs', 1],
    ['FLUSH_BATCH_ROWS', '10000', 'flushBatchRows', 10_000],
    ['DEBUG', 'on', 'debug', true],
    ['DEBUG', 'False', 'debug', false],
    [
      'ALLOWED_HOSTS',
      ' Example.org, .example.com ,[::1],*',
      'allowedHosts',
      ['example.org', '.example.com', '[::1]', '*'],
    ],
    ['ALLOWED_HOSTS', 'my_service', 'allowedHosts', ['my_service']],
    ['TRUSTED_PROXIES', '10.0.0.0/8, ::1 ,fd00::/8', 'trustedProxies', ['10.0.0.0/8', '::1', 'fd00::/8']],
    [
      'CORS_ALLOWED_ORIGINS',
      'https://App.example.org,http://localhost:3000',
      'corsAllowedOrigins',
      ['https://app.example.org', 'http://localhost:3000'],
    ],
    ['CORS_ALLOWED_ORIGINS', '*', 'corsAllowedOrigins', ['*']],
    ['PAGE_SIZE', '25', 'pageSize', 25],
    ['MAX_PAGE_SIZE', '1000', 'pageSizeMax', 1000],
    ['PAGE_CACHE_MS', '0', 'pageCacheMs', 0],
    ['HOST', '::', 'host', '::'],
    ['HOST', '[::1]', 'host', '::1'],
    ['HOST', 'hub.example.org', 'host', 'hub.example.org'],
    ['PORT', '0', 'port', 0],
    ['PORT', ' 65535 ', 'port', 65_535],
    ['LOG_LEVEL', 'WARN', 'logLevel', 'warn'],
    ['LOG_FORMAT', 'pretty', 'logFormat', 'pretty'],
    ['DATABASE_URL', 'sqlite:/a/b.db', 'database', { dialect: 'sqlite', path: '/a/b.db' }],
    ['DATABASE_URL', 'sqlite:///a/b.db', 'database', { dialect: 'sqlite', path: '/a/b.db' }],
    ['DATABASE_URL', 'SQLite:b.db', 'database', { dialect: 'sqlite', path: 'b.db' }],
    ['DATABASE_URL', 'postgresql://u:p%40@h/d', 'database', { dialect: 'postgres', url: 'postgresql://u:p%40@h/d' }],
    ['DATA_DIR', '/srv/hub', 'database', { dialect: 'sqlite', path: '/srv/hub/contenthub.db' }],
  ])('%s=%s is understood', (name, text, key, value) => {
    expect(readConfig({ [name]: text })[key]).toEqual(value);
  });

  const number = (min: number, max: number, unit = '') =>
    `expected a whole number${unit && ` of ${unit}`} from ${min} to ${max}, got`;
  const BOOLEAN = 'expected 1/true/yes/on or 0/false/no/off, got';
  const HOSTS = 'expected host names without scheme, port or path (example.org, .example.org, [::1], *), got';
  const ORIGINS = 'expected origins like https://app.example.org (no path), or *, got';
  const NETWORKS = 'expected addresses or networks like 10.0.0.0/8 or ::1, got';
  const LISTEN = 'expected an address or host name to listen on, got';
  const POSTGRES = 'expected postgres://USER:PASSWORD@HOST:PORT/DATABASE (special characters percent-encoded)';

  test.each([
    ['DEBUG', 'flase', `${BOOLEAN} "flase"`],
    ['USE_POSTGRES', '2', `${BOOLEAN} "2"`],
    ['PORT', 'x', `${number(0, 65_535)} "x"`],
    ['PORT', '65536', `${number(0, 65_535)} "65536"`],
    ['PORT', '-1', `${number(0, 65_535)} "-1"`],
    ['PORT', '80.0', `${number(0, 65_535)} "80.0"`],
    ['PORT', '1e3', `${number(0, 65_535)} "1e3"`],
    ['POSTGRES_PORT', '0', `${number(1, 65_535)} "0"`],
    ['POSTGRES_HOST', 'a/b', 'expected a host name or address, got "a/b"'],
    ['IMPRESSION_PUSH_MS', '0', `${number(1, 60_000, 'milliseconds')} "0"`],
    ['IMPRESSION_PUSH_MS', '50ms', `${number(1, 60_000, 'milliseconds')} "50ms"`],
    ['FLUSH_BATCH_ROWS', '10001', `${number(1, 10_000, 'rows')} "10001"`],
    ['PAGE_SIZE', '0', `${number(1, 1000, 'rows')} "0"`],
    ['MAX_PAGE_SIZE', '99999999999999999999', `${number(1, 1000, 'rows')} "99999999999999999999"`],
    ['PAGE_CACHE_MS', '1s', `${number(0, 60_000, 'milliseconds')} "1s"`],
    ['ALLOWED_HOSTS', 'https://example.org', `${HOSTS} "https://example.org"`],
    ['ALLOWED_HOSTS', 'example.org:8000', `${HOSTS} "example.org:8000"`],
    ['ALLOWED_HOSTS', '*.example.org', `${HOSTS} "*.example.org"`],
    ['ALLOWED_HOSTS', '::1', `${HOSTS} "::1"`],
    ['ALLOWED_HOSTS', ',', 'expected at least one host name, got none'],
    ['CORS_ALLOWED_ORIGINS', 'https://app.example.org/', `${ORIGINS} "https://app.example.org/"`],
    ['CORS_ALLOWED_ORIGINS', 'app.example.org', `${ORIGINS} "app.example.org"`],
    ['CORS_ALLOWED_ORIGINS', 'null', `${ORIGINS} "null"`],
    ['CORS_ALLOWED_ORIGINS', 'file:///a', `${ORIGINS} "file:///a"`],
    ['TRUSTED_PROXIES', '10.0.0.0/33', `${NETWORKS} "10.0.0.0/33"`],
    ['TRUSTED_PROXIES', '10.0.0.0/', `${NETWORKS} "10.0.0.0/"`],
    ['TRUSTED_PROXIES', '10.0.0.0/0x8', `${NETWORKS} "10.0.0.0/0x8"`],
    ['TRUSTED_PROXIES', '10.0.0.0/8/8', `${NETWORKS} "10.0.0.0/8/8"`],
    ['TRUSTED_PROXIES', '::1/129', `${NETWORKS} "::1/129"`],
    ['TRUSTED_PROXIES', 'proxy.local', `${NETWORKS} "proxy.local"`],
    ['HOST', 'a b', `${LISTEN} "a b"`],
    ['HOST', '[127.0.0.1]', `${LISTEN} "[127.0.0.1]"`],
    ['HOST', 'http://localhost', `${LISTEN} "http://localhost"`],
    ['LOG_LEVEL', 'loud', 'expected one of debug, info, warn, error, got "loud"'],
    ['LOG_FORMAT', 'xml', 'expected one of pretty, json, got "xml"'],
    ['DATABASE_URL', 'mysql://root:hunter2@db/x', 'expected sqlite:PATH or postgres://…, got the scheme "mysql:"'],
    ['DATABASE_URL', '/data/hunter2.db', 'expected sqlite:PATH or postgres://…, got something without a scheme'],
    ['DATABASE_URL', 'sqlite::memory:', 'expected a file after "sqlite:", like sqlite:./data/contenthub.db'],
    ['DATABASE_URL', 'sqlite:', 'expected a file after "sqlite:", like sqlite:./data/contenthub.db'],
    ['DATABASE_URL', 'sqlite://host/hunter2', 'expected a file after "sqlite:", like sqlite:./data/contenthub.db'],
    ['DATABASE_URL', 'postgres://u:hunter2@h', POSTGRES],
    ['DATABASE_URL', 'postgres://u:hunter2@h/', POSTGRES],
    ['DATABASE_URL', 'postgres:///hunter2', POSTGRES],
    ['DATABASE_URL', 'postgres://u:hunter2%zz@h/d', POSTGRES],
    ['DATABASE_URL', 'postgres://u:hunter2#@h/d', POSTGRES],
  ])('%s=%s is refused, says what was expected, and shows no secret', (name, text, problem) => {
    const problems = problemsOf({ [name]: text });
    expect(problems).toEqual([`${name}: ${problem}`]);
    expect(problems.join()).not.toContain('hunter2');
  });

  test('is better given as an option: that wins, and is named in what is wrong', () => {
    expect(readConfig({ PORT: '1' }, { PORT: '2' }).port).toBe(2);
    expect(readConfig({ PORT: 'x' }, { PORT: '2' }).port).toBe(2);
    expect(problemsOf({ PORT: '1' }, { PORT: 'x' })).toEqual([`--port: ${number(0, 65_535)} "x"`]);
  });

  test('that is wrong does not hide another', () => {
    const wrong = { DEBUG: 'flase', PORT: 'x', PAGE_SIZE: '0', HOST: 'a b', LOG_LEVEL: 'y', DATABASE_URL: 'mysql:x' };
    expect(
      problemsOf(wrong)
        .map((line) => line.split(':')[0])
        .sort(),
    ).toEqual(Object.keys(wrong).sort());
  });

  test('as the proxies’ networks is what it says, and no more', () => {
    const isIn = readNetworks(['10.0.0.0/8', 'fd00::/8']);
    expect(['10.1.2.3', '11.0.0.1', 'fd01::1', 'fe80::1', '', 'x'].map(isIn)).toEqual([
      ...[true, false, true, false],
      ...[false, false],
    ]);
  });

  // A zone (`::1%lo`) is no part of an address that comes from elsewhere.
  test.each([
    '127.0.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '256.1.1.1',
    '1.1.1',
    '1.1.1.1.',
    '01.1.1.1',
    '1.1.1.1.1',
    '1.1.1.-1',
    '::',
    '::1',
    'fd00::1',
    '::ffff:1.2.3.4',
    '1:2:3:4:5:6:7:8',
    '1:2',
    ':::',
    '1::2::3',
    '::f:',
    '::ffff:',
    '1:2:3:4:5:6:7:',
    '[::1]',
    'g::',
    '',
    'localhost',
    '1',
    ' 127.0.0.1',
    '127.0.0.1\n',
    '::1/128',
    'a:b',
    '::1]/x[',
    '12345::',
  ])('%j is told apart as the system does', (text) => {
    expect([0, 4, 6].indexOf(isIP(text))).toBe([0, 4, 6].indexOf(net.isIP(text)));
  });
});

describe('settings together', () => {
  test('DEBUG logs everything and lets every origin read, unless origins are named', () => {
    expect(readConfig({ DEBUG: '1' })).toMatchObject({ corsAllowedOrigins: ['*'], logLevel: 'debug' });
    expect(readConfig({ DEBUG: '1', CORS_ALLOWED_ORIGINS: 'http://a' }).corsAllowedOrigins).toEqual(['http://a']);
  });

  test('the largest page is never smaller than the usual one', () => {
    expect(readConfig({ PAGE_SIZE: '200' }).pageSizeMax).toBe(200);
  });

  test.each([
    [{}, 'postgres://contenthub:@localhost:5432/contenthub'],
    [{ POSTGRES_HOST: '::1', POSTGRES_PORT: '6' }, 'postgres://contenthub:@[::1]:6/contenthub'],
    [
      { POSTGRES_HOST: 'my_db', POSTGRES_USER: 'a@b', POSTGRES_PASSWORD: 'p/w?#', POSTGRES_DB: 'd/e' },
      'postgres://a%40b:p%2Fw%3F%23@my_db:5432/d%2Fe',
    ],
  ])('USE_POSTGRES makes the address of %j', (environment, url) => {
    expect(readConfig({ USE_POSTGRES: '1', ...environment }).database).toEqual({ dialect: 'postgres', url });
  });

  test('USE_POSTGRES beside DATABASE_URL is an error, however the latter is given', () => {
    const sentence = 'USE_POSTGRES: DATABASE_URL is set too; keep one of the two';
    const DATABASE_URL_FILE = file('url', 'sqlite:a.db\n');
    expect(problemsOf({ USE_POSTGRES: '1', DATABASE_URL: 'sqlite:a.db' })).toEqual([sentence]);
    expect(problemsOf({ USE_POSTGRES: '1', DATABASE_URL_FILE })).toEqual([sentence]);
    expect(problemsOf({ USE_POSTGRES: '0', DATABASE_URL_FILE })).toEqual([]);
  });
});

describe('a secret', () => {
  test('is read from the file that its _FILE names, without the line’s end', () => {
    const POSTGRES_PASSWORD_FILE = file('password', 'hunter2\n');
    const config = readConfig({ USE_POSTGRES: '1', POSTGRES_PASSWORD_FILE });
    expect(config.database).toMatchObject({ url: 'postgres://contenthub:hunter2@localhost:5432/contenthub' });
    expect(readConfig({ REDIS_URL_FILE: file('redis', 'redis://h\n') }).redisUrl).toMatchObject({
      kind: 'single',
      nodes: [{ host: 'h', port: 6379 }],
    });
  });

  test.each([
    ['given twice', 'hunter2', file('twice', 'x'), 'given twice, here and by REDIS_URL_FILE'],
    ['in a file that is empty', undefined, file('empty', ' \n'), 'the file that REDIS_URL_FILE names is empty'],
    [
      'in a file that is not there',
      undefined,
      '/nonexistent',
      "the file that REDIS_URL_FILE names cannot be read: ENOENT: no such file or directory, open '/nonexistent'",
    ],
  ])('%s is an error that does not show it', (_name, text, path, problem) => {
    expect(problemsOf({ REDIS_URL: text, REDIS_URL_FILE: path })).toEqual([`REDIS_URL: ${problem}`]);
  });

  test('has the only names that may end in _FILE', () => {
    expect(readConfig({ PORT_FILE: file('port', '1') }).port).toBe(8000);
    expect(envExample().match(/\w+_FILE/g)).toEqual([
      'DATABASE_URL_FILE',
      'POSTGRES_PASSWORD_FILE',
      'REDIS_URL_FILE',
      'COUNTER_REDIS_URL_FILE',
      'SECRET_KEY_FILE',
      'SECRET_KEY_FALLBACKS_FILE',
      'METRICS_TOKEN_FILE',
    ]);
  });

  test('is in no description of the configuration', () => {
    const environment = {
      DATABASE_URL: 'postgres://someone:hunter2@h:1/d?password=hunter2',
      REDIS_URL_FILE: file('secret', 'redis://someone:hunter2@h'),
      COUNTER_REDIS_URL: 'rediss+sentinel://someone:hunter2@h:1/main/2',
      METRICS_TOKEN: 'hunter2',
      POSTGRES_PASSWORD: 'hunter2',
    };
    const text = describeConfig(readConfig(environment), environment);
    expect(text).not.toMatch(/hunter2|someone/);
    expect(text).toMatch(/^DATABASE_URL +\(set, not shown\) +environment$/m);
    expect(text).toMatch(/^REDIS_URL +\(set, not shown\) +environment$/m);
    expect(text).toMatch(/^METRICS_TOKEN +\(set, not shown\) +environment$/m);
    expect(text).toEndWith('database in use: postgres://h:1/d\nRedis in use: rediss+sentinel://h:1/main/2\n');
    expect(describeConfig(readConfig({}), {})).toEndWith('Redis in use: none, one process counts by itself\n');
    expect(describeAddress({ dialect: 'sqlite', path: 'a.db' })).toBe('sqlite:a.db');
  });
});

describe('names that are nearly right', () => {
  test.each([
    ['REDIS_URI', 'REDIS_URI is not a setting: did you mean REDIS_URL?'],
    ['DATABSE_URL', 'DATABSE_URL is not a setting: did you mean DATABASE_URL?'],
    ['ALLOWED_HOST', 'ALLOWED_HOST is not a setting: did you mean ALLOWED_HOSTS?'],
    ['DATABASE_URL_FIEL', 'DATABASE_URL_FIEL is not a setting: did you mean DATABASE_URL_FILE?'],
    ['DJANGO_ALLOWED_HOSTS', 'DJANGO_ALLOWED_HOSTS is the Django version’s name and not read here: use ALLOWED_HOSTS'],
    ['DJANGO_DEBUG', 'DJANGO_DEBUG is the Django version’s name and not read here: use DEBUG'],
    ['CELERY_BROKER_URL', 'CELERY_BROKER_URL is the Django version’s name and not read here: use REDIS_URL'],
  ])('%s is reported with the name to use, and not its value', (name, sentence) => {
    expect(findMisnamed({ [name]: 'hunter2' })).toEqual([sentence]);
  });

  test('are not found among our own names and those of other programs', () => {
    const others = [
      'PATH',
      'HOME',
      'LS_COLORS',
      'LANG',
      'TERM',
      'XDG_DATA_DIRS',
      'DJANGO_SUPERUSER_PASSWORD',
      'HOSTNAME',
      'POST',
    ];
    expect(findMisnamed(Object.fromEntries([...NAMES, ...others].map((name) => [name, 'x'])))).toEqual([]);
  });
});

describe('the log’s settings', () => {
  test('are known though others are wrong, and at their default when they are wrong themselves', () => {
    expect(readLogSettings({ LOG_LEVEL: 'error', LOG_FORMAT: 'json', PORT: 'x' })).toEqual({
      logLevel: 'error',
      logFormat: 'json',
    });
    expect(readLogSettings({ LOG_LEVEL: 'loud', LOG_FORMAT: 'json' })).toEqual({ logLevel: 'info', logFormat: 'json' });
  });
});

describe('the table of settings', () => {
  test('is what .env.example says', () => {
    expect(readFileSync(join(ROOT, '.env.example'), 'utf8')).toBe(envExample());
  });

  test('names each setting once in the help, the example and the documents’ table', () => {
    expect(NAMES.length).toBeGreaterThan(20);
    expect([...envExample().matchAll(/^# ([A-Z_]+)=/gm)].map(([, name]) => name)).toEqual(NAMES);
    expect([...settingsTable().matchAll(/^\| `([A-Z_]+)`/gm)].map(([, name]) => name)).toEqual(NAMES);
    expect(new Set(NAMES).size).toBe(NAMES.length);
  });

  test('has defaults that are valid when they are written out', () => {
    const written = Object.fromEntries(
      [...envExample().matchAll(/^# ([A-Z_]+)=(.*)$/gm)].map(([, name = '', text]) => [name, text]),
    );
    const { database: _, ...config } = readConfig(written);
    const { database: __, ...defaults } = readConfig({});
    // Written out, the port is named.
    expect(config).toEqual({ ...defaults, isPortNamed: true });
  });
});
