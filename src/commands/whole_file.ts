import { closeSync, openSync, realpathSync, rmSync, statSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf } from '../db/errors.ts';
import { AppError, messageOf } from '../errors.ts';
import { withRemoval } from './command.ts';

/**
 * Writes a file beside `path` (mode 0600) and moves it there when it is whole and on the disk: what fails, or is
 * interrupted, leaves an older one as it was.
 * @param write is given the name of an empty file
 * @throws AppError when what is there cannot be replaced by a file, or `write` fails
 */
export async function writeWhole(
  path: string,
  interruption: AbortSignal,
  write: (unfinished: string) => Promise<void>,
): Promise<void> {
  const target = readTarget(path);
  const unfinished = join(dirname(target), `.${basename(target)}.${crypto.randomUUID()}.partial`);
  await withRemoval(
    interruption,
    () => rmSync(unfinished, { force: true }),
    async () => {
      try {
        closeSync(openSync(unfinished, 'wx', 0o600));
        await write(unfinished);
        await sync(unfinished);
        await rename(unfinished, target);
        await sync(dirname(target));
      } catch (error) {
        if (error instanceof AppError) throw error;
        throw new AppError('unavailable', `cannot write ${path}: ${reasonOf(error, dirname(target))}`, {
          cause: error,
        });
      }
    },
  );
}

/** In words about what the caller named: messages of the system name the unfinished file. */
function reasonOf(error: unknown, folder: string): string {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return `there is no folder ${folder}`;
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return `the folder ${folder} is not writable`;
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'the disk is full';
  return messageOf(error);
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The file to replace, behind symbolic links. */
function readTarget(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return path;
  if (stats.isDirectory()) throw new AppError('invalid', `cannot write ${path}: it is a directory`);
  if (!stats.isFile()) throw new AppError('invalid', `cannot write ${path}: it is no regular file`);
  return realpathSync(path);
}
