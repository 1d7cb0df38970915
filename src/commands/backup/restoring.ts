/** Puts what a backup holds into a database, or into one that is made for the purpose of looking at it. */
import { withDatabaseAlone } from '../../db/alone.ts';
import { findUnknownMigrations } from '../../db/migrate.ts';
import { readSqliteFile } from '../../db/open.sqlite.ts';
import { type DatabaseAddress, describeAddress, openDatabase } from '../../db/open.ts';
import { createScratchDatabase } from '../../db/scratch.ts';
import { AppError } from '../../errors.ts';
import { assertReplaceable, compare, replaceAll } from '../../store/copies.ts';
import { type Block, readTables } from '../../store/lines.ts';
import { withRemoval } from '../command.ts';
import { withProgress } from '../progress.ts';
import type { Manifest } from './manifest.ts';
import type { PostgresTools } from './postgres_tools.ts';
import { readRows } from './rows.ts';
import type { Backup } from './seal.ts';

const WAY_OUT = 'name an empty database, or --force to replace what is in it';

/**
 * Replaces what is in the database, or changes nothing. What is stored then has the counts and checksums of the backup.
 * @param isForced data of a hub may be replaced
 * @throws AppError
 */
export async function restoreBackup(
  address: DatabaseAddress,
  backup: Backup,
  isForced: boolean,
  tools: PostgresTools | undefined,
): Promise<void> {
  const { path, manifest, bodyBytes } = backup;
  assertKnown(address, backup);
  if (manifest.format === 'postgres') return restoreArchive(address, backup, isForced, tools);
  if (manifest.format === 'rows') {
    return restoreBlocks(address, manifest, readRows(path, bodyBytes, manifest.tables), isForced);
  }
  return readSqliteFile(path, (connection) =>
    restoreBlocks(address, manifest, readTables(connection, manifest.tables), isForced),
  );
}

function assertKnown({ dialect }: DatabaseAddress, { path, manifest: { migrations, version } }: Backup): void {
  const unknown = findUnknownMigrations(dialect, migrations);
  if (unknown.length === 0) return;
  const newer = `was made by a newer version, ${version} (it has ${unknown.join(', ')})`;
  throw new AppError('conflict', `${path} ${newer}: restore it with that version`);
}

async function restoreBlocks(
  address: DatabaseAddress,
  { migrations, tables }: Manifest,
  blocks: AsyncIterable<Block>,
  isForced: boolean,
): Promise<void> {
  await withDatabaseAlone(address, async (tx) => {
    await assertReplaceable(tx, describeAddress(address), isForced ? undefined : WAY_OUT);
    await withProgress('restore', 2 * rowsOf(tables), (add) =>
      replaceAll(tx, { migrations, tables, blocks, contents: async () => tables }, add),
    );
  });
}

async function restoreArchive(
  address: DatabaseAddress,
  backup: Backup,
  isForced: boolean,
  tools: PostgresTools | undefined,
): Promise<void> {
  if (address.dialect !== 'postgres') {
    throw new AppError(
      'conflict',
      `${backup.path} is an archive of Postgres: restore it into a Postgres database, then contenthub move --to sqlite:…`,
    );
  }
  if (tools === undefined) {
    throw new AppError(
      'unavailable',
      `${backup.path} is an archive of pg_dump, and pg_dump, pg_restore and psql are not on the PATH: install Postgres's client programs`,
    );
  }
  await withDatabaseAlone(address, (tx) =>
    assertReplaceable(tx, describeAddress(address), isForced ? undefined : WAY_OUT),
  );
  await tools.restore(address.url, backup);
  const { tables } = backup.manifest;
  const database = openDatabase(address);
  try {
    await withProgress('compare', rowsOf(tables), (add) =>
      database.snapshot((connection) => compare(connection, tables, add)),
    );
  } finally {
    await database.close();
  }
}

function rowsOf(tables: Manifest['tables']): number {
  return tables.reduce((sum, { rows }) => sum + rows, 0);
}

/**
 * Restores into a database made for it, beside the one the hub uses, compares, and removes it.
 * @throws AppError when it cannot be restored, or is not what was backed up
 */
export async function verifyBackup(
  address: DatabaseAddress,
  backup: Backup,
  tools: PostgresTools | undefined,
  interruption: AbortSignal,
): Promise<void> {
  const scratch = await createScratchDatabase(address);
  try {
    await withRemoval(interruption, scratch.abandon, () => restoreBackup(scratch.address, backup, false, tools));
  } finally {
    await scratch.drop();
  }
}
