/** Where a Redis is, as the settings name it. */
export interface RedisAddress {
  readonly kind: 'single' | 'cluster' | 'sentinel';
  /** The server; any nodes of a cluster; the sentinels. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number;
  readonly tls: boolean;
  /** The name under which sentinels know the server. */
  readonly master: string | undefined;
}

const SCHEME = /^redis(s?)(?:\+(cluster|sentinel))?:\/\/(?:([^@]*)@)?([^/?#]+)(?:\/([^?#]*))?$/i;
const DB_MAX = 1_000_000;
const EXPECTED =
  'expected redis://USER:PASSWORD@HOST:PORT/DB (special characters percent-encoded), rediss://… with TLS, redis+cluster://HOST:PORT,HOST:PORT or redis+sentinel://HOST:PORT,HOST:PORT/MASTER';

/** Reads a Redis URL. @throws Error whose message never contains the URL: it may hold a password */
export function parseRedisAddress(text: string): RedisAddress {
  const [, secure, mode, credentials, hosts = '', path = ''] = SCHEME.exec(text) ?? [];
  if (hosts === '') throw new Error(EXPECTED);
  const kind = mode === undefined ? 'single' : mode.toLowerCase() === 'cluster' ? 'cluster' : 'sentinel';
  const isSentinel = kind === 'sentinel';
  const nodes = hosts.split(',').map((host) => parseNode(host, isSentinel ? 26379 : 6379));
  if (kind === 'single' && nodes.length > 1) throw new Error(EXPECTED);
  const parts = path.split('/').filter((part) => part !== '');
  const master = isSentinel ? parts.shift() : undefined;
  if (isSentinel && master === undefined) throw new Error('expected redis+sentinel://HOST:PORT/MASTER, got no master');
  const [number = '0', ...surplus] = parts;
  const db = /^\d{1,7}$/.test(number) ? Number(number) : Number.NaN;
  if (surplus.length > 0 || !(db <= DB_MAX)) throw new Error(EXPECTED);
  if (kind === 'cluster' && db !== 0) throw new Error('a Redis Cluster has database 0 only');
  return { kind, nodes, ...parseCredentials(credentials), db, tls: secure !== '', master };
}

function parseNode(text: string, portDefault: number): { host: string; port: number } {
  const [, host = '', portText] = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(text.trim()) ?? [];
  const port = portText === undefined ? portDefault : Number(portText);
  if (!/^(\[[0-9a-f:.]+\]|[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?)$/i.test(host) || port < 1 || port > 65_535) {
    throw new Error(EXPECTED);
  }
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port };
}

function parseCredentials(text: string | undefined): Pick<RedisAddress, 'username' | 'password'> {
  if (text === undefined || text === '') return { username: undefined, password: undefined };
  const colon = text.indexOf(':');
  const [name, secret] = colon === -1 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  try {
    const [username, password] = [decodeURIComponent(name), decodeURIComponent(secret)];
    return { username: username === '' ? undefined : username, password: password === '' ? undefined : password };
  } catch {
    throw new Error(EXPECTED);
  }
}

/** The address for people: without user and password. */
export function describeRedis({ kind, nodes, tls, master, db }: RedisAddress): string {
  const hosts = nodes.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',');
  const mode = kind === 'single' ? '' : `+${kind}`;
  const path = [...(master === undefined ? [] : [master]), ...(db === 0 ? [] : [String(db)])];
  return `redis${tls ? 's' : ''}${mode}://${[hosts, ...path].join('/')}`;
}
