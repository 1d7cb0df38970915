import { chmod, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError, messageOf } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { dumpFixture } from './fixtures/dump.ts';
import { type FixtureModel, fixtureModels } from './fixtures/models.ts';
import { withDatabase } from './open.ts';

const INDENT_MAX = 8;
const WRITE_CHARACTERS = 64 * 1024;

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
  async run({ arguments: given, readConfig, print }) {
    const models = chooseModels(given.positionals);
    const options = { isNatural: given.has('natural-foreign'), indent: readIndent(given.value('indent')) };
    const file = given.value('o');
    await withDatabase(readConfig(), (database) =>
      database.snapshot(async (connection) => {
        const parts = dumpFixture(connection, models, options);
        if (file === undefined) await writeOut(parts, print);
        else await writeFile(parts, file);
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

async function writeOut(parts: AsyncGenerator<string>, print: (text: string) => void): Promise<void> {
  let buffer = '';
  for await (const part of parts) {
    buffer += part;
    if (buffer.length < WRITE_CHARACTERS) continue;
    print(buffer);
    buffer = '';
  }
  print(buffer);
}

/** Writes beside the target and moves it there when it is whole: a failed dump leaves an older one as it was. */
async function writeFile(parts: AsyncGenerator<string>, path: string): Promise<void> {
  const unfinished = join(dirname(path), `.${crypto.randomUUID()}.partial`);
  try {
    const writer = Bun.file(unfinished).writer();
    await chmod(unfinished, 0o600).catch(() => {});
    for await (const part of parts) {
      writer.write(part);
      await writer.flush();
    }
    await writer.end();
    await chmod(unfinished, 0o600);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw new AppError('unavailable', `cannot write ${path}: ${messageOf(error)}`, { cause: error });
  }
}
