/**
 * Takes the pipeline's protections away, one at a time, and sees to it that tests fail: a suite that stays green without
 * a protection does not show that it is there. Part of `make faults`; a copy of the project is changed, never the project.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Mutation {
  /** What is taken away. */
  readonly name: string;
  readonly file: string;
  /** Texts that stand in the file exactly once, and what replaces each. */
  readonly edits: readonly (readonly [from: string, to: string])[];
  /** Where this must be noticed. */
  readonly tests: readonly string[];
}

const MUTATIONS: readonly Mutation[] = [
  {
    name: 'the ledger refuses a number it has seen',
    file: 'src/store/impressions.ts',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source's own template
    edits: [['where ${ledger.last_seq} < excluded.last_seq returning 1', 'returning 1']],
    tests: ['test/impressions/apply.test.ts', 'test/impressions/faults/beat.test.ts'],
  },
  {
    name: 'a job’s id is claimed',
    file: 'src/impressions/ingest.lua',
    edits: [["'1', 'NX', 'EX'", "'1', 'EX'"]],
    tests: ['test/impressions/ingest.test.ts'],
  },
  {
    name: 'a field that HSCAN repeats counts once',
    file: 'src/impressions/batch.ts',
    edits: [['views.set(Number(id), n)', 'views.set(Number(id), n + (views.get(Number(id)) ?? 0))']],
    tests: [
      'test/impressions/batch.test.ts',
      'test/impressions/flush.test.ts',
      'test/impressions/faults/batch.test.ts',
    ],
  },
  {
    name: 'a batch waits until its seal is durable',
    file: 'src/impressions/flush.ts',
    edits: [['!options.hasGate || ', 'true || ']],
    tests: ['test/impressions/faults/rewind.test.ts'],
  },
  {
    name: 'the queue is trimmed last',
    file: 'src/impressions/ingest.lua',
    edits: [
      ["  redis.call('LTRIM', queue, taken, -1)\n", ''],
      ['local known = ', "redis.call('LTRIM', queue, #texts, -1)\nlocal known = "],
    ],
    tests: ['test/impressions/ingest.test.ts'],
  },
];

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** Neither copied nor needed, or linked. */
const LEFT_OUT = ['.git', 'node_modules', 'dist', '.bun', 'data'];

const survivors = MUTATIONS.filter((mutation) => !isNoticed(mutation));
for (const { name } of survivors) console.error(`mutation: nothing notices the loss of: ${name}`);
console.log(`${MUTATIONS.length - survivors.length} of ${MUTATIONS.length} mutations noticed`);
process.exit(survivors.length === 0 ? 0 : 1);

/** Runs the mutation's tests on a copy without the protection. */
function isNoticed({ name, file, edits, tests }: Mutation): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'contenthub-mutation-'));
  try {
    const filter = (path: string) => !LEFT_OUT.some((part) => path === join(ROOT, part));
    cpSync(ROOT, folder, { recursive: true, preserveTimestamps: true, filter });
    for (const part of ['node_modules', '.bun']) symlinkSync(join(ROOT, part), join(folder, part));
    writeFileSync(join(folder, file), edit(readFileSync(join(folder, file), 'utf8'), edits, file));
    const began = performance.now();
    const run = spawnSync(process.execPath, ['--no-env-file', 'test/run.ts', ...tests], {
      cwd: folder,
      maxBuffer: Number.POSITIVE_INFINITY,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const summary = run.stdout.trim().split('\n').at(-1) ?? '';
    const failed = Number(/(\d+) failed/.exec(summary)?.[1] ?? 0);
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`mutation: without “${name}”: ${summary || 'no summary'} (${seconds} s)`);
    return run.status !== 0 && failed > 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws Error when the source has changed so that the mutation no longer fits */
function edit(text: string, edits: Mutation['edits'], file: string): string {
  let edited = text;
  for (const [from, to] of edits) {
    if (edited.split(from).length !== 2) throw new Error(`${file} does not hold exactly one: ${from}`);
    edited = edited.replace(from, () => to);
  }
  return edited;
}
