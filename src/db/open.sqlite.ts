import type { SQLQueryBindings, Database as SqliteFile } from 'bun:sqlite';
import { fillPlaceholders, type SQL, type SQLWrapper } from 'drizzle-orm';
import { AppError } from '../errors.ts';
import { once } from '../once.ts';
import { namesFor } from './columns.names.ts';
import type { BytesRow, Connection, Database, Durability, Prepared, Row, TransactionOptions } from './connection.ts';
import { codeOf } from './errors.ts';
import { beginImmediate, openReader, openWriter, watchFile, whileBusy } from './file.sqlite.ts';
import { checkParameters } from './parameters.ts';
import { buildSchema } from './schema.ts';
import { writeStatement } from './statement.ts';
import { createTransactionRunner } from './transaction.ts';

const schema = buildSchema(namesFor('sqlite'));

/** @returns the connection, and what closes the file with all that was compiled for it */
export function connectSqlite(file: SqliteFile): { connection: Connection; close(): void } {
  type Compiled = ReturnType<typeof file.prepare<Row, SQLQueryBindings[]>>;
  const compiled = new Map<string, Compiled>();
  let isClosed = false;

  function compile(text: string): Compiled {
    const statement = compiled.get(text) ?? file.prepare<Row, SQLQueryBindings[]>(text);
    compiled.set(text, statement);
    return statement;
  }

  async function execute<T>(params: readonly unknown[], run: (params: SQLQueryBindings[]) => T): Promise<T> {
    if (isClosed) throw new AppError('unavailable', 'the database is closed');
    checkParameters(params);
    // Parameters went through the columns' own encoders: strings, numbers and null are what is left. In WAL mode a
    // read is busy only while another process opens, closes or recovers the file.
    return whileBusy(() => run(params as SQLQueryBindings[]));
  }

  function prepare<R>(build: () => SQL, run: (statement: Compiled, params: SQLQueryBindings[]) => R[]): Prepared<R> {
    const query = once(() => writeStatement('sqlite', build()));
    return async (values = {}) => {
      const { sql, params } = query();
      return execute(fillPlaceholders(params, { ...values }), (bindings) => run(compile(sql), bindings));
    };
  }

  const connection: Connection = {
    dialect: 'sqlite',
    tables: schema,
    async rows(query: SQLWrapper): Promise<Row[]> {
      const { sql, params } = writeStatement('sqlite', query.getSQL());
      return execute(params, (bindings) => {
        // Compiled for this run only: what stays compiled is what `prepare` was asked for.
        const statement = file.prepare<Row, SQLQueryBindings[]>(sql);
        try {
          return statement.all(...bindings);
        } finally {
          statement.finalize();
        }
      });
    },
    prepare: (build) => prepare(build, (statement, params) => statement.all(...params)),
    prepareBytes: (build) => prepare(build, (statement, params) => statement.values(...params) as BytesRow[]),
  };

  return {
    connection,
    close() {
      isClosed = true;
      for (const statement of compiled.values()) statement.finalize();
      file.close();
    },
  };
}

/**
 * Reads an SQLite file that nobody writes to, as a backup is.
 * @throws AppError `unavailable` when it is none
 */
export async function readSqliteFile<T>(path: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const { connection, close } = connectSqlite(openReader(path));
  try {
    return await work(connection);
  } finally {
    close();
  }
}

/**
 * Moves what the write-ahead log holds into the file, so that the next transaction can write over it. SQLite does so
 * by itself only after a commit, and on a full disk there is none: a log that filled the disk would stay full.
 */
function reuseLog(file: SqliteFile): void {
  try {
    file.run('PRAGMA wal_checkpoint(PASSIVE)');
  } catch (error) {
    // The disk is too full for that as well; whoever comes next tries again.
    if (!codeOf(error).startsWith('SQLITE_')) throw error;
  }
}

/** One writer connection behind a queue, and a second connection for reads, which never wait for the writer. */
export function openSqlite(path: string): Database {
  const writer = openWriter(path);
  const writes = connectSqlite(writer);
  const reads = connectSqlite(openReader(path));
  const assertSameFile = watchFile(writer, path);
  const transactions = createTransactionRunner();
  let queue: Promise<unknown> = Promise.resolve();
  let queued = 0;
  let durability: Durability | undefined;
  let isClosing = false;
  let closed: Promise<void> | undefined;

  const transaction = {
    connection: writes.connection,
    commit: async () => void writer.run('COMMIT'),
    async rollback() {
      // A full disk or a failed COMMIT may have rolled back already.
      if (writer.inTransaction) writer.run('ROLLBACK');
    },
  };

  async function transact<T>(work: (connection: Connection) => Promise<T>, wanted: Durability): Promise<T> {
    if (isClosing) throw new AppError('unavailable', 'the database is closed');
    assertSameFile();
    if (wanted !== durability) {
      await whileBusy(() => writer.run(`PRAGMA synchronous = ${wanted === 'full' ? 'FULL' : 'NORMAL'}`));
      durability = wanted;
    }
    await beginImmediate(writer, undefined, () => isClosing);
    try {
      return await transactions.run(transaction, work);
    } catch (error) {
      if (error instanceof AppError && codeOf(error.cause) === 'SQLITE_FULL') reuseLog(writer);
      throw error;
    }
  }

  function leave(): void {
    queued -= 1;
  }

  return {
    ...reads.connection,
    async tx<T>(work: (connection: Connection) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
      transactions.assertNotNested();
      queued += 1;
      const turn = queue.then(() => transact(work, options.durability ?? 'full'));
      queue = turn.then(leave, leave);
      return turn;
    },
    async snapshot<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
      transactions.assertNotNested();
      if (isClosing) throw new AppError('unavailable', 'the database is closed');
      const file = openReader(path);
      const { connection, close } = connectSqlite(file);
      try {
        file.run('BEGIN');
        return await work(connection);
      } finally {
        close();
      }
    },
    // The first in the queue is the one at work.
    activity: () => ({ reads: undefined, transactions: Math.min(queued, 1), waiting: Math.max(queued - 1, 0) }),
    close() {
      isClosing = true;
      closed ??= queue.then(() => {
        reads.close();
        writes.close();
      });
      return closed;
    },
  };
}
