import type { Config } from '../config.ts';
import { isKeyExposed, secretKeyProblem } from '../config_secret.ts';
import { describeRedis } from '../redis_address.ts';

const MAKE_KEY = 'make one with: openssl rand -base64 48';

/** Weaknesses that are fine on a desk and not on the internet, one sentence each. */
export function deployProblems(config: Config): string[] {
  return [
    ...keyProblems(config),
    ...exposureProblems(config),
    ...transportProblems(config),
    ...postgresProblems(config),
    ...countingProblems(config),
  ];
}

/** Whether forms can be forged, and whether all processes know the same ones. */
function keyProblems(config: Config): string[] {
  const { secretKey, secretKeyFallbacks, counterRedis, database } = config;
  const problems: string[] = [];
  const weak = secretKey === undefined ? undefined : secretKeyProblem(secretKey);
  if (weak !== undefined) problems.push(`SECRET_KEY ${weak}: ${MAKE_KEY}`);
  if (secretKeyFallbacks.some((key) => secretKeyProblem(key) !== undefined))
    problems.push(
      'SECRET_KEY_FALLBACKS has a key that is no random text: forms signed with it are accepted, remove it',
    );
  if (secretKey === undefined && (counterRedis !== undefined || database.dialect === 'postgres'))
    problems.push(`SECRET_KEY is missing: hubs on one database must have the same; ${MAKE_KEY}`);
  if (isKeyExposed(config)) problems.push('DATA_DIR/secret_key can be read by other users of this machine: chmod 600');
  return problems;
}

function exposureProblems(config: Config): string[] {
  const problems: string[] = [];
  if (config.debug) problems.push('DEBUG is on: every web origin may read the API and everything is logged');
  if (config.allowedHosts.includes('*'))
    problems.push('ALLOWED_HOSTS is *: links are built for any name a client sends');
  if (config.allowedHosts.every((host) => ['localhost', '127.0.0.1', '[::1]'].includes(host))) {
    problems.push('ALLOWED_HOSTS names this machine only: set the public host name');
  }
  return problems;
}

/** Whether passwords and cookies travel encrypted. Only a proxy speaks https, so it must be believed. */
function transportProblems({ insecureCookies, trustedProxies }: Config): string[] {
  const problems: string[] = [];
  if (insecureCookies) problems.push('INSECURE_COOKIES is on: passwords and cookies may travel over plain http');
  if (trustedProxies.length === 0) {
    problems.push(
      'TRUSTED_PROXIES is empty: no request counts as https, so nobody can log in from elsewhere and browsers are not told to stay on https (HSTS)',
    );
  }
  if (trustedProxies.some((network) => network.endsWith('/0')))
    problems.push('TRUSTED_PROXIES believes everybody: name the proxy alone');
  return problems;
}

/** Docker's networks, too, are another host: only the operator knows whether anybody else is on the way. */
const PRIVATE_NETWORK = 'unless the network between them is yours alone (docs/operating.md, Private networks)';

function postgresProblems({ database, usePostgres }: Config): string[] {
  if (database.dialect !== 'postgres') return [];
  const url = new URL(database.url);
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  const mode = url.searchParams.get('sslmode') ?? url.searchParams.get('ssl') ?? 'disable';
  const isPlain = !isLocal && ['disable', 'allow', 'prefer', 'false'].includes(mode);
  if (!isPlain) return [];
  const [name, remedy] = usePostgres
    ? ['POSTGRES_HOST', 'name it by DATABASE_URL=postgres://…?sslmode=verify-full instead']
    : ['DATABASE_URL', 'add ?sslmode=verify-full'];
  return [`${name} reaches Postgres on another host without TLS: ${remedy}, ${PRIVATE_NETWORK}`];
}

function countingProblems(config: Config): string[] {
  const problems: string[] = [];
  if (config.allowEviction) problems.push('ALLOW_EVICTION is on: Redis may evict views that wait');
  if (config.flushGate === 'off') problems.push('FLUSH_GATE is off: a crash of Redis may count views twice');
  for (const redis of [config.redisUrl, config.counterRedis]) {
    const isForeign = redis?.nodes.some(({ host }) => !['localhost', '127.0.0.1', '::1'].includes(host)) ?? false;
    const sentence = `Redis at ${redis === undefined ? '' : describeRedis(redis)} is on another host and needs no password: give it one (requirepass)`;
    if (isForeign && redis?.password === undefined && !problems.includes(sentence)) problems.push(sentence);
  }
  return problems;
}
