/**
 * Where the tests get Redis from: the one that is installed, and Redis 8, which has what 7.0 has not (`WAITAOF`).
 *
 * The installed one is whatever `redis-server` this machine has. Debian and Ubuntu get it by installing `redis-tools`: that package
 * holds the server's program (under the name `redis-check-rdb`: it goes by the name it is called by) but no service that would start.
 *
 * Redis 8 comes from Debian 13, with its own C library, so that it runs on older systems: packages that apt-get has fetched into
 * `node_modules/.cache`, with sources and state of their own, and checked against Debian's keys. Nothing is installed.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache');
const COMMAND_MS_MAX = 180_000;
const DOWNLOAD_SILENCE_SECONDS_MAX = 10;

const KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';
const DEBIAN = 'http://deb.debian.org/debian';
/** `redis-tools` and every library it loads, down to the C library. */
const PACKAGES = [
  ...['redis-tools', 'libc6', 'libgcc-s1', 'libstdc++6', 'libatomic1', 'libjemalloc2', 'liblzf1'],
  ...['libssl3t64', 'zlib1g', 'libzstd1', 'libsystemd0', 'libcap2'],
];
const ARCHITECTURES: Partial<Record<NodeJS.Architecture, { debian: string; triplet: string }>> = {
  x64: { debian: 'amd64', triplet: 'x86_64-linux-gnu' },
  arm64: { debian: 'arm64', triplet: 'aarch64-linux-gnu' },
};

const HOW_TO_GET_IT =
  'install it (apt-get install redis-tools, brew install redis) or set TEST_REDIS_SERVER to the path of a redis-server';

/** A program to start: called with Redis's own arguments, it stays the same process. */
export interface RedisBinary {
  readonly kind: 'found';
  readonly path: string;
  readonly version: string;
  /** The redis-cli beside it, if there is one. */
  readonly cli: string | undefined;
}

/** Why it cannot be had here: a sentence for the name of a skipped test. */
export interface MissingRedis {
  readonly kind: 'missing';
  readonly reason: string;
}

class Unavailable extends Error {}

/** What one attempt has come to: without a network it takes seconds. */
let redis8: RedisBinary | MissingRedis | undefined;

/** Reads TEST_REDIS_SERVER first. @throws Error of one line, saying how to get Redis, when there is none and it cannot be installed */
export async function findRedis(version: 'installed'): Promise<RedisBinary>;
/** Reads TEST_REDIS_8 and TEST_REDIS_8_MISSING first. @throws Error when TEST_REDIS_8 is none */
export async function findRedis(version: '8'): Promise<RedisBinary | MissingRedis>;
export async function findRedis(version: 'installed' | '8'): Promise<RedisBinary | MissingRedis> {
  if (version === 'installed') {
    const path = process.env.TEST_REDIS_SERVER;
    if (path) return checked(path, 'TEST_REDIS_SERVER', 7);
    return findInstalled(7) ?? install();
  }
  const path = process.env.TEST_REDIS_8;
  if (path) return checked(path, 'TEST_REDIS_8', 8);
  const reason = process.env.TEST_REDIS_8_MISSING;
  if (reason) return { kind: 'missing', reason };
  redis8 ??= findRedis8();
  return redis8;
}

function findRedis8(): RedisBinary | MissingRedis {
  try {
    return findInstalled(8) ?? fetchRedis8();
  } catch (error) {
    if (error instanceof Unavailable) return { kind: 'missing', reason: error.message };
    throw error;
  }
}

function checked(path: string, variable: string, major: number): RedisBinary {
  const binary = inspect(path, major);
  if (!binary) throw new Error(`${variable} is no Redis ${major} or newer: ${path}`);
  return binary;
}

/** Asks the program at that path for its version. Nothing when there is none, or it is older than that. */
function inspect(path: string, major: number): RedisBinary | undefined {
  const asked = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: COMMAND_MS_MAX });
  const version = asked.status === 0 ? asked.stdout.match(/^Redis server v=(\S+)/)?.[1] : undefined;
  if (version === undefined || Number.parseInt(version, 10) < major) return undefined;
  const cli = join(dirname(realpathSync(path)), 'redis-cli');
  return { kind: 'found', path, version, cli: existsSync(cli) ? cli : undefined };
}

function findInstalled(major: number): RedisBinary | undefined {
  const usual = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];
  const folders = new Set([...(process.env.PATH ?? '').split(delimiter), ...usual].filter((folder) => folder !== ''));
  for (const folder of folders) {
    const path = join(folder, 'redis-server');
    const binary = inspect(path, major);
    if (binary) return binary;
  }
  const program = '/usr/bin/redis-check-rdb';
  return existsSync(program) ? inspect(linkServer(program), major) : undefined;
}

/** The name by which that program is a server. */
function linkServer(program: string): string {
  const folder = join(CACHE, 'contenthub-redis-tools');
  const path = join(folder, 'redis-server');
  mkdirSync(folder, { recursive: true });
  try {
    symlinkSync(program, path);
  } catch {
    // Linked by an earlier run, or by another at this moment.
  }
  return path;
}

function install(): RedisBinary {
  const isDebian = existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');
  if (process.getuid?.() !== 0 || !isDebian) {
    throw new Error(`the tests need Redis 7.0 or newer and none was found: ${HOW_TO_GET_IT}`);
  }
  console.error('no Redis found: installing redis-tools with apt-get');
  const wait = ['-o', 'DPkg::Lock::Timeout=120'];
  for (const command of [
    ['update', '-qq', ...wait],
    ['install', '-y', '-qq', '--no-install-recommends', ...wait, 'redis-tools'],
  ]) {
    const failure = run('apt-get', command, { DEBIAN_FRONTEND: 'noninteractive' });
    if (failure) throw new Error(`${failure}: the tests need Redis 7.0 or newer, ${HOW_TO_GET_IT}`);
  }
  const binary = findInstalled(7);
  if (!binary) throw new Error(`redis-tools holds no Redis 7.0 or newer: ${HOW_TO_GET_IT}`);
  return binary;
}

/** Takes the copy of an earlier run, or makes one: complete and tried before it gets its name, so that runs may do so at the same time. */
function fetchRedis8(): RedisBinary {
  const architecture = ARCHITECTURES[process.arch];
  const tools = ['/usr/bin/apt-get', '/usr/bin/dpkg-deb', KEYS];
  if (process.platform !== 'linux' || !tools.every(existsSync)) {
    throw new Unavailable('Redis 8 is not installed, and only Debian can fetch it by itself');
  }
  if (!architecture) throw new Unavailable(`Redis 8 is not fetched for ${process.arch}`);

  const folder = join(CACHE, `contenthub-redis-8-${architecture.debian}`);
  const server = join(folder, 'redis-server');
  const isThere = existsSync(folder);
  const kept = inspect(server, 8);
  if (kept) return kept;
  if (isThere) rmSync(folder, { recursive: true, force: true });

  mkdirSync(CACHE, { recursive: true });
  const scratch = mkdtempSync(join(CACHE, 'contenthub-redis-8-'));
  try {
    const tree = join(scratch, 'tree');
    download(scratch, architecture.debian);
    unpack(scratch, tree, architecture.triplet);
    if (!inspect(join(tree, 'redis-server'), 8)) throw new Unavailable('the Redis 8 of Debian 13 does not run here');
    renameSync(tree, folder);
  } catch (error) {
    // A run at the same time may have been faster.
    if (!inspect(server, 8)) throw error;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return checked(server, 'the copy of Redis', 8);
}

/** Fetches the packages into `scratch`. */
function download(scratch: string, architecture: string): void {
  const folders = ['etc', 'state/lists/partial', 'cache/archives/partial'];
  for (const folder of folders) mkdirSync(join(scratch, folder), { recursive: true });
  writeFileSync(join(scratch, 'status'), '');
  writeFileSync(join(scratch, 'etc', 'sources.list'), `deb [signed-by=${KEYS}] ${DEBIAN} trixie main\n`);
  // Of the machine's own settings only how to reach the network.
  const own = spawnSync('apt-config', ['dump'], { encoding: 'utf8' }).stdout ?? '';
  const settings = [
    ...own.split('\n').filter((line) => /^Acquire::(https?|Check-)/.test(line)),
    `Acquire::http::Timeout "${DOWNLOAD_SILENCE_SECONDS_MAX}";`,
    'Acquire::Languages "none";',
    `Dir "${scratch}";`,
    `Dir::State "${join(scratch, 'state')}";`,
    `Dir::State::status "${join(scratch, 'status')}";`,
    `Dir::Cache "${join(scratch, 'cache')}";`,
    `Dir::Etc "${join(scratch, 'etc')}";`,
    ...['main', 'parts', 'sourceparts', 'preferences', 'preferencesparts'].map(
      (name) => `Dir::Etc::${name} "/dev/null";`,
    ),
    `APT::Architecture "${architecture}";`,
    `APT::Architectures { "${architecture}"; };`,
    'APT::Sandbox::User "root";',
    'APT::Update::Error-Mode "any";',
  ];
  const environment = { APT_CONFIG: join(scratch, 'apt.conf') };
  writeFileSync(environment.APT_CONFIG, `${settings.join('\n')}\n`);
  const failure =
    run('apt-get', ['update', '-qq'], environment, scratch) ??
    run('apt-get', ['download', '-qq', ...PACKAGES], environment, scratch);
  if (failure) throw new Unavailable(`Redis 8 could not be fetched: ${failure}`);
}

/** Makes of the packages in `scratch` a folder that holds all it needs to run, wherever it is moved to. */
function unpack(scratch: string, tree: string, triplet: string): void {
  const root = join(scratch, 'root');
  for (const name of readdirSync(scratch).filter((name) => name.endsWith('.deb'))) {
    const failure = run('dpkg-deb', ['-x', join(scratch, name), root]);
    if (failure) throw new Unavailable(`Redis 8 could not be unpacked: ${failure}`);
  }
  mkdirSync(tree);
  renameSync(join(root, 'usr', 'bin'), join(tree, 'bin'));
  renameSync(join(root, 'usr', 'lib', triplet), join(tree, 'lib'));
  rmSync(join(tree, 'bin', 'redis-server'), { force: true });
  symlinkSync('redis-check-rdb', join(tree, 'bin', 'redis-server'));
  const loader = readdirSync(join(tree, 'lib')).find((name) => name.startsWith('ld-linux'));
  for (const name of ['redis-server', 'redis-cli']) {
    const launch = `exec "$here/lib/${loader}" --library-path "$here/lib" "$here/bin/${name}" "$@"`;
    writeFileSync(join(tree, name), `#!/bin/sh\nhere=\${0%/*}\n${launch}\n`, { mode: 0o755 });
  }
}

/** Runs a command to its end. Returns what it complained about when it failed: its first error, or else its last line. */
function run(command: string, args: readonly string[], environment = {}, cwd?: string): string | undefined {
  const ended = spawnSync(command, args, {
    env: { ...process.env, LC_ALL: 'C', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    timeout: COMMAND_MS_MAX,
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (ended.status === 0) return undefined;
  const lines = ended.stderr?.trim().split('\n') ?? [];
  const complaint = ended.error?.message ?? lines.find((line) => line.startsWith('E: ')) ?? lines.at(-1);
  return `${command} ${args[0]} failed (${complaint})`;
}
