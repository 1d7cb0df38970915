import type { App } from '../app.ts';
import { AppError, messageOf } from '../errors.ts';
import type { SecretKeys } from '../web/csrf.ts';
import { watchEventLoop } from '../web/event_loop.ts';
import { createPageCache, type PageCache } from '../web/page_cache.ts';
import type { PageCacheNotices } from '../web/page_cache_notices.ts';
import { createReadiness, type Roles } from '../web/readiness.ts';
import { buildWeb } from '../web/server.ts';

/** A listening process. */
export interface Web {
  /** Where it listens, `http://127.0.0.1:8000`. */
  readonly url: string;
  /** From now on it is not ready; requests are still answered, each as the last of its connection. */
  startStopping(): void;
  /** Stops taking requests and waits for the answers under way. Idempotent. */
  stop(): Promise<void>;
}

const REQUEST_BODY_BYTES_MAX = 1024 * 1024;
const IDLE_TIMEOUT_SECONDS = 30;
/** Time for answers under way at a stop: one that waits for a database that hangs is cut off. */
const STOP_ANSWERS_MS = 2000;
const STOP_POLL_MS = 5;

/**
 * Starts listening: for everything, or without pages for probes and metrics only.
 * @param roles what else runs in this process
 * @throws AppError `unavailable` when the port is taken or forbidden
 */
export async function startWeb(app: App, roles: Roles): Promise<Web> {
  const { host, port, reusePort } = app.config;
  const keys = roles.hasPages ? await openSecretKeys(app) : undefined;
  const readiness = createReadiness(app, roles);
  const cache = createPageCache(app.config.pageCacheMs);
  const notices = roles.hasPages ? await openNotices(app, cache) : undefined;
  let server: Bun.Server<undefined> | undefined;
  const eventLoop = watchEventLoop();
  const handle = buildWeb({ ...app, keys, eventLoop, cache, notices }, readiness, roles, () => server);
  try {
    server = Bun.serve({
      hostname: host,
      port,
      reusePort,
      maxRequestBodySize: REQUEST_BODY_BYTES_MAX,
      idleTimeout: IDLE_TIMEOUT_SECONDS,
      fetch: handle,
    });
  } catch (error) {
    eventLoop.stop();
    notices?.close();
    throw new AppError('unavailable', `cannot listen on ${host} port ${port}: ${reasonOf(error)}`, { cause: error });
  }
  const listening = server;
  let stopped: Promise<void> | undefined;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${listening.port}`,
    startStopping: readiness.startStopping,
    stop() {
      readiness.startStopping();
      eventLoop.stop();
      stopped ??= stopListening(listening).then(() => notices?.close());
      return stopped;
    },
  };
}

/** The keys that forms are signed with, the current one first. @throws AppError `invalid` or `unavailable` without one */
async function openSecretKeys({ config }: App): Promise<SecretKeys> {
  const { secretKey, secretKeyFallbacks } = config;
  if (secretKey !== undefined) return [secretKey, ...secretKeyFallbacks];
  const { openOwnKey } = await import('../config_secret.ts');
  return [openOwnKey(config), ...secretKeyFallbacks];
}

/** Where several processes can edit: without Redis, this one is alone. */
async function openNotices({ config, log }: App, cache: PageCache): Promise<PageCacheNotices | undefined> {
  const address = config.redisUrl ?? config.counterRedis;
  if (address === undefined) return undefined;
  // Loaded here: a hub without Redis starts sooner without its client.
  const { openPageCacheNotices } = await import('../web/page_cache_notices.ts');
  return openPageCacheNotices(address, log, () => cache.clear());
}

/** Lets the answers under way finish. Connections without a request are not waited for: they may stay silent for ever. */
async function stopListening(server: Bun.Server<undefined>): Promise<void> {
  const deadline = performance.now() + STOP_ANSWERS_MS;
  void server.stop();
  while (server.pendingRequests > 0 && performance.now() < deadline) await Bun.sleep(STOP_POLL_MS);
  await server.stop(true);
}

function reasonOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'another program is listening there; name a free one with --port';
  if (code === 'EACCES') return 'not permitted; ports below 1024 are the system’s, name another with --port';
  return messageOf(error);
}
