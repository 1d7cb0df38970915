import type { Config } from '../config.ts';
import type { Database } from '../db/connection.ts';
import { assertNotAhead, readSchemaState } from '../db/migrate.ts';
import { openDatabase } from '../db/open.ts';
import { AppError } from '../errors.ts';

/**
 * Runs a command's work on the database, with the schema this program knows, and closes it.
 * @throws AppError when the database is away, or its schema does not fit
 */
export async function withDatabase<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const database = openDatabase(config.database);
  try {
    const state = await readSchemaState(database);
    assertNotAhead(state);
    if (state.state === 'behind') {
      throw new AppError('unavailable', 'the database has pending migrations: run contenthub migrate first');
    }
    return await work(database);
  } finally {
    await database.close();
  }
}
