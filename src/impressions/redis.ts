/**
 * Connections to the Redis of the counting pipeline.
 *
 * Nothing is kept for later: a command fails at once when the connection is down, and what was under way when it broke
 * fails too instead of being sent again. Whoever sent it knows best whether to repeat it, and under which id.
 */
import { Cluster, type ClusterNode, Redis, type RedisOptions } from 'ioredis';
import { AppError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { countFault } from '../metrics.ts';
import { within } from '../pause.ts';
import { describeRedis, type RedisAddress } from '../redis_address.ts';
import { nodeOf } from './cluster.ts';

export interface RedisConnection {
  /**
   * The connection to the one server that holds the pipeline's keys: a write through it and a question about that
   * write go the same way.
   * @throws AppError `unavailable` while there is none
   */
  node(): Redis;
  /** Grows with every connection that was lost: equal before and after means that nothing was in between. */
  losses(): number;
  isUp(): boolean;
  /** Connects, the first time it is asked to. @throws AppError `unavailable` when that failed; it goes on trying */
  connect(): Promise<void>;
  /** Ends the connection at once. Idempotent. */
  close(): void;
}

const CONNECT_TIMEOUT_MS = 5000;
/** A server that has said nothing for this long after a command is taken for gone: a new connection is made. */
const SILENCE_MS_MAX = 5000;
/** Different reasons logged for one connection until it is back. */
const REASONS_TOLD_MAX = 20;
const RECONNECT_MS_MIN = 50;
const RECONNECT_MS_MAX = 1000;
/** How long a slot of a cluster that moved to another node is looked for at the old one. */
const SLOTS_REFRESH_MS = 5000;

/** How long a command waits for its reply, unless the connection's purpose needs another time. */
const COMMAND_TIMEOUT_MS = 1000;

/**
 * Opens a connection that goes on reconnecting by itself until it is closed. Nothing is dialled before `connect`.
 * @param purpose part of the connection's name (`CLIENT LIST`)
 * @param key a key of the pipeline: on a cluster it says which node is meant
 */
export function openRedis(
  address: RedisAddress,
  log: Log,
  options: { readonly purpose: string; readonly key: string; readonly commandTimeoutMs?: number },
): RedisConnection {
  const { purpose, key } = options;
  const client = openClient(address, purpose, {
    commandTimeout: options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS,
    socketTimeout: SILENCE_MS_MAX,
  });
  let losses = 0;
  let isClosed = false;
  let failure = '';
  const toldReasons = new Set<string>();
  let connecting: Promise<void> | undefined;

  function noteFailure(error: unknown): void {
    countFault('redis');
    // Without the time until the next attempt, which is another each time.
    const message = messageOf(error).replace(/ Retrying from scratch after [\d.]+ms\./, '');
    // Once for each new reason: they repeat with every attempt to connect, and on a cluster take turns.
    const isTold = toldReasons.has(message) || toldReasons.size === REASONS_TOLD_MAX;
    if (!isTold && !isClosed) log.warn('Redis is away', { connection: purpose, error: message });
    if (!isTold) toldReasons.add(message);
    failure = message;
  }

  /** The client itself asks sentinels that are away for ever. */
  async function connectOnce(): Promise<void> {
    const connected = client.connect();
    connected.catch(() => {});
    await within(CONNECT_TIMEOUT_MS, connected);
    if (client.status !== 'ready') throw new Error('not connected');
  }

  client.on('error', noteFailure);
  client.on('node error', noteFailure);
  client.on('ready', () => {
    if (failure !== '') log.info('Redis is back', { connection: purpose });
    failure = '';
    toldReasons.clear();
  });
  client.on('close', () => {
    losses += 1;
  });
  // A cluster closes as a whole only when it has lost all of its nodes.
  client.on('+node', (node: Redis) => {
    node.on('close', () => {
      losses += 1;
    });
  });

  return {
    node() {
      const node = client instanceof Cluster ? nodeOf(client, key) : client;
      // A cluster's client dials a node when it is first needed.
      if (node?.status === 'wait') node.connect().catch(noteFailure);
      if (node?.status !== 'ready') throw unavailable(address, failure === '' ? 'not connected' : failure);
      return node;
    },
    losses: () => losses,
    isUp: () => client.status === 'ready',
    connect() {
      connecting ??= connectOnce().catch((error: unknown) => {
        throw unavailable(address, failure === '' ? messageOf(error) : failure, error);
      });
      return connecting;
    },
    close() {
      isClosed = true;
      client.disconnect();
    },
  };
}

type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

/**
 * A client as ioredis makes it, for one server, a cluster or what sentinels name. Nothing is dialled before `connect`.
 * @param purpose part of the connection's name (`CLIENT LIST`)
 */
export function openClient(address: RedisAddress, purpose: string, options: ClientOptions): Redis | Cluster {
  const { kind, nodes, username, password, db, tls, master } = address;
  const own: ClientOptions = {
    lazyConnect: true,
    enableOfflineQueue: false,
    // What is under way when a connection ends fails at that moment.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: reconnectDelay,
    // A server that became a replica, or does not serve yet: another connection may lead to one that does.
    reconnectOnError: (error) => (/^(READONLY|LOADING|MASTERDOWN)/.test(error.message) ? 1 : false),
    connectionName: `contenthub-${purpose}`,
    disableClientInfo: true,
    protocol: 2,
    ...options,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: {} }),
  };
  if (kind === 'cluster') {
    const { retryStrategy: _, ...redisOptions } = own;
    return new Cluster([...nodes] as ClusterNode[], {
      redisOptions,
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: reconnectDelay,
      clusterNodeRetryStrategy: reconnectDelay,
      slotsRefreshInterval: SLOTS_REFRESH_MS,
      // Names and not addresses: certificates are checked against them.
      ...(tls && { dnsLookup: (name, callback) => callback(null, name) }),
    });
  }
  if (kind === 'sentinel') {
    return new Redis({
      ...own,
      db,
      sentinels: [...nodes],
      ...(master !== undefined && { name: master }),
      ...(tls && { enableTLSForSentinelMode: true }),
      sentinelRetryStrategy: reconnectDelay,
      failoverDetector: true,
    });
  }
  const [node] = nodes;
  return new Redis({ ...own, db, host: node?.host ?? 'localhost', port: node?.port ?? 6379 });
}

function reconnectDelay(attempt: number): number {
  return Math.min(RECONNECT_MS_MIN * 2 ** Math.min(attempt, 10), RECONNECT_MS_MAX) * (0.5 + Math.random() / 2);
}

function unavailable(address: RedisAddress, reason: string, cause?: unknown): AppError {
  return new AppError('unavailable', `Redis at ${describeRedis(address)} is not available: ${reason}`, { cause });
}
