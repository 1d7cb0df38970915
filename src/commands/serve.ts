import { type App, openApp } from '../app.ts';
import type { Config, Environment } from '../config.ts';
import { AppError } from '../errors.ts';
import { createFailpoints } from '../failpoints.ts';
import type { Log } from '../log.ts';
import { startBeat } from '../roles/beat.ts';
import { startWeb } from '../roles/web.ts';
import { startWorker } from '../roles/worker.ts';
import { type Arguments, type Option, UsageError } from './arguments.ts';

/** For the fault tests, and refused by `check --deploy`. */
export const failpointsOption: Option = {
  name: 'unsafe-failpoints',
  value: 'LIST',
  help: 'for tests only: PLACE=kill|stop|error|wait:MS[@TIME],…',
};

export const serveOptions: readonly Option[] = [
  {
    name: 'web',
    help: 'serve the API, its documentation and the admin',
  },
  { name: 'worker', help: 'take views from the queue in Redis and count them' },
  { name: 'beat', help: 'bring counted views into the database each second, and clean up' },
  { name: 'host', value: 'H', help: 'the address to listen on (HOST)' },
  {
    name: 'port',
    value: 'N',
    help: 'the port to listen on (PORT); a worker or beat alone listens only when one is named',
  },
  failpointsOption,
];

const ROLES = ['web', 'worker', 'beat'] as const;

/** A proxy that asks for readiness each second has noticed by then, and idle connections have had their last answer. */
const GRACE_MS = 2000;

const WAITING_FOR_DISK = 'counted views wait in Redis for the next start: Redis has not written them to its disk yet';

/** The settings that stand on the command line. */
export function flagSettings(given: Arguments): Environment {
  const host = given.value('host');
  const port = given.value('port');
  return { ...(host !== undefined && { HOST: host }), ...(port !== undefined && { PORT: port }) };
}

function rolesOf(given: Arguments): readonly (typeof ROLES)[number][] {
  const named = ROLES.filter((role) => given.has(role));
  return named.length === 0 ? ROLES : named;
}

/** True when pages are among what the named roles do. */
export function servesPages(given: Arguments): boolean {
  return rolesOf(given).includes('web');
}

/** Running roles and what they run on. */
export interface Hub {
  /** Where it listens; undefined for a worker or beat without a port. */
  readonly url: string | undefined;
  /**
   * How long it should go on serving after `startStopping`, in ms, until a proxy sends its requests elsewhere; 0 where
   * nobody else could take them.
   */
  readonly graceMs: number;
  /** From now on it is not ready. All else goes on. */
  startStopping(): void;
  /** Stops cleanly. Idempotent. @returns what is left undone, in words; '' when nothing is */
  stop(): Promise<string>;
}

/**
 * Opens the program and starts its roles.
 * @param signal sends a signal to this process, for failpoints
 * @throws UsageError when a part of a hub is asked for and there is no Redis to connect the parts
 */
export async function startHub(
  given: Arguments,
  config: Config,
  log: Log,
  signal: (name: 'SIGKILL' | 'SIGSTOP') => void,
): Promise<Hub> {
  const [word] = given.positionals;
  if (word !== undefined) throw new UsageError(`unexpected "${word}"; see --help`);
  const roles = rolesOf(given);
  const hasAllRoles = roles.length === ROLES.length;
  if (!hasAllRoles && config.counterRedis === undefined) {
    const flags = roles.map((role) => `--${role}`).join(' ');
    throw new UsageError(
      `${flags}: separate roles need REDIS_URL to reach each other; without Redis, name none to run all in one process`,
    );
  }
  const failpoints = given.value('unsafe-failpoints');
  const app = await openApp(config, log, {
    hasAllRoles,
    hasWeb: roles.includes('web'),
    ...(failpoints !== undefined && { reach: createFailpoints(failpoints, signal) }),
  });
  try {
    return await startRoles(app, roles, hasAllRoles);
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function startRoles(app: App, roles: readonly (typeof ROLES)[number][], hasAllRoles: boolean): Promise<Hub> {
  const running = { hasPages: roles.includes('web') };
  // First, because it alone can fail: its port may be taken.
  const web = running.hasPages || app.config.isPortNamed ? await startWeb(app, running) : undefined;
  const worker = roles.includes('worker') && app.pipeline !== undefined ? startWorker(app) : undefined;
  const beat = roles.includes('beat') ? startBeat(app) : undefined;
  Object.assign(running, { worker, beat });

  async function stop(): Promise<string> {
    web?.startStopping();
    // The beat begins nothing more from here on; what it has under way need not hold up the listener.
    await Promise.all([beat?.stop(), web?.stop()]);
    const left = await app.stopRecording();
    await worker?.stop({ drain: hasAllRoles });
    const outcome = hasAllRoles ? await beat?.flushOnce() : undefined;
    // Nothing is wrong and nothing can be lost: the next start takes them up.
    if (outcome === 'held') app.log.warn(WAITING_FOR_DISK);
    await app.close();
    return describeLeft(left, outcome === 'failed', app.pipeline !== undefined);
  }
  let stopped: Promise<string> | undefined;
  return {
    url: web?.url,
    graceMs: running.hasPages && mayHaveOthers(app, hasAllRoles) ? GRACE_MS : 0,
    startStopping: () => web?.startStopping(),
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** Whether other processes may serve the same pages: a part of a hub has others beside it, and a proxy may know some. */
function mayHaveOthers({ config }: App, hasAllRoles: boolean): boolean {
  return !hasAllRoles || config.trustedProxies.length > 0;
}

function describeLeft(left: number, isWaiting: boolean, hasRedis: boolean): string {
  if (left > 0) {
    return hasRedis
      ? `${left} view(s) could not be pushed: Redis was away`
      : `${left} view(s) could not be stored: the database was away`;
  }
  return isWaiting ? 'counted views wait in Redis for the next start: they could not be brought into the database' : '';
}

/** What a terminal shows once the hub serves. */
export function describeHub(url: string): string {
  return `ContentHub serves on ${url}
  admin          ${url}/admin/
  pages          ${url}/api/v1/pages/
  documentation  ${url}/api/docs/  ${url}/api/redoc/
  schema         ${url}/api/schema/
Stop with Ctrl-C.
`;
}

/** @throws AppError naming what is left undone */
export function assertNothingLeft(left: string): void {
  if (left !== '') throw new AppError('unavailable', `stopped, but ${left}`);
}
