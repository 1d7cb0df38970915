import { existsSync, statSync } from 'node:fs';
import type { DatabaseAddress } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { UsageError } from './arguments.ts';
import { writeBody } from './backup/body.ts';
import type { Manifest } from './backup/manifest.ts';
import { findPostgresTools } from './backup/postgres_tools.ts';
import { verifyBackup } from './backup/restoring.ts';
import { openBackup, sealBackup } from './backup/seal.ts';
import type { Command, CommandContext } from './command.ts';
import { assertDatabaseFile } from './open.ts';
import { writeWhole } from './whole_file.ts';

export const backupCommand: Command = {
  name: 'backup',
  summary: 'write everything in the database to FILE (mode 0600), while the hub runs',
  operands: 'FILE',
  operandsMax: 1,
  options: [
    {
      name: 'verify',
      help: 'restore it into a scratch database and compare; a FILE that is there is verified, not written',
    },
    { name: 'force', help: 'write FILE also when it is there' },
    { name: 'portable', help: 'write a form that SQLite and Postgres can both be restored from' },
  ],
  async run(context) {
    const [path] = context.arguments.positionals;
    if (path === undefined || path === '') throw new UsageError('backup: name the file to write');
    if (!existsSync(path) || context.arguments.has('force')) return write(context, path);
    if (context.arguments.has('verify')) return verify(context, path);
    throw new AppError(
      'conflict',
      `${path} is there already, and was left as it is: name another file, or --force to write it anew`,
    );
  },
};

async function write(context: CommandContext, path: string): Promise<number> {
  const { arguments: given, environment, interruption, readConfig, print } = context;
  const { database } = readConfig();
  assertDatabaseFile(database);
  if (isDatabaseFile(database, path)) throw new UsageError(`backup: ${path} is the database itself; name another file`);
  const tools = findPostgresTools(environment);
  await writeWhole(path, interruption, async (unfinished) => {
    const manifest = await writeBody(database, unfinished, given.has('portable'), tools);
    await sealBackup(unfinished, manifest);
    // Before it takes its place: a backup that cannot be restored replaces none that can.
    if (given.has('verify')) await verifyBackup(database, await openBackup(unfinished), tools, interruption);
    print(`${given.has('verify') ? 'wrote and verified' : 'wrote'} ${path}: ${describe(manifest)}\n`);
  });
  return 0;
}

/** Whether writing to `path` would replace what is to be backed up, or what belongs to it. */
function isDatabaseFile(database: DatabaseAddress, path: string): boolean {
  if (database.dialect !== 'sqlite') return false;
  const target = statSync(path, { throwIfNoEntry: false });
  return ['', '-wal', '-shm', '-journal'].some((ending) => {
    const own = statSync(`${database.path}${ending}`, { throwIfNoEntry: false });
    return own !== undefined && own.ino === target?.ino && own.dev === target.dev;
  });
}

async function verify({ environment, interruption, readConfig, print }: CommandContext, path: string): Promise<number> {
  const { database } = readConfig();
  const backup = await openBackup(path);
  await verifyBackup(database, backup, findPostgresTools(environment), interruption);
  print(`verified ${path}, which was there (nothing was written): ${describe(backup.manifest)}\n`);
  return 0;
}

const FORMATS = { sqlite: 'an SQLite database', postgres: 'an archive of pg_dump', rows: 'portable' } as const;

function describe({ format, tables, database, madeAt }: Manifest): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return `${database} at ${madeAt.toISOString()}, ${rows} row(s) in ${tables.length} tables, ${FORMATS[format]}`;
}
