import { fillPlaceholders, type SQL, type SQLWrapper } from 'drizzle-orm';
import { AppError } from '../errors.ts';
import { once } from '../once.ts';
import { namesFor } from './columns.names.ts';
import type { BytesRow, Connection, Database, Prepared, Row, TransactionOptions } from './connection.ts';
import { type Link, openLink, STATEMENT_TIMEOUT_MS } from './link.postgres.ts';
import { buildSchema } from './schema.ts';
import { writeStatement } from './statement.ts';
import { createTransactionRunner } from './transaction.ts';

/** Connections for reads outside of transactions, and for transactions, of which further ones wait. */
const READERS_MAX = 6;
const SESSIONS_MAX = 4;
const CLOSE_TIMEOUT_MS = 2000;
const CLOSE_POLL_MS = 5;
const schema = buildSchema(namesFor('postgres'));

/** Asks a link for something. */
type Ask = <T>(question: (link: Link) => Promise<T>) => Promise<T>;

/** Statements made for Postgres, over whatever runs them. */
export function connectPostgres(ask: Ask): Connection {
  function prepare<R>(
    build: () => SQL,
    run: (link: Link, text: string, params: unknown[]) => Promise<R[]>,
  ): Prepared<R> {
    const compile = once(() => writeStatement('postgres', build()));
    return (values = {}) => {
      const { sql, params } = compile();
      const filled = fillPlaceholders(params, { ...values });
      return ask((link) => run(link, sql, filled));
    };
  }
  return {
    dialect: 'postgres',
    tables: schema,
    async rows(query: SQLWrapper): Promise<Row[]> {
      const { sql, params } = writeStatement('postgres', query.getSQL());
      return ask((link) => link.run(sql, params));
    },
    prepare: (build) => prepare<Row>(build, (link, text, params) => link.run(text, params)),
    prepareBytes: (build) => prepare<BytesRow>(build, (link, text, params) => link.read(text, params)),
  };
}

/** Reads outside of transactions, over a link that is replaced when it is lost. */
function openReaders(url: string): { ask: Ask; running(): number; close(): Promise<void> } {
  let link = open();
  let isClosed = false;
  let running = 0;

  function open(): Link {
    return openLink(url, READERS_MAX, STATEMENT_TIMEOUT_MS, () => {
      if (!isClosed) link = open();
    });
  }

  return {
    /** A read may be asked twice: one that was under way when the link was lost is asked again on the next. */
    async ask(question) {
      if (isClosed) throw new AppError('unavailable', 'the database is closed');
      const used = link;
      running += 1;
      try {
        return await question(used);
      } catch (error) {
        if (isClosed || !used.isLost() || !used.hasAnswered()) throw error;
        return await question(link);
      } finally {
        running -= 1;
      }
    },
    running: () => running,
    async close() {
      isClosed = true;
      await waitUntil(() => running === 0);
      await link.end();
    },
  };
}

/** Waits for what is under way at a close, but not longer than CLOSE_TIMEOUT_MS. */
async function waitUntil(isDone: () => boolean): Promise<void> {
  const deadline = performance.now() + CLOSE_TIMEOUT_MS;
  while (!isDone() && performance.now() < deadline) await Bun.sleep(CLOSE_POLL_MS);
}

/** Hands out links of one connection for transactions, at most SESSIONS_MAX at a time; lost ones are replaced. */
function openSessions(url: string) {
  const idle: Link[] = [];
  const taken = new Set<Link>();
  const waiting: (() => void)[] = [];
  let used = 0;
  let isClosed = false;

  /** Whoever gives a place back hands it on, so that the first to wait is the first to go. */
  function free(): void {
    const next = waiting.shift();
    if (next) next();
    else used -= 1;
  }

  async function take(): Promise<Link> {
    if (used >= SESSIONS_MAX) await new Promise<void>((resolve) => waiting.push(resolve));
    else used += 1;
    if (isClosed) {
      free();
      throw new AppError('unavailable', 'the database is closed');
    }
    let session = idle.pop();
    while (session?.isLost()) session = idle.pop();
    session ??= openLink(url, 1, STATEMENT_TIMEOUT_MS);
    taken.add(session);
    return session;
  }

  function giveBack(session: Link): void {
    taken.delete(session);
    if (session.isLost() || isClosed) void session.end();
    else idle.push(session);
    free();
  }

  return {
    take,
    giveBack,
    activity: () => ({ transactions: taken.size, waiting: waiting.length }),
    /** Ends idle sessions at once and the others after what they run, or after CLOSE_TIMEOUT_MS. */
    async close(): Promise<void> {
      isClosed = true;
      await waitUntil(() => taken.size === 0);
      await Promise.all([...idle, ...taken].map((session) => session.end()));
    },
  };
}

/** A Postgres database. Nothing is dialled before the first statement. */
export function openPostgres(url: string): Database {
  const readers = openReaders(url);
  const sessions = openSessions(url);
  const transactions = createTransactionRunner();
  let closed: Promise<void> | undefined;

  async function transact<T>(
    begin: string,
    work: (connection: Connection) => Promise<T>,
    { mayTakeLong = false }: TransactionOptions = {},
  ): Promise<T> {
    transactions.assertNotNested();
    const session = mayTakeLong ? openLink(url, 1, 0) : await sessions.take();
    try {
      await session.run(begin).catch(async (error: unknown) => {
        await session.end();
        throw error;
      });
      return await transactions.run(
        {
          connection: connectPostgres((question) => question(session)),
          async commit() {
            const { command } = await session.run('commit');
            if (command !== 'COMMIT') throw new Error(`COMMIT was answered with ${command}`);
          },
          async rollback() {
            // A connection that cannot roll back is of no more use; the server does it when the connection ends.
            if (!session.isLost()) await session.run('rollback').catch(() => session.end());
          },
        },
        work,
      );
    } finally {
      if (mayTakeLong) await session.end();
      else sessions.giveBack(session);
    }
  }

  return {
    ...connectPostgres(readers.ask),
    tx: (work, options) => transact('begin', work, options),
    snapshot: (work) => transact('begin isolation level repeatable read read only', work),
    activity: () => ({ reads: readers.running(), ...sessions.activity() }),
    close() {
      closed ??= Promise.all([readers.close(), sessions.close()]).then(() => {});
      return closed;
    },
  };
}
