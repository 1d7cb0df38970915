import { existsSync, rmSync } from 'node:fs';
import { AppError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { openAlone } from './file.sqlite.ts';
import { connectSqlite } from './open.sqlite.ts';
import { createTransactionRunner } from './transaction.ts';

/**
 * `withDatabaseAlone` on SQLite. The exclusive lock is refused while anybody has the file open, and kept until the end: a
 * hub that starts meanwhile waits for some seconds and gives up.
 */
export async function withSqliteAlone<T>(path: string, name: string, work: (tx: Connection) => Promise<T>): Promise<T> {
  const isNew = !existsSync(path);
  let isDone = false;
  const file = openAlone(path, name);
  const { connection, close } = connectSqlite(file);
  const transaction = {
    connection,
    async commit() {
      const [broken] = file.query('PRAGMA foreign_key_check').all();
      if (broken !== undefined) {
        throw new AppError('conflict', `${name}: a row refers to another that is not there: ${JSON.stringify(broken)}`);
      }
      file.run('COMMIT');
    },
    async rollback() {
      if (file.inTransaction) file.run('ROLLBACK');
    },
  };
  try {
    const result = await createTransactionRunner().run(transaction, work);
    isDone = true;
    return result;
  } finally {
    close();
    if (isNew && !isDone) rmSync(path, { force: true });
  }
}
