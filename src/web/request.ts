import { isIP, readNetworks } from '../addresses.ts';

/** The part of Bun's server that tells who is at the other end, and what is under way. */
export interface Listener {
  requestIP(request: Request): { readonly address: string } | null;
  readonly pendingRequests: number;
}

/** Where a request came from, as far as it can be believed. */
export interface RequestOrigin {
  /** `http://example.org`: scheme and host for absolute links. */
  baseUrl(request: Request): string;
  /** The host a request names, with its port; '' when it names none. */
  hostOf(request: Request): string;
  /**
   * The address of the client: of the forwarded ones the right-most that is no trusted proxy; the peer's when that one is
   * no address, '' when nothing is known.
   */
  clientAddress(request: Request): string;
  /** True when a request names a host this hub answers to. */
  isHostAllowed(request: Request): boolean;
}

/**
 * Reads scheme and host. Forwarded headers count only when the peer is a trusted proxy, and of a list the last entry,
 * the one that proxy wrote.
 * @param addressOf the address of the peer a request came from, where it is known
 */
export function readOrigins(
  settings: { readonly allowedHosts: readonly string[]; readonly trustedProxies: readonly string[] },
  addressOf: (request: Request) => string | undefined,
): RequestOrigin {
  const proxies = settings.trustedProxies;
  const isTrusted = proxies.length > 0 ? readNetworks(proxies) : undefined;
  const exact = new Set(settings.allowedHosts);
  const suffixes = settings.allowedHosts.filter((host) => host.startsWith('.'));

  function isProxy(address: string | undefined): boolean {
    return isTrusted !== undefined && address !== undefined && isTrusted(address);
  }

  const peerOf = (request: Request): string | undefined => addressOf(request)?.replace(MAPPED, '');
  // Without proxies nobody is asked who the peer is.
  const isFromProxy = (request: Request): boolean => isTrusted !== undefined && isProxy(peerOf(request));

  const forwarded = (request: Request, header: string): string | undefined =>
    isFromProxy(request) ? request.headers.get(header)?.split(',').at(-1)?.trim() : undefined;

  const hostOf = (request: Request): string =>
    forwarded(request, 'x-forwarded-host') ?? request.headers.get('host') ?? '';

  function isAllowed(host: string): boolean {
    const name = host
      .toLowerCase()
      .match(/^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/)?.[1]
      ?.replace(/\.$/, '');
    if (name === undefined || name === '') return false;
    return (
      exact.has('*') || exact.has(name) || suffixes.some((suffix) => name.endsWith(suffix) || name === suffix.slice(1))
    );
  }
  /** The host that was allowed last: nearly all requests name the same. */
  let allowed: string | undefined;

  return {
    hostOf,
    baseUrl(request) {
      const scheme = forwarded(request, 'x-forwarded-proto') === 'https' ? 'https' : 'http';
      return `${scheme}://${hostOf(request)}`;
    },
    clientAddress(request) {
      const peer = peerOf(request);
      if (!isProxy(peer)) return peer ?? '';
      const hops = (request.headers.get('x-forwarded-for') ?? '').split(',').map(withoutPort);
      // What stands left of it, even where it cannot be read, the client may have written.
      const client = hops.findLast((hop) => !isProxy(hop)) ?? '';
      return isIP(client) === 0 ? (peer ?? '') : client;
    },
    isHostAllowed(request) {
      const host = hostOf(request);
      if (host === allowed) return true;
      if (!isAllowed(host)) return false;
      allowed = host;
      return true;
    },
  };
}

/** What stands before an IPv4 address where IPv6 is spoken. */
const MAPPED = /^::ffff:(?=\d+\.)/i;

/** A hop's address; some proxies write the port too: `203.0.113.7:5123`, `[2001:db8::7]:5123`. */
function withoutPort(hop: string): string {
  const [, four, six] = /^(?:(\d+\.\d+\.\d+\.\d+):\d+|\[([^\]]+)\](?::\d+)?)$/.exec(hop.trim()) ?? [];
  return (four ?? six ?? hop.trim()).replace(MAPPED, '');
}

let counter = 0;
const PROCESS_ID = crypto.randomUUID().slice(0, 8);
const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Of requests that are asked for theirs more than once. */
const ids = new WeakMap<Request, string>();

/**
 * The id a request is logged and answered under, always the same: the client's or the proxy's own when it is sane, else a
 * new one.
 */
export function requestId(request: Request): string {
  const id = finalRequestId(request);
  ids.set(request, id);
  return id;
}

/** The same for whoever asks last, and nobody after: it is not remembered. */
export function finalRequestId(request: Request): string {
  const given = request.headers.get('x-request-id');
  if (given !== null && REQUEST_ID.test(given)) return given;
  const known = ids.get(request);
  if (known !== undefined) return known;
  counter += 1;
  return `${PROCESS_ID}-${counter.toString(36)}`;
}

/** The raw query of a URL, without `?` and fragment. */
export function queryOf(url: string): string {
  const start = url.indexOf('?');
  if (start === -1) return '';
  const end = url.indexOf('#', start);
  return end === -1 ? url.slice(start + 1) : url.slice(start + 1, end);
}

/** The raw path of a URL, which may be without scheme and host; percent-encoding kept. */
export function pathOf(url: string): string {
  const start = url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('://') + 3);
  const query = url.indexOf('?', start);
  const fragment = url.indexOf('#', start);
  if (fragment !== -1 && (query === -1 || fragment < query)) return url.slice(start, fragment);
  return query === -1 ? url.slice(start) : url.slice(start, query);
}

const SECRET_PATH = /^\/admin\/reset\/./;

/** True for an address that opens a door to whoever knows it: it goes into no log and no `Referer`. */
export function isSecretPath(path: string): boolean {
  return SECRET_PATH.test(path);
}

/** The path of a request for the log. */
export function printablePath(request: Request): string {
  const path = pathOf(request.url);
  return isSecretPath(path) ? '/admin/reset/…' : path;
}
