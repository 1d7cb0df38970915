/**
 * Connections to Postgres that are thrown away once one of them is lost.
 *
 * postgres.js (3.4) mends a lost connection in place, and three things can go wrong then: `begin` sends its ROLLBACK
 * into the closed socket and the process ends with a TypeError; a connection that was lost while a statement waited to
 * be sent never answers again; `end` forgets statements that still wait for a connection. So nothing is sent after the
 * first `onclose`, what has no answer by then fails at once, and whoever needs more opens a new link.
 */
import type * as Postgres from 'postgres';
import type postgres from 'postgres';
import { AppError } from '../errors.ts';
import type { BytesRow, Row } from './connection.ts';
import { codeOf, translate } from './errors.ts';
import { checkParameters } from './parameters.ts';

const CONNECT_TIMEOUT_SECONDS = 5;
/** A statement that takes longer than this is ended by the server: an answer is late enough to be useless by then. */
export const STATEMENT_TIMEOUT_MS = 30_000;
/** A server that says nothing for this much longer hangs, or the network swallows what it says. */
const SILENCE_MS_MAX = 5000;
/** Longer statements (multi-row inserts) come in many shapes; each would stay prepared for the connection's life. */
const PREPARED_CHARACTERS_MAX = 4000;
/** Columns by no name: a plan of these would break when a newer version adds one (0A000), for the connection's life. */
const ALL_COLUMNS = /^\s*select (?:\w+\.)?\*/;
/** A connection ended: a restart, an administrator, the network. */
const LOST_CODES = /^(CONNECTION_\w+|ECONNRESET|EPIPE|57P0[123])$/;

type Parameter = postgres.ParameterOrJSON<never>;

/** The driver, loaded with the first link: a hub on SQLite starts sooner. */
const loadDriver = (): typeof Postgres => require('postgres');

export interface Link {
  /** True once a connection has ended, for whatever reason: nothing more can be run. */
  isLost(): boolean;
  /** True once any statement was answered: the server was there. */
  hasAnswered(): boolean;
  /** Runs one statement. @throws AppError `unavailable`, also for whatever has no answer when the link is lost */
  run(text: string, params?: readonly unknown[]): Promise<postgres.RowList<Row[]>>;
  /** The same, with the rows as they were received. */
  read(text: string, params: readonly unknown[]): Promise<BytesRow[]>;
  /** Ends the connections at once; open transactions are rolled back. Idempotent. */
  end(): Promise<void>;
}

/** A statement that has no answer yet. */
interface Waiting {
  readonly reject: (error: unknown) => void;
  /** Of `performance.now`. */
  readonly since: number;
}

/**
 * Nothing is dialled before the first statement.
 * @param max connections; statements of a transaction need a link of one
 * @param statementTimeoutMs 0 for none
 * @param onLost called once
 */
export function openLink(url: string, max: number, statementTimeoutMs: number, onLost: () => void = () => {}): Link {
  const unanswered = new Set<Waiting>();
  let watching: Timer | undefined;
  let ended: Promise<void> | undefined;
  let hasAnswered = false;
  const silenceMsMax = statementTimeoutMs + SILENCE_MS_MAX;
  const client = loadDriver().default(url, {
    max,
    // A connection is kept until it is lost: postgres.js would end it between two statements of a transaction.
    max_lifetime: null,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    // Its query for array types, which nothing here uses, would end the process when its connection ends.
    fetch_types: false,
    // No statement here runs as long as compiling it takes, whatever the planner fears.
    connection: { application_name: 'contenthub', statement_timeout: statementTimeoutMs, jit: 'off' },
    onnotice: () => {},
    onclose: () => void end(),
  });

  function end(): Promise<void> {
    if (ended !== undefined) return ended;
    ended = client.end({ timeout: 0 });
    clearTimeout(watching);
    for (const { reject } of unanswered) reject(lost());
    unanswered.clear();
    onLost();
    return ended;
  }

  /** Ends the link when whoever has waited longest has waited too long. One timer for all: a statement takes little longer. */
  function watch(): void {
    if (statementTimeoutMs === 0) return;
    const [oldest] = unanswered;
    const waitedMs = oldest === undefined ? 0 : performance.now() - oldest.since;
    if (waitedMs > silenceMsMax) void end();
    else watching = oldest && setTimeout(watch, silenceMsMax - waitedMs + 1).unref();
  }

  function createQuery(text: string, params: readonly unknown[]): postgres.PendingQuery<Row[]> {
    if (ended !== undefined) throw lost();
    checkParameters(params);
    // Parameters went through the columns' own encoders: strings, numbers, booleans and null are what is left.
    const prepare = params.length > 0 && text.length <= PREPARED_CHARACTERS_MAX && !ALL_COLUMNS.test(text);
    return client.unsafe<Row[]>(text, [...params] as Parameter[], { prepare });
  }

  /** Waits for the answer or the end of the link. A query is sent with its first `then`. */
  function send<T>(create: () => PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const query = create();
      const waiting = { reject, since: performance.now() };
      unanswered.add(waiting);
      if (watching === undefined) watch();
      query.then(
        (rows) => {
          unanswered.delete(waiting);
          hasAnswered = true;
          resolve(rows);
        },
        (error: unknown) => {
          unanswered.delete(waiting);
          // The answer to this statement may come before the end of its connection is noticed.
          if (LOST_CODES.test(codeOf(error))) void end();
          reject(translate(error));
        },
      );
    });
  }

  return {
    isLost: () => ended !== undefined,
    hasAnswered: () => hasAnswered,
    run: (text, params = []) => send(() => createQuery(text, params)),
    read: (text, params) => send(() => createQuery(text, params).raw()),
    end,
  };
}

function lost(): AppError {
  return new AppError('unavailable', 'the connection to the database was lost');
}
