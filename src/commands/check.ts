import type { Config } from '../config.ts';
import { readSchemaState } from '../db/migrate.ts';
import { messageOf } from '../errors.ts';
import { openPipeline } from '../impressions/pipeline.ts';
import type { Log } from '../log.ts';
import { hasActiveAdmin } from '../store/users.ts';
import type { Command } from './command.ts';
import { deployProblems } from './deploy_problems.ts';
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
    const problems = [...(await databaseProblems(config, isDeploy)), ...(await redisProblems(config, log, isDeploy))];
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

/** Why the database could not be used; with `isDeploy` also that nobody may manage the hub. */
async function databaseProblems(config: Config, isDeploy: boolean): Promise<string[]> {
  try {
    return await withAnyDatabase(config, async (database) => {
      const { state } = await readSchemaState(database);
      if (state === 'behind') return ['database: migrations are pending; run contenthub migrate'];
      if (state === 'ahead') return ['database: migrated by a newer version; run that version'];
      if (!isDeploy || (await hasActiveAdmin(database))) return [];
      return ['there is no active superuser; run contenthub createsuperuser'];
    });
  } catch (error) {
    return [`database: ${messageOf(error)}`];
  }
}
