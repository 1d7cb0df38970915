/** `loaddata` of a million records into an empty hub, beside bare inserts of the same rows; and what memory it takes. */
import { join } from 'node:path';
import type { DatabaseAddress } from '../../src/db/open.ts';
import { runProgram } from '../help/program.ts';
import { loadBare } from './bare_load.ts';
import type { Bench } from './bench.ts';
import { CONTENTS_PER_PAGE, type ContentRecord, createRecords } from './content.ts';
import { beginSection } from './redis.ts';
import { memoryOf } from './servers.ts';
import { judge, median, medianRatio, row, say } from './table.ts';
import { createTitles } from './titles.ts';

const RECORDS = { full: 1_000_000, quick: 50_000 };
const ROUNDS = { full: 1, quick: 3 };
/** Of a page, its places, and half a content: two types, a quarter as many of each as there are pages. */
const RECORDS_PER_PAGE = 1 + CONTENTS_PER_PAGE + 0.5;
const SAMPLE_MS = 10;
const WANTED = { SQLite: 0.3, Postgres: 0.5 };
const MEMORY_GROWTH_MAX = 1.25;
const MEMORY_MEGABYTES_MAX = 250;

export async function measureLoadData(bench: Bench): Promise<void> {
  const records = bench.isQuick ? RECORDS.quick : RECORDS.full;
  const [whole, half] = [await writeFixture(bench, records), await writeFixture(bench, records / 2)];
  for (const name of ['SQLite', 'Postgres'] as const) await measureDatabase(bench, name, records, { whole, half });
}

type Files = Readonly<Record<'whole' | 'half', string>>;

async function measureDatabase(bench: Bench, name: 'SQLite' | 'Postgres', records: number, files: Files) {
  const createDatabase = async (): Promise<DatabaseAddress | undefined> => {
    if (name === 'SQLite') return { dialect: 'sqlite', path: join(bench.folder, `load-${crypto.randomUUID()}.db`) };
    const url = await bench.createPostgres();
    return url === undefined ? undefined : { dialect: 'postgres', url };
  };
  const own: number[] = [];
  const bare: number[] = [];
  const memory: Record<keyof Files, number[]> = { whole: [], half: [] };
  for (let round = 0; round < (bench.isQuick ? ROUNDS.quick : ROUNDS.full); round++) {
    for (const part of ['half', 'whole'] as const) {
      const address = await createDatabase();
      if (!beginSection('loaddata', { [name]: address }) || !address) return;
      const loaded = await load(bench, address, files[part]);
      memory[part].push(loaded.megabytes);
      if (part === 'whole') own.push(records / loaded.seconds);
    }
    const address = await createDatabase();
    if (address) bare.push(records / (await measureBare(bench, address, records)));
  }
  row([`loaddata, ${records} records, ${name}`, 'own', 'pair', 'ratio']);
  const rates = [median(own).toFixed(0), median(bare).toFixed(0)];
  const ratio = medianRatio(own, bare);
  judge(['records a second beside bare inserts', ...rates], ratio, `≥ ${WANTED[name]}`, ratio >= WANTED[name]);
  const [most, some] = [median(memory.whole), median(memory.half)];
  const growth = most / some;
  const cells = ['most memory, MB, beside half of the file', most.toFixed(0), some.toFixed(0)];
  // A short file ends before memory is what it will be.
  if (bench.isQuick) row([...cells, growth.toFixed(2)]);
  else judge(cells, growth, `≤ ${MEMORY_GROWTH_MAX}`, growth <= MEMORY_GROWTH_MAX);
  const share = most / MEMORY_MEGABYTES_MAX;
  judge(['most memory, MB, of what it may take', most.toFixed(0), `${MEMORY_MEGABYTES_MAX}`], share, '≤ 1', share <= 1);
  say();
}

/** The records of `createRecords`, with titles of many words. */
function* createLoad(records: number): Generator<ContentRecord> {
  const pages = Math.round(records / RECORDS_PER_PAGE);
  const titles = new Map(
    ['pages.page', 'pages.videocontent', 'pages.audiocontent'].map((label, seed) => [
      label,
      createTitles(label, pages, seed),
    ]),
  );
  for (const record of createRecords(pages)) {
    const title = titles.get(record.model)?.next();
    yield title?.value ? { ...record, fields: { ...record.fields, title: title.value.title } } : record;
  }
}

async function writeFixture(bench: Bench, records: number): Promise<string> {
  const path = join(bench.folder, `load-${records}.json`);
  const writer = Bun.file(path).writer();
  let before = '[';
  for (const record of createLoad(records)) {
    writer.write(`${before}${JSON.stringify(record)}`);
    before = ', ';
  }
  writer.write(']\n');
  await writer.end();
  return path;
}

function urlOf(address: DatabaseAddress): string {
  return address.dialect === 'postgres' ? address.url : `sqlite:${address.path}`;
}

async function migrate(bench: Bench, address: DatabaseAddress): Promise<void> {
  const settings = { DATABASE_URL: urlOf(address) };
  const { code, stderr } = await runProgram([bench.program], ['migrate'], { settings });
  if (code !== 0) throw new Error(stderr);
}

async function load(bench: Bench, address: DatabaseAddress, file: string) {
  await migrate(bench, address);
  const started = performance.now();
  const child = Bun.spawn([bench.program, 'loaddata', file], {
    env: { DATABASE_URL: urlOf(address) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let megabytes = 0;
  const sampler = setInterval(() => {
    // One that has ended has no memory.
    const now = child.exitCode === null ? memoryOf(child.pid) : 0;
    if (now > megabytes) megabytes = now;
  }, SAMPLE_MS);
  const code = await child.exited.finally(() => clearInterval(sampler));
  if (code !== 0) throw new Error(`loaddata ended with ${code}`);
  return { seconds: (performance.now() - started) / 1000, megabytes };
}

async function measureBare(bench: Bench, address: DatabaseAddress, count: number): Promise<number> {
  await migrate(bench, address);
  const records = [...createLoad(count)];
  const started = performance.now();
  await loadBare(address, records);
  return (performance.now() - started) / 1000;
}
