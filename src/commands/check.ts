import type { Config } from '../config.ts';
import { readSchemaState } from '../db/migrate.ts';
import { messageOf } from '../errors.ts';
import type { Command } from './command.ts';
import { withAnyDatabase } from './open.ts';

export const checkCommand: Command = {
  name: 'check',
  summary: 'look for problems of the configuration and the database; exit 1 if there are any',
  operands: '',
  operandsMax: 0,
  options: [{ name: 'deploy', help: 'look for weaknesses of a public installation too' }],
  async run({ arguments: given, readConfig, print }) {
    const config = readConfig();
    const problems = [...countingProblems(config), ...(await databaseProblems(config))];
    if (given.has('deploy')) problems.push(...deployProblems(config));
    for (const problem of problems) print(`${problem}\n`);
    print(problems.length === 0 ? 'no problems found\n' : `${problems.length} problem(s) found\n`);
    return problems.length === 0 ? 0 : 1;
  },
};

/** What a hub refuses to start with. */
function countingProblems({ redisUrl }: Config): string[] {
  return redisUrl === undefined ? [] : ['REDIS_URL: counting through Redis is not part of this version; unset it'];
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
  return problems;
}
