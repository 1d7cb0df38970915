/**
 * A Postgres for the tests: a server that is already there (`TEST_POSTGRES_URL`), or a private one that lives as long as the run.
 *
 * The private server is started from installed binaries in a temporary folder, listens on 127.0.0.1 only and trusts every local
 * connection. It keeps Postgres's own durability (`fsync`, `synchronous_commit`), because the fault tests kill it and look at what
 * is left. Its locale is C, so that text sorts by code point on every machine, as it does in SQLite.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import postgres from 'postgres';
import { startKeeper } from './keeper.ts';
import { findPort } from './ports.ts';

const START_ATTEMPTS_MAX = 3;
const START_WAIT_MS_MAX = 30_000;
const POLL_MS = 25;
const CONNECTIONS_MAX = 200;
/** The operating system refuses longer socket paths (104 bytes on macOS, 108 on Linux). */
const SOCKET_FOLDER_BYTES_MAX = 80;

/**
 * $1 = folder, where `pid` names the server while it runs. SIGINT is Postgres's "fast shutdown": it ends all connections and leaves
 * clean data; after 15 s SIGQUIT does without the clean data, and after 20 s nothing is waited for any more.
 */
const STOP_WHEN_INPUT_ENDS = `read -r _
pid=$(cat "$1/pid" 2>/dev/null)
kill -INT "$pid"
kill -CONT "$pid"
turns=0
while [ -e "$1/data/postmaster.pid" ] && kill -0 "$pid" && [ $turns -lt 400 ]; do
  turns=$((turns + 1))
  if [ $turns -eq 300 ]; then kill -QUIT "$pid"; fi
  sleep 0.05
done
rm -rf "$1"`;

const HOW_TO_GET_IT =
  'the tests need PostgreSQL and none was found: install it (apt-get install postgresql, brew install postgresql) or set TEST_POSTGRES_URL to a server where databases may be created';

/** A running server. `stop` may be called more than once, and does nothing to a server that was there before. */
export interface Server {
  url: string;
  stop(): Promise<void>;
}

/** A server that a test has for itself, and may treat as it likes. */
export interface PrivateServer extends Server {
  /**
   * Ends it and waits until it is gone. `SIGINT` ends connections and leaves clean data; `SIGQUIT` is an immediate shutdown, after
   * which the next start recovers as it does after a crash.
   */
  end(signal: 'SIGINT' | 'SIGQUIT'): Promise<void>;
  /** Starts it again with the same port and data, and waits until it takes connections. */
  start(): Promise<void>;
  /** Stops all of its processes where they are (SIGSTOP): connections stay, nothing answers. */
  pause(): void;
  resume(): void;
}

/**
 * Returns a server that is ready for connections, as a user who may create databases.
 * Installs Postgres with apt-get when there is none, on Debian and Ubuntu as root.
 * Throws an Error of one line, saying how to get Postgres, when there is none and it cannot be installed.
 */
export async function startPostgres(): Promise<Server> {
  const url = process.env.TEST_POSTGRES_URL;
  if (url) return { url, stop: async () => {} };

  return startPrivatePostgres();
}

/** Starts a server of the caller's own, also where `TEST_POSTGRES_URL` names one. Installs and throws as `startPostgres` does. */
export async function startPrivatePostgres(): Promise<PrivateServer> {
  const binaries = findBinaries() ?? installBinaries();
  for (let attempt = 1; ; attempt++) {
    const server = await startServer(binaries);
    if ('url' in server) return server;
    // The port was free a moment ago; another program may have taken it since.
    if (attempt === START_ATTEMPTS_MAX || !server.log.includes('could not bind')) {
      throw new Error(`PostgreSQL (${binaries}) did not start: ${lastLine(server.log)}`);
    }
  }
}

/** Creates an empty database with a name of its own on the server at `url`. `drop` removes it, with whoever is still connected. */
export async function createDatabase(
  url: string,
  { icuLocale, encoding = 'UTF8' }: { readonly icuLocale?: string | undefined; readonly encoding?: string } = {},
): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `contenthub_test_${randomBytes(8).toString('hex')}`;
  const order = icuLocale === undefined ? '' : `LOCALE_PROVIDER icu ICU_LOCALE '${icuLocale}'`;
  await asAdministrator(
    url,
    (sql) => sql`CREATE DATABASE ${sql(name)} TEMPLATE template0 ${sql.unsafe(`ENCODING '${encoding}' ${order}`)}`,
  );
  const address = new URL(url);
  address.pathname = `/${name}`;
  return {
    url: address.href,
    drop: () => asAdministrator(url, (sql) => sql`DROP DATABASE IF EXISTS ${sql(name)} WITH (FORCE)`),
  };
}

async function asAdministrator(url: string, act: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await act(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** The first folder that holds both `initdb` and `postgres`, or nothing. */
function findBinaries(): string | undefined {
  const configured = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' });
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...(configured.status === 0 ? [configured.stdout.trim()] : []),
    ...listVersions('/usr/lib/postgresql', /^[\d.]+$/),
    ...listVersions('/opt/homebrew/opt', /^postgresql/),
    '/opt/homebrew/bin',
    ...listVersions('/usr/local/opt', /^postgresql/),
    '/usr/local/bin',
    '/usr/local/pgsql/bin',
    ...listVersions('/usr', /^pgsql-/),
  ];
  return folders.find((folder) => folder && ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))));
}

/** The `bin` folders of the installations under `parent`, newest first. */
function listVersions(parent: string, pattern: RegExp): string[] {
  if (!existsSync(parent)) return [];
  const names = readdirSync(parent).filter((name) => pattern.test(name));
  const version = (name: string) => Number.parseFloat(name.replace(/^\D+/, '')) || 0;
  return names.sort((a, b) => version(b) - version(a)).map((name) => join(parent, name, 'bin'));
}

function installBinaries(): string {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !existsSync('/etc/debian_version') || !existsSync('/usr/bin/apt-get')) throw new Error(HOW_TO_GET_IT);

  console.error('no PostgreSQL found: installing it with apt-get');
  // The package would start a server of its own on port 5432; this setting, written before it arrives, keeps it from doing so.
  const clusters = '/etc/postgresql-common/createcluster.conf';
  if (!existsSync(clusters)) {
    mkdirSync('/etc/postgresql-common', { recursive: true });
    writeFileSync(clusters, 'create_main_cluster = false\n');
  }
  const options = ['-y', '-qq', '--no-install-recommends', '-o', 'Dpkg::Options::=--force-confold'];
  for (const command of [
    ['update', '-qq'],
    ['install', ...options, 'postgresql'],
  ]) {
    const run = spawnSync('apt-get', command, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(`apt-get ${command[0]} failed (${lastLine(run.stderr)}): ${HOW_TO_GET_IT}`);
  }
  const binaries = findBinaries();
  if (!binaries) throw new Error(HOW_TO_GET_IT);
  return binaries;
}

/** One attempt: a new data folder, a port, a server; or what the failed server has logged. */
async function startServer(binaries: string): Promise<PrivateServer | { log: string }> {
  const account = process.getuid?.() === 0 ? findAccount() : undefined;
  // Root's own temporary folder may be closed to the other account.
  const folder = mkdtempSync(join(account ? '/tmp' : tmpdir(), 'contenthub-postgres-'));
  if (account) chownSync(folder, account.uid, account.gid);
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  const options = { cwd: folder, env: { ...Object.fromEntries(inherited), LC_ALL: 'C' }, ...account };
  const data = join(folder, 'data');

  const flags = ['--pgdata', data, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
  const created = spawnSync(join(binaries, 'initdb'), flags, { ...options, encoding: 'utf8' });
  if (created.status !== 0) {
    rmSync(folder, { recursive: true, force: true });
    return { log: created.error?.message ?? created.stderr };
  }

  const port = await findPort();
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${Buffer.byteLength(folder) > SOCKET_FOLDER_BYTES_MAX ? '' : folder}`,
    `max_connections=${CONNECTIONS_MAX}`,
  ];
  const server = createProcess(folder, () => {
    const log = openSync(join(folder, 'log'), 'a');
    // A session of its own: Ctrl-C reaches the tests first, and the server only when they are through.
    const child = spawn(join(binaries, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
      ...options,
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    return child;
  });
  const endKeeper = startKeeper(STOP_WHEN_INPUT_ENDS, folder);
  const stop = async () => {
    server.resume();
    await endKeeper();
  };
  const start = async () => {
    if (!(await isReady(server.start(), data))) throw new Error(lastLine(readFileSync(join(folder, 'log'), 'utf8')));
  };
  if (await isReady(server.start(), data)) {
    return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop, ...server, start };
  }
  const text = readFileSync(join(folder, 'log'), 'utf8');
  await stop();
  return { log: text || `no answer within ${START_WAIT_MS_MAX} ms` };
}

/** The server's process, one after another; `pid` in its folder names it for the keeper. */
function createProcess(folder: string, launch: () => ChildProcess) {
  const file = join(folder, 'pid');
  let child: ChildProcess | undefined;

  function signalAll(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (child?.pid === undefined || !isRunning(child)) return;
    // First the one that makes others.
    for (const pid of [child.pid, ...findChildren(child.pid)]) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended in the meantime.
      }
    }
  }

  return {
    start(): ChildProcess {
      child = launch();
      child.once('exit', () => rmSync(file, { force: true }));
      if (child.pid !== undefined) writeFileSync(file, String(child.pid));
      child.unref();
      return child;
    },
    async end(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
      if (child === undefined || !isRunning(child)) return;
      child.ref();
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
    pause: () => signalAll('SIGSTOP'),
    resume: () => signalAll('SIGCONT'),
  };
}

/** The processes that one has started: from /proc, and where there is none from ps. */
function findChildren(parent: number): number[] {
  const lines = existsSync('/proc')
    ? readdirSync('/proc').flatMap((name) => readParent(name))
    : spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).stdout.split('\n');
  return lines.flatMap((line) => {
    const [pid, own] = line.trim().split(/\s+/).map(Number);
    return pid !== undefined && own === parent ? [pid] : [];
  });
}

/** `pid parent`, or nothing for what is no process, or none any more. */
function readParent(name: string): string[] {
  try {
    const text = /^\d+$/.test(name) ? readFileSync(`/proc/${name}/stat`, 'utf8') : '';
    const parent = /^.*\) \S (\d+)/s.exec(text)?.[1];
    return parent === undefined ? [] : [`${name} ${parent}`];
  } catch {
    return [];
  }
}

/** Waits until the server says so in the last line of its pid file, as `pg_ctl` does. False when it ends or takes too long. */
async function isReady(server: ChildProcess, data: string): Promise<boolean> {
  const deadline = Date.now() + START_WAIT_MS_MAX;
  const file = join(data, 'postmaster.pid');
  while (isRunning(server) && Date.now() < deadline) {
    if (existsSync(file) && readFileSync(file, 'utf8').split('\n')[7]?.trim() === 'ready') return true;
    await Bun.sleep(POLL_MS);
  }
  return false;
}

function isRunning(server: ChildProcess): boolean {
  return server.pid !== undefined && server.exitCode === null && server.signalCode === null;
}

/** The account that the server runs as in place of root, which Postgres refuses. */
function findAccount(): { uid: number; gid: number } {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('PostgreSQL refuses to run as root, and there is no account "postgres" or "nobody" to run it as');
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
