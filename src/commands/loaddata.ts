import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Database } from '../db/connection.ts';
import { AppError, messageOf } from '../errors.ts';
import { isEmpty } from '../store/fixtures.ts';
import { UsageError } from './arguments.ts';
import { type Command, withRemoval } from './command.ts';
import { type LoadOptions, type LoadResult, loadFixtures } from './fixtures/load.ts';
import type { FixtureSource } from './fixtures/source.ts';
import { withDatabase } from './open.ts';
import { showProgress } from './progress.ts';

export const loadDataCommand: Command = {
  name: 'loaddata',
  summary: 'load fixtures as Django’s dumpdata writes them, all or nothing; - reads standard input',
  operands: 'FILE… | -',
  operandsMax: Number.POSITIVE_INFINITY,
  options: [
    { name: 'ignorenonexistent', help: 'skip models and fields that do not exist here' },
    { name: 'with-counters', help: 'overwrite the counters of contents that exist' },
    { name: 'if-empty', help: 'do nothing when there are pages or contents already' },
  ],
  async run(context) {
    const { arguments: given, readConfig, print, interruption } = context;
    const names = given.positionals;
    if (names.length === 0) throw new UsageError('loaddata: name at least one fixture file, or - for standard input');
    if (names.filter((name) => name === '-').length > 1) throw new UsageError('loaddata: - can be read once only');
    const config = readConfig();
    return withDatabase(config, async (database) => {
      if (given.has('if-empty') && !(await isEmpty(database))) {
        print('there is data already; nothing was loaded\n');
        return 0;
      }
      const { installed, skipped } = await withRegularFiles(names, interruption, (sources) =>
        load(database, sources, {
          ignoreNonexistent: given.has('ignorenonexistent'),
          withCounters: given.has('with-counters'),
        }),
      );
      for (const [label, count] of skipped) print(`skipped ${count} ${label}\n`);
      print(`Installed ${installed} object(s) from ${names.length} fixture(s)\n`);
      return 0;
    });
  },
};

async function load(
  database: Database,
  sources: readonly FixtureSource[],
  options: Pick<LoadOptions, 'ignoreNonexistent' | 'withCounters'>,
): Promise<LoadResult> {
  const sizes = await Promise.all(
    sources.map(({ path }) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const progress = showProgress('loading', bytes);
  try {
    return await loadFixtures(database, sources, { ...options, onBytes: progress.add });
  } finally {
    progress.end();
  }
}

/**
 * Gives `work` files that can be read twice: numbers of content types may be explained at a file's end. Standard input and
 * pipes are copied to a file first.
 */
async function withRegularFiles<T>(
  names: readonly string[],
  interruption: AbortSignal,
  work: (sources: readonly FixtureSource[]) => Promise<T>,
): Promise<T> {
  const sources = await Promise.all(names.map(async (name) => ({ path: name, name, isPipe: await isPipe(name) })));
  if (!sources.some((source) => source.isPipe)) return work(sources);
  const folder = createTemporaryFolder();
  const remove = () => rmSync(folder, { recursive: true, force: true });
  return withRemoval(interruption, remove, async () => {
    const copies: FixtureSource[] = [];
    for (const { path, name, isPipe } of sources) {
      copies.push(isPipe ? await copyPipe(path, join(folder, String(copies.length))) : { path, name });
    }
    return work(copies);
  });
}

async function isPipe(name: string): Promise<boolean> {
  if (name === '-') return true;
  // A file that is not there is an error when it is read.
  const stats = await stat(name).catch(() => undefined);
  return stats !== undefined && !stats.isFile() && !stats.isDirectory();
}

function createTemporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'contenthub-'));
  } catch (error) {
    throw noCopy(error);
  }
}

function noCopy(error: unknown): AppError {
  return new AppError('unavailable', `cannot keep a copy of the input in ${tmpdir()} (TMPDIR): ${messageOf(error)}`);
}

async function copyPipe(path: string, copy: string): Promise<FixtureSource> {
  try {
    await pipeline(path === '-' ? process.stdin : createReadStream(path), createWriteStream(copy, { mode: 0o600 }));
  } catch (error) {
    throw noCopy(error);
  }
  return { path: copy, name: path === '-' ? 'standard input' : path };
}
