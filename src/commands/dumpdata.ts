import { open } from 'node:fs/promises';
import { nearest } from '../nearest.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { dumpFixture } from './fixtures/dump.ts';
import { type FixtureModel, fixtureModels } from './fixtures/models.ts';
import { withDatabase } from './open.ts';
import { writeWhole } from './whole_file.ts';

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

async function writeFile(blocks: AsyncIterable<string>, path: string, interruption: AbortSignal): Promise<void> {
  await writeWhole(path, interruption, async (unfinished) => {
    const file = await open(unfinished, 'w');
    try {
      for await (const block of blocks) await file.write(block);
    } finally {
      await file.close();
    }
  });
}
