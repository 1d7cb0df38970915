import type { SQL, SQLWrapper } from 'drizzle-orm';
import type { Schema } from './schema.ts';

export type Dialect = 'postgres' | 'sqlite';

/** A row as the driver gives it. Postgres sends bigints as strings: convert with the functions of `rows.ts`. */
export type Row = Readonly<Record<string, unknown>>;

/** A row as the bytes of its columns, in their order; null for NULL. They may be a view of all that was received. */
export type BytesRow = readonly (Uint8Array | null)[];

/** Runs a statement compiled once; `values` fill its `sql.placeholder`s. */
export type Prepared<R = Row> = (values?: Readonly<Record<string, unknown>>) => Promise<R[]>;

/** Something that runs SQL: the database itself (reads), or one transaction (reads and writes). */
export interface Connection {
  readonly dialect: Dialect;
  readonly tables: Schema;
  /**
   * Runs one statement and returns its rows (`[]` when it returns none).
   * @throws AppError `conflict` for a broken unique or foreign key, `unavailable` when the database is away or busy.
   */
  rows(query: SQLWrapper): Promise<Row[]>;
  /** Builds and compiles a statement when it is first run, for many runs; the errors are those of `rows`. */
  prepare(build: () => SQL): Prepared;
  /**
   * The same for texts that are sent on as they are: they are never decoded.
   * @param build a statement whose columns are made with `asBytes`
   */
  prepareBytes(build: () => SQL): Prepared<BytesRow>;
}

/** What a transaction may lose when the machine (not just the process) dies right after its commit. */
export type Durability = 'full' | 'relaxed';

export interface TransactionOptions {
  /**
   * `full` (the default) waits for the disk. `relaxed` is for embedded view batches on SQLite, where an fsync each
   * 50 ms would buy little; Postgres ignores it.
   */
  readonly durability?: Durability;
  /** No statement is ended for the time it takes: for commands whose statements go through whole tables. */
  readonly mayTakeLong?: boolean;
}

/** What a database has to do for this process at one moment. */
export interface Activity {
  /** Statements outside of transactions that have no answer yet; undefined where none ever waits. */
  readonly reads: number | undefined;
  /** Transactions under way, and those that wait for their turn. */
  readonly transactions: number;
  readonly waiting: number;
}

export interface Database extends Connection {
  /**
   * Runs `work` in one transaction: all of it is stored or, when it throws, nothing is. Transactions do not nest.
   * On SQLite one runs at a time and `rows` outside of it does not see its writes before the commit.
   * @throws what `work` throws, or `unavailable`
   */
  tx<T>(work: (connection: Connection) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * Runs reads that all see the database as it is at the first of them, without holding up writers.
   * @throws what `work` throws, or `unavailable`
   */
  snapshot<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  /** What is under way at this moment. */
  activity(): Activity;
  /** Ends the connections after what is running. Idempotent. */
  close(): Promise<void>;
}
