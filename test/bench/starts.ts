/** What the executable weighs, and how long it takes to its first answer. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, fill } from './bench.ts';
import { startServer } from './servers.ts';
import { judge, median, medianRatio, row, say } from './table.ts';

/** A start takes milliseconds, and one differs from the next by half: it takes many to know. */
const STARTS = { full: 61, quick: 15 };
const PAGES = 200;
const RATIO_MAX = 3;
const MEGABYTE = 1_000_000;

export async function measureStarts(bench: Bench): Promise<void> {
  const { program } = bench;
  const starts = bench.isQuick ? STARTS.quick : STARTS.full;
  const [empty, hello] = [await bench.compile('empty'), await bench.compile('hello')];
  printSizes(program, empty);
  const { settings } = await fill(bench, 'SQLite', `sqlite:${join(bench.folder, 'starts.db')}`, PAGES);
  const times = { own: [] as number[], empty: [] as number[], hello: [] as number[] };
  // One more than is counted: the first start reads the files into memory.
  for (let round = 0; round <= starts; round++) {
    const started = performance.now();
    await Bun.spawn([empty], { stdio: ['ignore', 'ignore', 'ignore'] }).exited;
    const emptyMs = performance.now() - started;
    const bare = await startServer([hello], '/');
    await bare.stop();
    const own = await startServer([program], '/api/v1/pages/', settings);
    await own.stop();
    if (round === 0) continue;
    times.empty.push(emptyMs);
    times.hello.push(bare.startMs);
    times.own.push(own.startMs);
  }
  row([`start to first 200, embedded (median of ${starts})`, 'ms', 'pair, ms', 'ratio']);
  const cells = (name: string, pair: readonly number[]) => [
    name,
    median(times.own).toFixed(1),
    median(pair).toFixed(1),
  ];
  const ratio = medianRatio(times.own, times.empty);
  const besideEmpty = cells('beside an empty program, start to end', times.empty);
  judge(besideEmpty, ratio, `≤ ${RATIO_MAX.toFixed(2)}`, ratio <= RATIO_MAX);
  const besideHello = cells('beside a bare Bun.serve, start to first 200', times.hello);
  row([...besideHello, medianRatio(times.own, times.hello).toFixed(2)]);
  say();
}

function printSizes(program: string, empty: string): void {
  const [own, pair] = [program, empty].map((path) => statSync(path).size / MEGABYTE);
  row(['size', 'MB', 'empty program', 'ratio']);
  row(['the executable', (own ?? 0).toFixed(1), (pair ?? 0).toFixed(1), ((own ?? 0) / (pair ?? 1)).toFixed(2)]);
  say();
}
