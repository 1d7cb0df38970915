import { migrate, readSchemaState } from '../db/migrate.ts';
import { describeAddress } from '../db/open.ts';
import { completeSearch } from '../store/search_completion.ts';
import type { Command, CommandContext } from './command.ts';
import { withAnyDatabase } from './open.ts';

export const migrateCommand: Command = {
  name: 'migrate',
  summary: 'apply the migrations this program carries',
  operands: '',
  operandsMax: 0,
  options: [{ name: 'check', help: 'apply nothing; exit 1 if any migration is pending' }],
  async run(context) {
    return context.arguments.has('check') ? check(context) : applyMigrations(context);
  },
};

/** Brings the database to this version, and says what it did. */
export async function applyMigrations({ readConfig, print, log }: CommandContext): Promise<number> {
  const { database } = readConfig();
  const applied = await migrate(database, () => log.info('another process is migrating the database; waiting'));
  for (const tag of applied) print(`applied ${tag}\n`);
  const completed = await withAnyDatabase(readConfig(), completeSearch);
  if (completed > 0) print(`made ${completed} titles searchable\n`);
  print(`${describeAddress(database)} is current\n`);
  return 0;
}

async function check({ readConfig, print }: CommandContext): Promise<number> {
  const config = readConfig();
  return withAnyDatabase(config, async (database) => {
    const { state, pending, unknown } = await readSchemaState(database);
    if (state === 'current') print(`${describeAddress(config.database)} is current\n`);
    if (state === 'behind') print(`pending: ${pending.join(' ')} (run contenthub migrate)\n`);
    if (state === 'ahead') print(`unknown to this version: ${unknown.join(' ')} (run the newer version)\n`);
    return state === 'current' ? 0 : 1;
  });
}
