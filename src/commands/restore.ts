import { describeAddress } from '../db/open.ts';
import { UsageError } from './arguments.ts';
import { findPostgresTools } from './backup/postgres_tools.ts';
import { restoreBackup } from './backup/restoring.ts';
import { openBackup } from './backup/seal.ts';
import type { Command } from './command.ts';
import { applyMigrations } from './migrate.ts';
import { listTables } from './table_list.ts';

export const restoreCommand: Command = {
  name: 'restore',
  summary: 'put a backup into the database, all of it or nothing; no hub may use it meanwhile',
  operands: 'FILE',
  operandsMax: 1,
  options: [{ name: 'force', help: 'replace the data that is in the database' }],
  async run(context) {
    const [path] = context.arguments.positionals;
    if (path === undefined || path === '') throw new UsageError('restore: name the file to restore');
    const { database } = context.readConfig();
    const backup = await openBackup(path);
    await restoreBackup(database, backup, context.arguments.has('force'), findPostgresTools(context.environment));
    const { tables, madeAt } = backup.manifest;
    context.print(listTables(tables));
    context.print(`restored ${path}, made at ${madeAt.toISOString()}, into ${describeAddress(database)}\n`);
    return applyMigrations(context);
  },
};
