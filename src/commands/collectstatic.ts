import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, messageOf } from '../errors.ts';
import { readStaticFiles } from '../web/static.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';

/** Whatever the umask: the web server runs as another user. */
const FILE_MODE = 0o644;

export const collectStaticCommand: Command = {
  name: 'collectstatic',
  summary: 'write the static files, plain and compressed, for a web server to serve under /static/',
  operands: 'DIR',
  operandsMax: 1,
  options: [],
  async run({ arguments: given, print }) {
    const [folder] = given.positionals;
    if (folder === undefined) throw new UsageError('collectstatic: name the folder to write to');
    const files = (await readStaticFiles()).flatMap(({ name, body, gzipped }) => [
      { name, bytes: body },
      { name: `${name}.gz`, bytes: gzipped },
    ]);
    const written = await writeMissing(folder, files);
    print(`${written} static files written to ${folder}, ${files.length - written} were there\n`);
    return 0;
  },
};

/**
 * Writes the files that are not there yet. A name holds the hash of its content, so what is there is right; files of
 * other versions stay, because pages that these made still ask for them.
 * @returns how many were written
 */
async function writeMissing(
  folder: string,
  files: readonly { readonly name: string; readonly bytes: Buffer }[],
): Promise<number> {
  let written = 0;
  try {
    await mkdir(folder, { recursive: true });
    for (const { name, bytes } of files) {
      const path = join(folder, name);
      if (existsSync(path)) continue;
      await writeWhole(path, bytes);
      written += 1;
    }
  } catch (error) {
    throw new AppError('unavailable', `cannot write static files to ${folder}: ${messageOf(error)}`);
  }
  return written;
}

/** The web server, or another run of this command, never sees half a file. */
async function writeWhole(path: string, bytes: Buffer): Promise<void> {
  const unfinished = `${path}.${randomUUID()}`;
  try {
    await writeFile(unfinished, bytes);
    await chmod(unfinished, FILE_MODE);
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
}
