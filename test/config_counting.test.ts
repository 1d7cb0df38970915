/** The settings of counting through Redis. */
import { describe, expect, test } from 'bun:test';
import { type Config, type Environment, readConfig } from '../src/config.ts';
import { findMisnamed } from '../src/config_misnamed.ts';

/** The problems of an environment, one a line. */
function problemsOf(environment: Environment): string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    const [, ...lines] = error instanceof Error ? error.message.split('\n') : [];
    return lines.map((line) => line.trim());
  }
}

describe('a setting of counting', () => {
  test.each<[string, string, keyof Config, Config[keyof Config]]>([
    [
      'REDIS_URL',
      'rediss://hub:p%40ss@h:1/2',
      'counterRedis',
      {
        kind: 'single',
        nodes: [{ host: 'h', port: 1 }],
        username: 'hub',
        password: 'p@ss',
        db: 2,
        tls: true,
        master: undefined,
      },
    ],
    ['COUNTER_KEY_PREFIX', '{views}:', 'counterKeyPrefix', '{views}:'],
    ['COUNTER_KEY_PREFIX', 'x'.repeat(100), 'counterKeyPrefix', 'x'.repeat(100)],
    ['COUNTER_DEDUP_TTL', '600', 'counterDedupTtl', 600],
    ['COUNTER_DEDUP_TTL', '604800', 'counterDedupTtl', 604_800],
    ['ALLOW_EVICTION', 'yes', 'allowEviction', true],
    ['IMPRESSION_PUSH_MS', '60000', 'impressionPushMs', 60_000],
    ['FLUSH_BATCH_ROWS', '1', 'flushBatchRows', 1],
    ['FLUSH_CRON', '*/5 0-30 * * 1-5 1', 'flushCron', '*/5 0-30 * * 1-5 1'],
    ['FLUSH_GATE', 'OFF', 'flushGate', 'off'],
    ['METRICS_TOKEN', 'a b', 'metricsToken', 'a b'],
  ])('%s=%s is understood', (name, text, key, value) => {
    expect(readConfig({ [name]: text })[key]).toEqual(value);
  });

  const number = (min: number, max: number, unit: string) =>
    `expected a whole number of ${unit} from ${min} to ${max}, got`;
  const BOOLEAN = 'expected 1/true/yes/on or 0/false/no/off, got';
  const REDIS =
    'expected redis://USER:PASSWORD@HOST:PORT/DB (special characters percent-encoded), rediss://… with TLS, redis+cluster://HOST:PORT,HOST:PORT or redis+sentinel://HOST:PORT,HOST:PORT/MASTER';
  const PREFIX = 'expected up to 100 printable ASCII characters without spaces, got';

  test.each([
    ['REDIS_URL', 'localhost:6379', REDIS],
    ['REDIS_URL', 'http://u:hunter2@h', REDIS],
    ['REDIS_URL', 'redis://u:hunter2%zz@h', REDIS],
    ['REDIS_URL', 'redis://u:hunter2@h:0', REDIS],
    ['REDIS_URL', 'redis://u:hunter2@h/two', REDIS],
    ['REDIS_URL', 'redis://h1,h2', REDIS],
    ['REDIS_URL', 'redis+cluster://u:hunter2@h/1', 'a Redis Cluster has database 0 only'],
    ['REDIS_URL', 'redis+sentinel://u:hunter2@h', 'expected redis+sentinel://HOST:PORT/MASTER, got no master'],
    ['COUNTER_REDIS_URL', 'unix:///hunter2.sock', REDIS],
    ['COUNTER_KEY_PREFIX', 'a b', `${PREFIX} "a b"`],
    ['COUNTER_KEY_PREFIX', 'é:', `${PREFIX} "é:"`],
    ['COUNTER_KEY_PREFIX', 'x'.repeat(101), `${PREFIX} "${'x'.repeat(101)}"`],
    ['COUNTER_DEDUP_TTL', '599', `${number(600, 604_800, 'seconds')} "599"`],
    ['COUNTER_DEDUP_TTL', '604801', `${number(600, 604_800, 'seconds')} "604801"`],
    ['COUNTER_DEDUP_TTL', '1h', `${number(600, 604_800, 'seconds')} "1h"`],
    ['ALLOW_EVICTION', 'maybe', `${BOOLEAN} "maybe"`],
    ['FLUSH_GATE', 'on', 'expected one of auto, off, got "on"'],
  ])('%s=%s is refused, says what was expected, and shows no secret', (name, text, problem) => {
    const problems = problemsOf({ [name]: text });
    expect(problems).toEqual([`${name}: ${problem}`]);
    expect(problems.join()).not.toContain('hunter2');
  });

  test.each(['* * * * *', '60 * * * * *', 'each second', '* * * * * * *'])(
    'FLUSH_CRON=%s is refused, and says what a pattern is like',
    (text) => {
      const [problem = '', ...others] = problemsOf({ FLUSH_CRON: text });
      expect(others).toEqual([]);
      expect(problem).toStartWith(
        `FLUSH_CRON: expected a cron pattern of six parts, seconds first, like "*/2 * * * * *", got "${text}" (`,
      );
    },
  );

  test('that is wrong does not hide another', () => {
    const wrong = {
      ...{ REDIS_URL: 'redis:', COUNTER_REDIS_URL: 'h', COUNTER_KEY_PREFIX: 'a b', COUNTER_DEDUP_TTL: '1' },
      ...{ ALLOW_EVICTION: 'x', IMPRESSION_PUSH_MS: '0', FLUSH_BATCH_ROWS: '0', FLUSH_CRON: 'x', FLUSH_GATE: 'x' },
    };
    const named = problemsOf({ ...wrong, PORT: 'x' }).map((line) => line.split(':')[0]);
    expect(named.sort()).toEqual([...Object.keys(wrong), 'PORT'].sort());
  });

  test.each([
    ['COUNTER_REDIS_URI', 'COUNTER_REDIS_URI is not a setting: did you mean COUNTER_REDIS_URL?'],
    ['FLUSH_CORN', 'FLUSH_CORN is not a setting: did you mean FLUSH_CRON?'],
    ['BROKER_URL', 'BROKER_URL is the Django version’s name and not read here: use REDIS_URL'],
    ['CELERY_RESULT_BACKEND', 'CELERY_RESULT_BACKEND is the Django version’s name and not read here: use REDIS_URL'],
  ])('%s is reported with the name to use, and not its value', (name, sentence) => {
    expect(findMisnamed({ [name]: 'hunter2' })).toEqual([sentence]);
  });
});

describe('settings of counting together', () => {
  test('counting has the common Redis, or one of its own', () => {
    const nodesOf = (environment: Environment) => readConfig(environment).counterRedis?.nodes;
    expect(nodesOf({})).toBeUndefined();
    expect(nodesOf({ REDIS_URL: 'redis://a' })).toEqual([{ host: 'a', port: 6379 }]);
    expect(nodesOf({ COUNTER_REDIS_URL: 'redis://b' })).toEqual([{ host: 'b', port: 6379 }]);
    expect(nodesOf({ REDIS_URL: 'redis://a', COUNTER_REDIS_URL: 'redis://b:1' })).toEqual([{ host: 'b', port: 1 }]);
  });

  test('a Redis Cluster needs keys that share a slot', () => {
    const sentence = 'COUNTER_KEY_PREFIX: on a Redis Cluster it must hold a hash tag, like {views}:';
    const REDIS_URL = 'redis+cluster://a,b:1';
    for (const prefix of ['', 'views:', '{}', '{}{views}:', '{views', '}views{']) {
      expect(problemsOf({ REDIS_URL, COUNTER_KEY_PREFIX: prefix })).toEqual([sentence]);
      expect(problemsOf({ REDIS_URL: 'redis://a', COUNTER_KEY_PREFIX: prefix })).toEqual([]);
      expect(problemsOf({ REDIS_URL, COUNTER_REDIS_URL: 'redis://a', COUNTER_KEY_PREFIX: prefix })).toEqual([]);
    }
    for (const prefix of ['{views}:', 'a{b}', '{{a}}']) {
      expect(problemsOf({ COUNTER_REDIS_URL: REDIS_URL, COUNTER_KEY_PREFIX: prefix })).toEqual([]);
    }
  });

  test('a port that is named is one that is given, however', () => {
    expect([readConfig({}).isPortNamed, readConfig({ PORT: ' ' }).isPortNamed]).toEqual([false, false]);
    expect([readConfig({ PORT: '0' }).isPortNamed, readConfig({}, { PORT: '1' }).isPortNamed]).toEqual([true, true]);
  });
});
