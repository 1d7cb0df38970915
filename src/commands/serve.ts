import { type App, openApp } from '../app.ts';
import type { Config, Environment } from '../config.ts';
import { AppError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Role, startWeb } from '../roles/web.ts';
import { type Arguments, type Option, UsageError } from './arguments.ts';

export const serveOptions: readonly Option[] = [
  {
    name: 'web',
    help: 'serve the API and its documentation; alone only beside a Redis, which this version cannot use',
  },
  { name: 'worker', help: 'take views from the queue; as --web' },
  { name: 'beat', help: 'write counted views to the database each second; as --web' },
  { name: 'host', value: 'H', help: 'the address to listen on (HOST)' },
  { name: 'port', value: 'N', help: 'the port to listen on (PORT)' },
];

const ROLES = ['web', 'worker', 'beat'] as const;

/** The settings that stand on the command line. */
export function flagSettings(given: Arguments): Environment {
  const host = given.value('host');
  const port = given.value('port');
  return { ...(host !== undefined && { HOST: host }), ...(port !== undefined && { PORT: port }) };
}

/** Running roles and what they run on. */
export interface Hub {
  readonly url: string;
  /** Stops cleanly. @returns the number of views that could not be stored */
  stop(): Promise<number>;
}

/**
 * Opens the program and starts its roles.
 * @throws UsageError when a part of a hub is asked for and there is no Redis to connect the parts
 */
export async function startHub(given: Arguments, config: Config, log: Log): Promise<Hub> {
  const [word] = given.positionals;
  if (word !== undefined) throw new UsageError(`unexpected "${word}"; see --help`);
  const named = ROLES.filter((role) => given.has(role));
  const hasAllRoles = named.length === 0 || named.length === ROLES.length;
  if (!hasAllRoles && config.redisUrl === undefined) {
    const roles = named.map((role) => `--${role}`).join(' ');
    throw new UsageError(
      `${roles}: separate roles need REDIS_URL to reach each other; without Redis, name none to run all in one process`,
    );
  }
  const app: App = await openApp(config, log, { hasAllRoles });
  let web: Role;
  try {
    web = startWeb(app);
  } catch (error) {
    await app.close();
    throw error;
  }
  return {
    url: web.url,
    async stop() {
      await web.stop();
      return app.close();
    },
  };
}

/** What a terminal shows once the hub serves. */
export function describeHub(url: string): string {
  return `ContentHub serves on ${url}
  pages          ${url}/api/v1/pages/
  documentation  ${url}/api/docs/  ${url}/api/redoc/
  schema         ${url}/api/schema/
Stop with Ctrl-C.
`;
}

/** @throws AppError when views were left behind */
export function assertNothingLeft(left: number): void {
  if (left > 0)
    throw new AppError('unavailable', `stopped, but ${left} view(s) could not be stored: the database was away`);
}
