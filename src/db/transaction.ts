/**
 * What a transaction promises on every database: all or nothing, no nesting, and no statement outside of it.
 *
 * - A statement that failed fails the transaction, also when `work` did not wait for it or goes on regardless. (Postgres
 *   answers COMMIT with a silent ROLLBACK then, SQLite would store the rest.)
 * - A statement that comes after the end (a forgotten `await`, work that outlives a lost connection) is refused: on a
 *   connection that serves others it would be stored on its own, or in somebody else's transaction.
 */
import type * as AsyncHooks from 'node:async_hooks';
import type { Connection, Prepared } from './connection.ts';
import { translate } from './errors.ts';

/** One transaction that has begun, as a driver ends it. */
export interface Transaction {
  readonly connection: Connection;
  commit(): Promise<void>;
  /** Never throws: when the connection is gone, the database rolls back by itself. */
  rollback(): Promise<void>;
}

interface Scope {
  isOpen: boolean;
  /** Statements without an answer; a transaction does not end before them. */
  readonly running: Set<Promise<unknown>>;
  failure?: { readonly error: unknown };
}

/** Runs the transactions of one database. */
export interface TransactionRunner {
  /** @throws Error when called from inside a transaction of the same database, which would wait for itself */
  assertNotNested(): void;
  /** Commits what `work` did, or rolls it back and throws. */
  run<T>(transaction: Transaction, work: (connection: Connection) => Promise<T>): Promise<T>;
}

function createStorage(): AsyncHooks.AsyncLocalStorage<Scope> {
  // Loaded with the first transaction: a start has none, and is sooner without.
  const { AsyncLocalStorage }: typeof AsyncHooks = require('node:async_hooks');
  return new AsyncLocalStorage();
}

export function createTransactionRunner(): TransactionRunner {
  let current: ReturnType<typeof createStorage> | undefined;
  return {
    assertNotNested() {
      if (current?.getStore()?.isOpen) throw new Error('transactions do not nest: pass the connection along instead');
    },
    async run(transaction, work) {
      const scope: Scope = { isOpen: true, running: new Set() };
      current ??= createStorage();
      const storage = current;
      try {
        const result = await storage.run(scope, () => work(guard(transaction.connection, scope)));
        scope.isOpen = false;
        await Promise.allSettled(scope.running);
        if (scope.failure !== undefined) throw scope.failure.error;
        await transaction.commit();
        return result;
      } catch (error) {
        scope.isOpen = false;
        await transaction.rollback();
        throw translate(error);
      }
    },
  };
}

function guard(connection: Connection, scope: Scope): Connection {
  async function watch<T>(statement: () => Promise<T>): Promise<T> {
    if (!scope.isOpen) throw new Error('a statement came after the end of its transaction');
    const running = statement();
    scope.running.add(running);
    try {
      return await running;
    } catch (error) {
      scope.failure ??= { error };
      throw error;
    } finally {
      scope.running.delete(running);
    }
  }
  function watched<R>(prepared: Prepared<R>): Prepared<R> {
    return (values) => watch(() => prepared(values));
  }
  return {
    dialect: connection.dialect,
    tables: connection.tables,
    rows: (query) => watch(() => connection.rows(query)),
    prepare: (build) => watched(connection.prepare(build)),
    prepareBytes: (build) => watched(connection.prepareBytes(build)),
  };
}
