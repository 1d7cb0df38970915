/**
 * `make bench`: what the executable weighs and takes, how fast it answers and counts, each beside its pair measured in the
 * same run: absolute figures of a machine that does other things too say little, ratios say more. Rounds are interleaved,
 * medians are shown, all traffic stays on the loopback interface.
 *
 *     make bench                            all sections, for most of an hour; writes docs/benchmarks.md
 *     make bench ARGS=quick                 what a start and a request cost, with less of everything: under two minutes
 *     make bench ARGS="quick ingest flush"  some sections; `pipeline` is push, ingest, flush, lag and memory
 *     make bench ARGS=soak                  ten minutes of everything at once, only when it is named
 *     make bench ARGS="report serving"      some sections, and docs/benchmarks.md holds them and nothing else
 */
import { availableParallelism } from 'node:os';
import { type Bench, createClosers, openBench } from './bench.ts';
import { measureDeep } from './deep.ts';
import { measureFlush } from './flush.ts';
import { measureIngest } from './ingest.ts';
import { measureLag } from './lag.ts';
import { measureLoadData } from './load_data.ts';
import { measureMemory } from './memory.ts';
import { measurePush } from './push.ts';
import { writeReport } from './report.ts';
import { measureScaling } from './scaling.ts';
import { measureSearch } from './search.ts';
import { measureServing } from './serving.ts';
import { measureSoak } from './soak.ts';
import { measureStarts } from './starts.ts';
import { printMissed, say } from './table.ts';

const SECTIONS: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  starts: measureStarts,
  serving: measureServing,
  push: measurePush,
  ingest: measureIngest,
  flush: measureFlush,
  lag: measureLag,
  memory: measureMemory,
  scaling: measureScaling,
  search: measureSearch,
  deep: measureDeep,
  loaddata: measureLoadData,
  soak: measureSoak,
};
const NAMES = Object.keys(SECTIONS);
const PIPELINE = ['push', 'ingest', 'flush', 'lag', 'memory'];
/** What a first look takes. */
const QUICK = ['starts', 'serving', 'push'];
const ONLY_NAMED = 'soak';
const MODES = ['full', 'quick'];
const REPORT = 'report';

const words = process.argv.slice(2);
const modes = words.filter((word) => MODES.includes(word));
const unknown = words.filter((word) => ![...MODES, ...NAMES, 'pipeline', REPORT].includes(word));
if (unknown.length > 0 || modes.length > 1) {
  const problem = unknown.length > 0 ? `no section is called ${unknown.join(', ')}` : 'full or quick, not both';
  console.error(
    `${problem}\nusage: make bench [ARGS="[quick] [report] [SECTION…]"]\nsections: ${NAMES.join(' ')}, or pipeline`,
  );
  process.exit(2);
}
const wanted = new Set(words.flatMap((word) => (word === 'pipeline' ? PIPELINE : NAMES.includes(word) ? [word] : [])));
const [mode = 'full'] = modes;
const isWanted = (name: string) =>
  wanted.size > 0 ? wanted.has(name) : name !== ONLY_NAMED && (mode === 'full' || QUICK.includes(name));

const started = performance.now();
const closers = createClosers();
const sectionClosers = createClosers();
let isOver = false;

async function end(code: number): Promise<void> {
  isOver = true;
  await sectionClosers.closeAll();
  await closers.closeAll();
  process.exit(code);
}
function endWithSection(close: () => unknown): void {
  // What a section starts while a signal ends everything ends at once.
  if (isOver) void close();
  else sectionClosers.add(close);
}
async function fail(error: unknown): Promise<void> {
  // What is under way when the servers are ended fails, too.
  if (isOver) return;
  console.error(error);
  await end(1);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(1));
for (const event of ['uncaughtException', 'unhandledRejection'] as const) process.on(event, fail);

try {
  const bench = await openBench(mode === 'quick', closers.add);
  say(`ContentHub benchmark (${mode}): Bun ${Bun.version}, ${availableParallelism()} processors\n`);
  for (const name of NAMES) {
    if (!isWanted(name)) continue;
    await SECTIONS[name]?.({ ...bench, atEnd: endWithSection });
    await sectionClosers.closeAll();
  }
  printMissed();
  say(`took ${((performance.now() - started) / 1000).toFixed(0)} s`);
  if (words.includes(REPORT) || words.every((word) => word === 'full')) await writeReport();
  await end(0);
} catch (error) {
  await fail(error);
}
