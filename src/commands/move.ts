import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseDatabaseUrl } from '../config_values.ts';
import { withDatabaseAlone } from '../db/alone.ts';
import type { Connection } from '../db/connection.ts';
import { assertNotAhead, readSchemaState } from '../db/migrate.ts';
import { type DatabaseAddress, describeAddress } from '../db/open.ts';
import { AppError, messageOf } from '../errors.ts';
import { assertReplaceable, holdStill, listMigrations, replaceAll } from '../store/copies.ts';
import { countRows, findShapes, listContents, type TableContent } from '../store/inventory.ts';
import { readTables } from '../store/lines.ts';
import { type Arguments, UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { assertDatabaseFile } from './open.ts';
import { withProgress } from './progress.ts';
import { listTables } from './table_list.ts';

export const moveCommand: Command = {
  name: 'move',
  summary: 'copy everything to another, empty database, all or nothing; no hub may use either meanwhile',
  operands: '--to DATABASE_URL',
  operandsMax: 0,
  options: [
    { name: 'to', value: 'DATABASE_URL', help: 'sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE' },
    { name: 'to-file', value: 'FILE', help: 'read it from FILE, so that its password is on no command line' },
  ],
  async run({ arguments: given, readConfig, print }) {
    const to = readTarget(given);
    const { database: from } = readConfig();
    if (placeOf(from) === placeOf(to)) throw new UsageError(`move: ${describeAddress(to)} is where the hub is already`);
    assertDatabaseFile(from);
    const tables = await withDatabaseAlone(from, (source) =>
      withDatabaseAlone(to, (target) => copyAll(source, target, describeAddress(to))),
    );
    print(listTables(tables));
    print(
      `moved: ${describeAddress(to)} holds what ${describeAddress(from)} does, by row counts and checksums of both; start the hub with DATABASE_URL naming the new one\n`,
    );
    return 0;
  },
};

function readTarget(given: Arguments): DatabaseAddress {
  const [to, file] = [given.value('to'), given.value('to-file')];
  if ((to === undefined) === (file === undefined)) {
    throw new UsageError('move: name the database to move to, with --to DATABASE_URL or --to-file FILE');
  }
  const flag = file === undefined ? '--to' : '--to-file';
  try {
    return parseDatabaseUrl(to ?? readFileSync(file ?? '', 'utf8').trim());
  } catch (error) {
    throw new UsageError(`move: ${flag}: ${messageOf(error)}`);
  }
}

/** The same text for the same database, however it is spelled; the locks find what this does not. */
function placeOf(address: DatabaseAddress): string {
  return address.dialect === 'sqlite' ? resolve(address.path) : describeAddress(address);
}

/** @returns what both hold */
async function copyAll(source: Connection, target: Connection, name: string): Promise<readonly TableContent[]> {
  const state = await readSchemaState(source);
  assertNotAhead(state);
  if (state.state === 'behind') {
    throw new AppError('unavailable', 'the database has pending migrations: run contenthub migrate first');
  }
  await assertReplaceable(target, name, 'name an empty database');
  const tables = await findShapes(source);
  await holdStill(source, tables);
  const migrations = await listMigrations(source);
  return withProgress('move', 2 * (await countRows(source, tables)), (add) =>
    replaceAll(
      target,
      {
        migrations,
        tables,
        blocks: readTables(source, tables),
        contents: (passed) => listContents(source, tables, passed),
      },
      add,
    ),
  );
}
