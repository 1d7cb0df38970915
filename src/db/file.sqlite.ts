/** One SQLite file: how it is made, opened, and waited for. */
import { constants, Database as SqliteFile } from 'bun:sqlite';
import type * as Files from 'node:fs';
import type * as Paths from 'node:path';
import { AppError } from '../errors.ts';
import { codeOf, translate } from './errors.ts';

/** How long a statement waits for another process to finish its write. */
export const LOCK_WAIT_MS = 5000;
const LOCK_RETRY_MS = 5;
const CACHE_KIB = 16_384;
/** For one that writes all tables at once, with the indexes they have. */
const ALONE_CACHE_KIB = 262_144;

/**
 * Runs `action` again while another process holds a lock. Waits with a timer: `busy_timeout` would wait on the
 * JavaScript thread and stop every answer meanwhile.
 * @param isCancelled ends the waiting early
 * @throws AppError `unavailable` after `waitMs`; other errors translated
 */
export async function whileBusy<T>(action: () => T, waitMs = LOCK_WAIT_MS, isCancelled = () => false): Promise<T> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    try {
      return action();
    } catch (error) {
      if (!codeOf(error).startsWith('SQLITE_BUSY')) throw translate(error);
      if (performance.now() > deadline || isCancelled()) {
        throw new AppError('unavailable', `another process has kept the database locked for ${waitMs / 1000} s`, {
          cause: error,
        });
      }
      await Bun.sleep(LOCK_RETRY_MS);
    }
  }
}

/** Starts a write transaction. @throws AppError `unavailable` when another process writes for longer than `waitMs` */
export async function beginImmediate(file: SqliteFile, waitMs?: number, isCancelled?: () => boolean): Promise<void> {
  await whileBusy(() => file.run('BEGIN IMMEDIATE'), waitMs, isCancelled);
}

/**
 * Opens the file for writing, making it (0600) and its folder (0700) when they are missing.
 * @throws AppError `unavailable`
 */
export function openWriter(path: string): SqliteFile {
  return open(path, () => {
    const file = openOrMake(path);
    // Before the first answer, waiting on the thread is fine; another process may be opening the same new file.
    file.run(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}`);
    file.run('PRAGMA journal_mode = WAL');
    file.run('PRAGMA foreign_keys = ON');
    assertEncoding(file);
    assertWritable(file);
    return file;
  });
}

/**
 * Opens the file for the caller alone, making it when it is missing, and begins a transaction. A file that anybody has
 * open is refused; from here on nobody can read or write it until it is closed. Its log is folded into it, so that
 * everything is in one file; whoever opens it for a hub makes it a file with a log again. Foreign keys are off.
 * @throws AppError `conflict` when somebody else has it open, `unavailable`
 */
export function openAlone(path: string, name: string): SqliteFile {
  const alone = open(path, () => {
    const file = openOrMake(path);
    try {
      file.run('PRAGMA busy_timeout = 0');
      file.run('PRAGMA locking_mode = EXCLUSIVE');
      file.run('PRAGMA journal_mode = DELETE');
      file.run('PRAGMA foreign_keys = OFF');
      file.run('BEGIN EXCLUSIVE');
      return file;
    } catch (error) {
      file.close();
      if (!codeOf(error).startsWith('SQLITE_BUSY')) throw error;
      throw new AppError('conflict', `${name} is in use: stop the hub or command that has it open, and try again`);
    }
  });
  alone.run(`PRAGMA cache_size = -${ALONE_CACHE_KIB}`);
  return alone;
}

/**
 * Writes the database as it is at this moment into another file, which must be empty, while others read and write it.
 * @throws AppError `unavailable`
 */
export function copySqliteFile(path: string, to: string): void {
  const file = openReader(path);
  try {
    file.run('VACUUM INTO ?', [to]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('unavailable', `cannot copy the database ${path}: ${reason}`, { cause: error });
  } finally {
    file.close();
  }
}

function openOrMake(path: string): SqliteFile {
  const openExisting = () => new SqliteFile(path, { readwrite: true, strict: true });
  try {
    return openExisting();
  } catch (error) {
    if (codeOf(error) !== 'SQLITE_CANTOPEN') throw error;
    makeFile(path);
    return openExisting();
  }
}

function makeFile(path: string): void {
  // Loaded here: once there is a file, a hub starts sooner without them.
  const { closeSync, mkdirSync, openSync }: typeof Files = require('node:fs');
  const { dirname }: typeof Paths = require('node:path');
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
}

/** Texts are sent on as the bytes they are stored as. SQLite can store UTF-16 too, in a file that was made for it. */
function assertEncoding(file: SqliteFile): void {
  const row = file.query<{ encoding: string }, []>('PRAGMA encoding').get();
  if (row?.encoding !== 'UTF-8') throw new Error(`its texts are stored in ${row?.encoding}, and must be in UTF-8`);
}

/** SQLite opens a file that it may not write for reading, and only tells who writes. */
function assertWritable(file: SqliteFile): void {
  file.run('PRAGMA busy_timeout = 0');
  try {
    file.run('BEGIN IMMEDIATE');
    file.run('PRAGMA user_version = 0');
  } catch (error) {
    // Somebody else is writing, so it can be written.
    if (!codeOf(error).startsWith('SQLITE_BUSY')) throw error;
  } finally {
    if (file.inTransaction) file.run('ROLLBACK');
  }
}

/** Opens an existing file for reading. @throws AppError `unavailable` */
export function openReader(path: string): SqliteFile {
  return open(path, () => new SqliteFile(path, { readonly: true, strict: true }));
}

function open(path: string, connect: () => SqliteFile): SqliteFile {
  try {
    const file = connect();
    file.run('PRAGMA busy_timeout = 0');
    file.run(`PRAGMA cache_size = -${CACHE_KIB}`);
    return file;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('unavailable', `cannot open the database ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === 'SQLITE_NOTADB') return 'the file is not an SQLite database';
  if (code.startsWith('SQLITE_READONLY') || code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
    return 'the folder or file is not writable';
  return error instanceof Error ? error.message : String(error);
}

/**
 * Returns a check that the path still leads to the file that was opened. Writes to a file that was replaced (a backup
 * copied over it) or removed would succeed and be gone with the process.
 */
export function watchFile(file: SqliteFile, path: string): () => void {
  let opened: Files.Stats | undefined;

  function findOpened(statSync: typeof Files.statSync): Files.Stats | undefined {
    // An int, and Bun wants no less than 8 bytes.
    const hasMoved = new Int32Array(2);
    file.fileControl(constants.SQLITE_FCNTL_HAS_MOVED, hasMoved);
    if (hasMoved[0] !== 0) return undefined;
    // The name without symbolic links: the path may lead to another file by now.
    const [main] = file.query<{ file: string }, []>('PRAGMA database_list').all();
    return statSync(main?.file ?? path, { throwIfNoEntry: false });
  }

  return () => {
    // Not at the start: a hub starts sooner without the module, and nothing is written before the first check.
    const { statSync }: typeof Files = require('node:fs');
    opened ??= findOpened(statSync);
    const now = statSync(path, { throwIfNoEntry: false });
    if (opened !== undefined && now?.ino === opened.ino && now.dev === opened.dev) return;
    throw new AppError('unavailable', `the database file ${path} was replaced or removed: restart the program`);
  };
}
