/**
 * The file of a backup: a body (an SQLite database, an archive of pg_dump, or lines), its manifest, and a last line of 96
 * bytes that holds a checksum over all before it:
 *
 *     BODY {"format":"sqlite",…}\n contenthub-backup 1 MMMMMMMMMM SHA256\n
 *
 * M is the manifest's length in ten digits, `1` the version of this layout. The body comes first so that what it is made
 * with can open it too: sqlite3 and pg_restore do not mind what follows.
 */
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { appendFile, open } from 'node:fs/promises';
import { AppError, messageOf } from '../../errors.ts';
import { type Manifest, parseManifest, writeManifest } from './manifest.ts';

const NAME = 'contenthub-backup';
const LAYOUT = 1;
const LENGTH_DIGITS = 10;
const HASH_BYTES = 64;
const END_BYTES = `${NAME} 1 `.length + LENGTH_DIGITS + 1 + HASH_BYTES + 1;
const END = new RegExp(`^${NAME} (\\d) (\\d{${LENGTH_DIGITS}}) ([0-9a-f]{${HASH_BYTES}})\n$`);
const SQLITE_START = 'SQLite format 3\0';

/** A backup whose bytes are what they were. */
export interface Backup {
  readonly path: string;
  readonly manifest: Manifest;
  readonly bodyBytes: number;
}

/** Makes a file that holds a body a backup. */
export async function sealBackup(path: string, manifest: Manifest): Promise<void> {
  const text = Buffer.from(writeManifest(manifest));
  const head = `${NAME} ${LAYOUT} ${String(text.length).padStart(LENGTH_DIGITS, '0')} `;
  await appendFile(path, Buffer.concat([text, Buffer.from(head)]));
  await appendFile(path, `${await hash(path, statSync(path).size)}\n`);
}

/**
 * Reads what a backup says of itself, and all its bytes.
 * @throws AppError `invalid` for a file that is no backup, or not what it was when it was written
 */
export async function openBackup(path: string): Promise<Backup> {
  const size = sizeOf(path);
  const [, layout, length, expected] = END.exec(await readText(path, Math.max(0, size - END_BYTES), size)) ?? [];
  if (expected === undefined) throw await noBackup(path, size);
  if (Number(layout) !== LAYOUT) {
    throw new AppError(
      'invalid',
      `${path} is a backup of layout ${layout}, this version knows ${LAYOUT}: use a newer one`,
    );
  }
  const bodyBytes = size - END_BYTES - Number(length);
  if (bodyBytes < 0 || (await hash(path, size - HASH_BYTES - 1)) !== expected) {
    throw new AppError('invalid', `${path} is damaged: it is not what was written. Use another backup`);
  }
  return { path, manifest: parseManifest(await readText(path, bodyBytes, size - END_BYTES)), bodyBytes };
}

function sizeOf(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new AppError('invalid', `there is no file ${path}`);
  if (stats.isDirectory())
    throw new AppError('invalid', `${path} is a directory: name a file that contenthub backup wrote`);
  if (!stats.isFile()) throw new AppError('invalid', `${path} is no regular file: copy the backup to one`);
  return stats.size;
}

async function noBackup(path: string, size: number): Promise<AppError> {
  if (size === 0) return new AppError('invalid', `${path} is empty`);
  const isSqlite = (await readText(path, 0, Math.min(size, SQLITE_START.length))) === SQLITE_START;
  const hint = isSqlite ? ' (a database alone is used with DATABASE_URL, and copied with contenthub move)' : '';
  return new AppError('invalid', `${path} was not written by contenthub backup, or its end is missing${hint}`);
}

async function readText(path: string, from: number, to: number): Promise<string> {
  const file = await opened(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function opened(path: string) {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw new AppError('unavailable', `cannot read ${path}: ${messageOf(error)}`);
  }
}

/** The SHA-256 of a file's first bytes, in hexadecimal. */
async function hash(path: string, bytes: number): Promise<string> {
  const sum = createHash('sha256');
  for await (const chunk of createReadStream(path, { end: bytes - 1, highWaterMark: 1024 * 1024 })) sum.update(chunk);
  return sum.digest('hex');
}
