import { realpathSync, rmSync, statSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError, messageOf } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { UsageError } from './arguments.ts';
import { type Command, withRemoval } from './command.ts';
import { dumpFixture } from './fixtures/dump.ts';
import { type FixtureModel, fixtureModels } from './fixtures/models.ts';
import { withDatabase } from './open.ts';

const INDENT_MAX = 8;
const BLOCK_CHARACTERS = 64 * 1024;

export const dumpDataCommand: Command = {
  name: 'dumpdata',
  summary: 'write data as fixtures; without models, everything (password hashes too)',
  operands: '[MODEL…]',
  operandsMax: Number.POSITIVE_INFINITY,
  options: [
    { name: 'natural-foreign', help: 'write content types and groups by name, not by number' },
    { name: 'indent', value: 'N', help: `lay out with N spaces a level, 0 to ${INDENT_MAX}` },
    { name: 'o', value: 'FILE', help: 'write to FILE (mode 0600) instead of standard output' },
  ],
  async run({ arguments: given, readConfig, print, interruption }) {
    const models = chooseModels(given.positionals);
    const options = { isNatural: given.has('natural-foreign'), indent: readIndent(given.value('indent')) };
    const file = given.value('o');
    await withDatabase(readConfig(), (database) =>
      database.snapshot(async (connection) => {
        const parts = dumpFixture(connection, models, options);
        if (file === undefined) await writeOut(inBlocks(parts), print);
        else await writeFile(inBlocks(parts), file, interruption);
      }),
    );
    return 0;
  },
};

/** `pages.page` names a model, `pages` all models of an app; nothing named means all. */
function chooseModels(names: readonly string[]): readonly FixtureModel[] {
  const models = fixtureModels({ withCounters: false });
  for (const name of names) {
    const isKnown = models.some(({ label }) => label === name || label.startsWith(`${name}.`));
    if (isKnown) continue;
    const near = nearest(
      name,
      models.map(({ label }) => label),
    );
    const hint =
      near === undefined ? `known are ${models.map(({ label }) => label).join(', ')}` : `did you mean ${near}?`;
    throw new UsageError(`dumpdata: unknown model "${name}"; ${hint}`);
  }
  return names.length === 0
    ? models
    : models.filter(({ label }) => names.some((name) => label === name || label.startsWith(`${name}.`)));
}

function readIndent(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d$/.test(text) || Number(text) > INDENT_MAX) {
    throw new UsageError(`dumpdata: --indent: expected a whole number from 0 to ${INDENT_MAX}, got "${text}"`);
  }
  return Number(text);
}

/** The same text in fewer, larger parts. */
async function* inBlocks(parts: AsyncIterable<string>): AsyncGenerator<string> {
  let block = '';
  for await (const part of parts) {
    block += part;
    if (block.length < BLOCK_CHARACTERS) continue;
    yield block;
    block = '';
  }
  yield block;
}

async function writeOut(blocks: AsyncIterable<string>, print: (text: string) => Promise<void>): Promise<void> {
  for await (const block of blocks) await print(block);
}

/** Writes beside the target and moves it there when it is whole: a failed dump leaves an older one as it was. */
async function writeFile(blocks: AsyncIterable<string>, path: string, interruption: AbortSignal): Promise<void> {
  const target = readTarget(path);
  const unfinished = join(dirname(target), `.${basename(target)}.${crypto.randomUUID()}.partial`);
  await withRemoval(
    interruption,
    () => rmSync(unfinished, { force: true }),
    async () => {
      try {
        const file = await open(unfinished, 'wx', 0o600);
        try {
          for await (const block of blocks) await file.write(block);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(unfinished, target);
      } catch (error) {
        if (error instanceof AppError) throw error;
        throw new AppError('unavailable', `cannot write ${path}: ${messageOf(error)}`, { cause: error });
      }
    },
  );
}

/** The file to replace, behind symbolic links. @throws AppError when what is there cannot be replaced by a file */
function readTarget(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return path;
  if (stats.isDirectory()) throw new AppError('invalid', `cannot write ${path}: it is a directory`);
  if (!stats.isFile())
    throw new AppError('invalid', `cannot write ${path}: it is no regular file; use > instead of -o`);
  return realpathSync(path);
}
