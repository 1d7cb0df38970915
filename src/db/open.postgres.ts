import { fillPlaceholders, type SQL, type SQLWrapper } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import postgres from 'postgres';
import type { Connection, Database, Prepared, Row } from './connection.ts';
import { translate } from './errors.ts';
import { schema } from './schema.postgres.ts';

const CONNECTIONS_MAX = 10;
const CONNECT_TIMEOUT_SECONDS = 5;
/** A read or edit that takes longer than this is ended by the server: an answer is late enough to be useless by then. */
const STATEMENT_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_SECONDS = 5;

const dialect = new PgDialect();

/** The part of postgres.js that a pool and a transaction share. */
type Runner = Pick<postgres.Sql, 'unsafe'>;
type Parameter = postgres.ParameterOrJSON<never>;

async function run(runner: Runner, text: string, params: unknown[]): Promise<Row[]> {
  try {
    // Parameters went through the columns' own encoders: strings, numbers, booleans and null are what is left.
    return await runner.unsafe<Row[]>(text, params as Parameter[], { prepare: true });
  } catch (error) {
    throw translate(error);
  }
}

function connection(runner: Runner): Connection {
  return {
    dialect: 'postgres',
    tables: schema,
    rows(query: SQLWrapper): Promise<Row[]> {
      const { sql, params } = dialect.sqlToQuery(query.getSQL());
      return run(runner, sql, params);
    },
    prepare(query: SQL): Prepared {
      const { sql, params } = dialect.sqlToQuery(query);
      return (values = {}) => run(runner, sql, fillPlaceholders(params, { ...values }));
    },
  };
}

/** postgres.js over one URL. Nothing is dialled before the first statement. */
export function connectPostgres(
  url: string,
  options: { max?: number; statementTimeoutMs?: number } = {},
): postgres.Sql {
  return postgres(url, {
    max: options.max ?? CONNECTIONS_MAX,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    connection: {
      application_name: 'contenthub',
      statement_timeout: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
    },
    onnotice: () => {},
  });
}

/** A pool on a Postgres database. */
export function openPostgres(url: string): Database {
  const pool = connectPostgres(url);

  async function begin<T>(mode: string, work: (connection: Connection) => Promise<T>): Promise<T> {
    let result: { value: T } | undefined;
    try {
      await pool.begin(mode, async (transaction) => {
        result = { value: await work(connection(transaction)) };
      });
    } catch (error) {
      throw translate(error);
    }
    if (result === undefined) throw new Error('a transaction ended without a result');
    return result.value;
  }

  return {
    ...connection(pool),
    tx: (work) => begin('', work),
    snapshot: (work) => begin('isolation level repeatable read read only', work),
    close: () => pool.end({ timeout: CLOSE_TIMEOUT_SECONDS }),
  };
}
