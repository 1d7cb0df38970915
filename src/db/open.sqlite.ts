import { type SQLQueryBindings, Database as SqliteFile } from 'bun:sqlite';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { fillPlaceholders, type SQL, type SQLWrapper } from 'drizzle-orm';
import { SQLiteSyncDialect } from 'drizzle-orm/sqlite-core';
import { AppError } from '../errors.ts';
import type { Connection, Database, Durability, Prepared, Row, TransactionOptions } from './connection.ts';
import { codeOf, translate } from './errors.ts';
import { schema } from './schema.sqlite.ts';

/** How long a writer waits for another process to finish its write. */
const LOCK_WAIT_MS = 5000;
const LOCK_RETRY_MS = 5;
/** Longer statements (multi-row inserts) come in many shapes; keeping each compiled would only hold memory. */
const CACHED_STATEMENT_CHARACTERS_MAX = 4000;
const CACHE_KIB = 16_384;

const dialect = new SQLiteSyncDialect();

function connection(file: SqliteFile): Connection {
  const execute = (text: string, params: SQLQueryBindings[]): Row[] => {
    try {
      if (text.length <= CACHED_STATEMENT_CHARACTERS_MAX)
        return file.query<Row, SQLQueryBindings[]>(text).all(...params);
      const statement = file.prepare<Row, SQLQueryBindings[]>(text);
      try {
        return statement.all(...params);
      } finally {
        statement.finalize();
      }
    } catch (error) {
      throw translate(error);
    }
  };
  return {
    dialect: 'sqlite',
    tables: schema,
    async rows(query: SQLWrapper): Promise<Row[]> {
      const { sql, params } = dialect.sqlToQuery(query.getSQL());
      // Parameters went through the columns' own encoders: strings, numbers and null are what is left.
      return execute(sql, params as SQLQueryBindings[]);
    },
    prepare(query: SQL): Prepared {
      const { sql, params } = dialect.sqlToQuery(query);
      return async (values = {}) => execute(sql, fillPlaceholders(params, { ...values }) as SQLQueryBindings[]);
    },
  };
}

/**
 * Starts a write transaction. Waits for another process's write with a timer: `busy_timeout` would wait on the
 * JavaScript thread and stop every answer meanwhile.
 * @throws AppError `unavailable` after LOCK_WAIT_MS
 */
export async function beginImmediate(file: SqliteFile, waitMs = LOCK_WAIT_MS): Promise<void> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    try {
      file.run('BEGIN IMMEDIATE');
      return;
    } catch (error) {
      if (!codeOf(error).startsWith('SQLITE_BUSY')) throw translate(error);
      if (performance.now() > deadline) {
        throw new AppError('unavailable', `another process has kept the database locked for ${waitMs / 1000} s`, {
          cause: error,
        });
      }
      await Bun.sleep(LOCK_RETRY_MS);
    }
  }
}

/** Opens the file for writing, making it (0600) and its folder (0700) when they are missing. */
export function openSqliteFile(path: string): SqliteFile {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
    const file = new SqliteFile(path, { readwrite: true, strict: true });
    file.run('PRAGMA busy_timeout = 0');
    file.run('PRAGMA journal_mode = WAL');
    file.run('PRAGMA foreign_keys = ON');
    file.run(`PRAGMA cache_size = -${CACHE_KIB}`);
    return file;
  } catch (error) {
    throw new AppError('unavailable', `cannot open the database ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === 'SQLITE_NOTADB') return 'the file is not an SQLite database';
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return 'the folder or file is not writable';
  return error instanceof Error ? error.message : String(error);
}

function openReader(path: string): SqliteFile {
  const reader = new SqliteFile(path, { readonly: true, strict: true });
  reader.run('PRAGMA busy_timeout = 0');
  reader.run(`PRAGMA cache_size = -${CACHE_KIB}`);
  return reader;
}

/** One writer connection behind a queue, and a second connection for reads, which never wait for the writer. */
export function openSqlite(path: string): Database {
  const writer = openSqliteFile(path);
  const reader = openReader(path);
  const writes = connection(writer);
  let durability: Durability | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let closed: Promise<void> | undefined;

  async function transact<T>(work: (connection: Connection) => Promise<T>, options: TransactionOptions): Promise<T> {
    const wanted = options.durability ?? 'full';
    if (wanted !== durability) {
      writer.run(`PRAGMA synchronous = ${wanted === 'full' ? 'FULL' : 'NORMAL'}`);
      durability = wanted;
    }
    await beginImmediate(writer);
    try {
      const result = await work(writes);
      writer.run('COMMIT');
      return result;
    } catch (error) {
      // A failed COMMIT or a full disk may have rolled back already.
      if (writer.inTransaction) writer.run('ROLLBACK');
      throw translate(error);
    }
  }

  return {
    ...connection(reader),
    tx<T>(work: (connection: Connection) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
      const turn = queue.then(() => transact(work, options));
      queue = turn.catch(() => {});
      return turn;
    },
    async snapshot<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
      const file = openReader(path);
      try {
        file.run('BEGIN');
        return await work(connection(file));
      } finally {
        file.close();
      }
    },
    close() {
      closed ??= queue.then(() => {
        reader.close();
        writer.close();
      });
      return closed;
    },
  };
}
