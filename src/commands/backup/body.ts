/** Writes the body of a backup, and takes down what is in it. The hub goes on meanwhile. */
import type { Connection } from '../../db/connection.ts';
import { copySqliteFile } from '../../db/file.sqlite.ts';
import { assertNotAhead, readSchemaState } from '../../db/migrate.ts';
import { readSqliteFile } from '../../db/open.sqlite.ts';
import { type DatabaseAddress, describeAddress, openDatabase } from '../../db/open.ts';
import { listStrangers } from '../../db/strangers.postgres.ts';
import { AppError } from '../../errors.ts';
import { listMigrations, nameSnapshot } from '../../store/copies.ts';
import { countRows, createInventory, describeTables, findShapes, listContents } from '../../store/inventory.ts';
import { type Block, readTables } from '../../store/lines.ts';
import { VERSION } from '../../version.ts';
import { withProgress } from '../progress.ts';
import type { BodyFormat, Manifest } from './manifest.ts';
import type { PostgresTools } from './postgres_tools.ts';
import { writeRows } from './rows.ts';

const LABEL = 'backup';

type Description = Pick<Manifest, 'migrations' | 'tables'>;

/**
 * @param path an empty file
 * @param isPortable lines instead of what the database itself would write
 * @param tools undefined when there are none: Postgres is written as lines then
 * @throws AppError
 */
export async function writeBody(
  address: DatabaseAddress,
  path: string,
  isPortable: boolean,
  tools: PostgresTools | undefined,
): Promise<Manifest> {
  const about = { version: VERSION, madeAt: new Date(), database: describeAddress(address) };
  const format = chooseFormat(address, isPortable, tools);
  if (format === 'sqlite' && address.dialect === 'sqlite') {
    copySqliteFile(address.path, path);
    return { format, ...about, ...(await readSqliteFile(path, describe)) };
  }
  const database = openDatabase(address);
  try {
    return await database.snapshot(async (connection) => {
      if (format === 'rows') return { format, ...about, ...(await writeLines(connection, path)) };
      if (address.dialect === 'postgres') {
        await tools?.dump(address.url, await nameSnapshot(connection), await listStrangers(connection), path);
      }
      return { format, ...about, ...(await describe(connection)) };
    });
  } finally {
    await database.close();
  }
}

function chooseFormat(address: DatabaseAddress, isPortable: boolean, tools: PostgresTools | undefined): BodyFormat {
  if (isPortable) return 'rows';
  if (address.dialect === 'sqlite') return 'sqlite';
  return tools === undefined ? 'rows' : 'postgres';
}

async function describe(connection: Connection): Promise<Description> {
  const migrations = await listMigrations(connection);
  assertNotAhead(await readSchemaState(connection));
  const shapes = await findShapes(connection);
  const tables = await withProgress(LABEL, await countRows(connection, shapes), (add) =>
    describeTables(connection, shapes, add),
  );
  return { migrations, tables };
}

/** Lines have the kinds of their columns from this program, so the schema must be its own. */
async function writeLines(connection: Connection, path: string): Promise<Description> {
  const migrations = await listMigrations(connection);
  const state = await readSchemaState(connection);
  assertNotAhead(state);
  if (state.state === 'behind') {
    throw new AppError(
      'unavailable',
      `migrations are pending (${state.pending.join(', ')}): run contenthub migrate first, or make the backup with the version that was in use`,
    );
  }
  const shapes = await findShapes(connection);
  const inventory = createInventory(shapes);
  await withProgress(LABEL, await countRows(connection, shapes), (add) =>
    writeRows(
      path,
      passing(readTables(connection, shapes), (block) => {
        inventory.add(block);
        add(block.lines.length);
      }),
    ),
  );
  return { migrations, tables: await listContents(connection, shapes, inventory) };
}

async function* passing(blocks: AsyncIterable<Block>, look: (block: Block) => void): AsyncGenerator<Block> {
  for await (const block of blocks) {
    look(block);
    yield block;
  }
}
