import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { isEmpty } from '../store/fixtures.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { loadFixtures } from './fixtures/load.ts';
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
  async run({ arguments: given, readConfig, print }) {
    const names = given.positionals;
    if (names.length === 0) throw new UsageError('loaddata: name at least one fixture file, or - for standard input');
    if (names.filter((name) => name === '-').length > 1) throw new UsageError('loaddata: - can be read once only');
    const config = readConfig();
    const options = { ignoreNonexistent: given.has('ignorenonexistent'), withCounters: given.has('with-counters') };
    return withSpooledInput(names, async (files) => {
      if (given.has('if-empty') && !(await withDatabase(config, isEmpty))) {
        print('there is data already; nothing was loaded\n');
        return 0;
      }
      await load(config, files, options, print);
      return 0;
    });
  },
};

/** Standard input goes to a file first: numbers of content types may be explained at its end. */
async function withSpooledInput<T>(
  names: readonly string[],
  work: (files: readonly string[]) => Promise<T>,
): Promise<T> {
  if (!names.includes('-')) return work(names);
  const folder = await mkdtemp(join(tmpdir(), 'contenthub-'));
  try {
    const file = join(folder, 'standard input');
    await Bun.write(file, new Response(Bun.stdin.stream()));
    return await work(names.map((name) => (name === '-' ? file : name)));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function load(
  config: Config,
  files: readonly string[],
  options: { ignoreNonexistent: boolean; withCounters: boolean },
  print: (text: string) => void,
): Promise<void> {
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  const progress = showProgress(
    'loading',
    sizes.reduce((sum, size) => sum + size, 0),
  );
  try {
    const onBytes = (bytes: number) => progress.add(bytes);
    const { installed, skipped } = await withDatabase(config, (database) =>
      loadFixtures(database, files, { ...options, onBytes }),
    );
    progress.end();
    for (const [label, count] of skipped) print(`skipped ${count} ${label}\n`);
    print(`Installed ${installed} object(s) from ${files.length} fixture(s)\n`);
  } finally {
    progress.end();
  }
}
