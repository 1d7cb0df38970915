/** The counting pipeline's Redis as one thing: its connections, its keys, and what is in it. */
import { AppError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { describeRedis, type RedisAddress } from '../redis_address.ts';
import { createKeys, type Keys } from './keys.ts';
import { openRedis, type RedisConnection } from './redis.ts';
import { findProblems, findRisk, readServerState } from './server_state.ts';

/** How the pipeline's Redis is; without problems and risk while it is away. */
export interface Inspection {
  /** Why views cannot be counted there, each with what to do. */
  readonly problems: readonly string[];
  /** What its crash may cost. */
  readonly risk: string | undefined;
}

export interface Pipeline {
  readonly keys: Keys;
  /** Opens a connection that ends with the pipeline at the latest. @param commandTimeoutMs how long one command may take */
  open(purpose: string, commandTimeoutMs?: number): RedisConnection;
  /** Opens one and waits until it is there, once. @throws AppError `unavailable` */
  dial(purpose: string, commandTimeoutMs?: number): Promise<RedisConnection>;
  /** A connection for looking: metrics, probes, commands. */
  observe(): RedisConnection;
  /**
   * Looks at the server, waiting some seconds for it.
   * @throws AppError `unavailable` when it refuses us, or is away and must be there
   */
  inspect(presence: 'must be there' | 'may be away'): Promise<Inspection>;
  close(): void;
}

/** How long a start waits for Redis. */
const START_WAIT_MS = 5000;
const START_POLL_MS = 100;
/** What no waiting mends: a wrong password, a user without permission. */
const REFUSED = /\b(WRONGPASS|NOAUTH|NOPERM|ERR AUTH|invalid username-password)/i;

export function openPipeline(address: RedisAddress, prefix: string, log: Log, allowEviction: boolean): Pipeline {
  const keys = createKeys(prefix);
  const connections = new Set<RedisConnection>();
  let observer: RedisConnection | undefined;

  function create(purpose: string, commandTimeoutMs: number | undefined): RedisConnection {
    const timeout = commandTimeoutMs === undefined ? {} : { commandTimeoutMs };
    const connection = openRedis(address, log, { purpose, key: keys.queue, ...timeout });
    connections.add(connection);
    return {
      ...connection,
      close() {
        connections.delete(connection);
        connection.close();
      },
    };
  }

  function open(purpose: string, commandTimeoutMs?: number): RedisConnection {
    const connection = create(purpose, commandTimeoutMs);
    // It goes on trying by itself, and says in the log why it cannot.
    connection.connect().catch(() => {});
    return connection;
  }

  async function dial(purpose: string, commandTimeoutMs?: number): Promise<RedisConnection> {
    const connection = create(purpose, commandTimeoutMs);
    try {
      await connection.connect();
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  function observe(): RedisConnection {
    observer ??= open('observe');
    return observer;
  }

  async function inspect(presence: 'must be there' | 'may be away'): Promise<Inspection> {
    const deadline = performance.now() + START_WAIT_MS;
    for (;;) {
      try {
        await observe()
          .connect()
          .catch(() => {});
        const server = await readServerState(observe().node());
        return { problems: findProblems(server, allowEviction), risk: findRisk(server) };
      } catch (error) {
        const reason = messageOf(error);
        const refusal = REFUSED.exec(reason);
        if (refusal !== null) {
          const said = reason.slice(refusal.index);
          throw new AppError('unavailable', `Redis at ${describeRedis(address)} refuses this program: ${said}`);
        }
        if (performance.now() > deadline) {
          if (presence === 'may be away') return { problems: [], risk: undefined };
          throw error;
        }
        await Bun.sleep(START_POLL_MS);
      }
    }
  }

  return {
    keys,
    open,
    dial,
    observe,
    inspect,
    close() {
      for (const connection of connections) connection.close();
    },
  };
}
