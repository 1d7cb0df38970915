/** Postgres's own programs: pg_dump, pg_restore and psql. Passwords reach them through the environment, never as arguments. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Environment } from '../../config.ts';
import { REPLACING_SCRIPT } from '../../db/script.postgres.ts';
import type { Strangers } from '../../db/strangers.postgres.ts';
import { AppError } from '../../errors.ts';
import type { Backup } from './seal.ts';

const NAMES = ['pg_dump', 'pg_restore', 'psql'] as const;
type ToolName = (typeof NAMES)[number];
/** The end of what a program says when it fails. */
const COMPLAINT_CHARACTERS_MAX = 400;

export interface PostgresTools {
  /**
   * Writes an archive of what the snapshot sees.
   * @param strangers left out: a restore replaces everything that is in the archive
   * @throws AppError `unavailable` with what pg_dump says; an error of the file system
   */
  dump(url: string, snapshot: string, strangers: Strangers, path: string): Promise<void>;
  /**
   * Replaces what is in the database by the archive, in one transaction that is committed when the archive is at its end.
   * @throws AppError `unavailable` with what the programs say; nothing has changed then
   */
  restore(url: string, backup: Backup): Promise<void>;
}

/** @returns undefined when one of the programs is not on the PATH */
export function findPostgresTools(environment: Environment): PostgresTools | undefined {
  const paths = NAMES.map((name) => [name, Bun.which(name, { PATH: environment.PATH ?? '' })] as const);
  if (paths.some(([, path]) => path === null)) return undefined;
  const start = (name: ToolName, args: readonly string[], url: string) =>
    startTool(name, new Map(paths).get(name) ?? name, args, { ...ownSettings(environment), ...settingsOf(url) });
  return {
    async dump(url, snapshot, strangers, path) {
      const dump = start('pg_dump', ['--format=custom', `--snapshot=${snapshot}`, ...without(strangers)], url);
      dump.process.stdin?.end();
      const [ended, written] = await Promise.allSettled([
        dump.ended,
        pipeline(outputOf(dump), createWriteStream(path)),
      ]);
      // A full disk first: pg_dump only hears that nobody reads any more, or nothing at all when it was through.
      if (written.status === 'rejected') throw written.reason;
      if (ended.status === 'rejected') throw ended.reason;
    },
    async restore(url, { path, bodyBytes }) {
      const psql = start('psql', ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', '--output=/dev/null'], url);
      const script = start('pg_restore', ['--clean', '--if-exists', '--no-owner', '--no-privileges', '--file=-'], url);
      const input = inputOf(psql);
      input.write(`begin;\n${REPLACING_SCRIPT}`);
      const [fed, scripted] = await Promise.allSettled([
        pipeline(createReadStream(path, { end: bodyBytes - 1 }), inputOf(script)),
        script.ended,
        pipeline(outputOf(script), input, { end: false }),
      ]);
      // Without this line psql ends in the middle of its transaction, which undoes it.
      if (fed.status === 'fulfilled' && scripted.status === 'fulfilled') input.write('commit;\n');
      input.end();
      await psql.ended;
      await script.ended;
    },
  };
}

/** What is in every database anyway stands for all extensions: a pattern that fits nothing is not taken. */
function without({ schemas, relations }: Strangers): string[] {
  const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;
  return [
    ...['--extension=plpgsql', '--no-publications', '--no-subscriptions'],
    ...schemas.map((name) => `--exclude-schema=${quote(name)}`),
    ...relations.map(({ schema, name }) => `--exclude-table=${quote(schema)}.${quote(name)}`),
  ];
}

interface Tool {
  readonly process: ChildProcess;
  /** @throws AppError `unavailable` with what it says when it fails */
  readonly ended: Promise<void>;
}

function startTool(name: ToolName, path: string, args: readonly string[], env: Record<string, string>): Tool {
  const child = spawn(path, [...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = `${complaint}${text}`.slice(-COMPLAINT_CHARACTERS_MAX);
  });
  // Whoever writes to it learns why it ended from how it ended.
  child.stdin.on('error', () => {});
  if (name === 'psql') child.stdout.resume();
  const ended = once(child, 'close').then(([code]) => {
    if (code === 0) return;
    throw new AppError(
      'unavailable',
      `${name} failed: ${complaint.trim().replaceAll(/\s*\n\s*/g, '; ') || `exit ${code}`}`,
    );
  });
  ended.catch(() => {});
  return { process: child, ended };
}

function inputOf({ process: { stdin } }: Tool): NonNullable<ChildProcess['stdin']> {
  if (stdin === null) throw new Error('no standard input');
  return stdin;
}

function outputOf({ process: { stdout } }: Tool): NonNullable<ChildProcess['stdout']> {
  if (stdout === null) throw new Error('no standard output');
  return stdout;
}

/** What of our environment is theirs. */
function ownSettings(environment: Environment): Record<string, string> {
  const own = Object.entries(environment).filter(([name]) => /^(PATH|HOME|TMPDIR|PG\w+)$/.test(name));
  return {
    ...Object.fromEntries(own.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    LC_ALL: 'C',
  };
}

/** A Postgres URL as libpq's variables. */
function settingsOf(text: string): Record<string, string> {
  const url = new URL(text);
  const mode = url.searchParams.get('sslmode') ?? (url.searchParams.get('ssl') === 'true' ? 'require' : null);
  const settings = {
    PGHOST: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    PGPORT: url.port,
    PGUSER: decodeURIComponent(url.username),
    PGPASSWORD: decodeURIComponent(url.password),
    PGDATABASE: decodeURIComponent(url.pathname.slice(1)),
    PGSSLMODE: mode ?? '',
    PGSSLROOTCERT: url.searchParams.get('sslrootcert') ?? '',
    PGAPPNAME: 'contenthub',
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== ''));
}
