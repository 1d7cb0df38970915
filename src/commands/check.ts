import type { Config } from '../config.ts';
import { readSchemaState } from '../db/migrate.ts';
import { messageOf } from '../errors.ts';
import { openPipeline } from '../impressions/pipeline.ts';
import type { Log } from '../log.ts';
import { describeRedis } from '../redis_address.ts';
import type { Command } from './command.ts';
import { withAnyDatabase } from './open.ts';
import { failpointsOption } from './serve.ts';

export const checkCommand: Command = {
  name: 'check',
  summary: 'look for problems of the configuration and the database; exit 1 if there are any',
  operands: '',
  operandsMax: 0,
  options: [{ name: 'deploy', help: 'look for weaknesses of a public installation too' }, failpointsOption],
  async run({ arguments: given, readConfig, print, log }) {
    const config = readConfig();
    const isDeploy = given.has('deploy');
    const problems = [...(await databaseProblems(config)), ...(await redisProblems(config, log, isDeploy))];
    if (isDeploy) problems.push(...deployProblems(config));
    if (isDeploy && given.has(failpointsOption.name)) {
      problems.push('--unsafe-failpoints is for tests: it ends the process on purpose');
    }
    for (const problem of problems) print(`${problem}\n`);
    print(problems.length === 0 ? 'no problems found\n' : `${problems.length} problem(s) found\n`);
    return problems.length === 0 ? 0 : 1;
  },
};

/** Why views could not be counted through Redis; with `isDeploy` also what a crash of it may cost. */
async function redisProblems(config: Config, log: Log, isDeploy: boolean): Promise<string[]> {
  const { counterRedis, counterKeyPrefix, allowEviction } = config;
  if (counterRedis === undefined) return [];
  const pipeline = openPipeline(counterRedis, counterKeyPrefix, log, allowEviction);
  try {
    const { problems, risk } = await pipeline.inspect('must be there');
    return [...problems, ...(isDeploy && risk !== undefined ? [risk] : [])].map((problem) => `Redis: ${problem}`);
  } catch (error) {
    return [messageOf(error)];
  } finally {
    pipeline.close();
  }
}

async function databaseProblems(config: Config): Promise<string[]> {
  try {
    return await withAnyDatabase(config, async (database) => {
      const { state } = await readSchemaState(database);
      if (state === 'behind') return ['database: migrations are pending; run contenthub migrate'];
      if (state === 'ahead') return ['database: migrated by a newer version; run that version'];
      return [];
    });
  } catch (error) {
    return [`database: ${messageOf(error)}`];
  }
}

/** Weaknesses that are fine on a desk and not on the internet. */
function deployProblems(config: Config): string[] {
  const problems: string[] = [];
  if (config.debug) problems.push('DEBUG is on: every web origin may read the API and everything is logged');
  if (config.allowedHosts.includes('*'))
    problems.push('ALLOWED_HOSTS is *: links are built for any name a client sends');
  if (config.allowedHosts.every((host) => ['localhost', '127.0.0.1', '[::1]'].includes(host))) {
    problems.push('ALLOWED_HOSTS names this machine only: set the public host name');
  }
  if (config.database.dialect === 'postgres') {
    const url = new URL(config.database.url);
    const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
    const mode = url.searchParams.get('sslmode') ?? url.searchParams.get('ssl') ?? 'disable';
    if (!isLocal && ['disable', 'allow', 'prefer', 'false'].includes(mode)) {
      problems.push('DATABASE_URL reaches Postgres on another host without TLS: add ?sslmode=verify-full');
    }
  }
  if (config.allowEviction) problems.push('ALLOW_EVICTION is on: Redis may evict views that wait');
  if (config.flushGate === 'off') problems.push('FLUSH_GATE is off: a crash of Redis may count views twice');
  for (const redis of [config.redisUrl, config.counterRedis]) {
    const isForeign = redis?.nodes.some(({ host }) => !['localhost', '127.0.0.1', '::1'].includes(host)) ?? false;
    const sentence = `Redis at ${redis === undefined ? '' : describeRedis(redis)} is on another host and needs no password`;
    if (isForeign && redis?.password === undefined && !problems.includes(sentence)) problems.push(sentence);
  }
  return problems;
}
