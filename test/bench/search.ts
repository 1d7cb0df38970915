/**
 * How fast titles are found and lists answered among 1,000,000 contents and 1,000,000 pages on both databases. The pair of
 * each figure is the same question to a hundredth of the rows, asked in turn: what grows with the rows has a large ratio.
 */
import { join } from 'node:path';
import { contentTypes } from '../../src/contents/index.ts';
import type { Database } from '../../src/db/connection.ts';
import { migrate } from '../../src/db/migrate.ts';
import { type DatabaseAddress, openDatabase } from '../../src/db/open.ts';
import { writeCursor } from '../../src/store/cursor.ts';
import { type Listing, listRows, type Sort } from '../../src/store/listing.ts';
import { PAGE_LABEL } from '../../src/store/pages.ts';
import { SEARCH_PAGE_ROWS, SEARCH_RESULTS_MAX, searchContents } from '../../src/store/search.ts';
import { choiceOf } from '../help/random.ts';
import type { Bench } from './bench.ts';
import { judge, row, say } from './table.ts';
import { createTitles, createVocabulary } from './titles.ts';
import { loadTitles } from './titles_load.ts';

const SIZES = { full: { titles: 2_000_000, rounds: 60 }, quick: { titles: 200_000, rounds: 20 } };
const PAIR_SHARE = 0.01;
const P95_MS_MAX = 25;
const RATIO_MAX = 10;
const LISTED_ROWS = 50;
const LABELS = contentTypes.map(({ label }) => label);
const SORTS: readonly Sort[] = ['id', '-id', 'title', '-title', 'updated', '-updated'];

/** A question, each time another of its kind. */
interface Question {
  readonly name: string;
  ask(database: Database, round: number): Promise<unknown>;
}

export async function measureSearch(bench: Bench): Promise<void> {
  const { titles, rounds } = bench.isQuick ? SIZES.quick : SIZES.full;
  const url = await bench.createPostgres();
  const pairUrl = await bench.createPostgres();
  const addresses: (readonly [DatabaseAddress, DatabaseAddress])[] = [[sqlite(bench, 'large'), sqlite(bench, 'small')]];
  if (url !== undefined && pairUrl !== undefined) {
    addresses.push([
      { dialect: 'postgres', url },
      { dialect: 'postgres', url: pairUrl },
    ]);
  }
  for (const [address, pairAddress] of addresses) {
    const began = performance.now();
    const database = await fill(bench, address, titles);
    const pair = await fill(bench, pairAddress, titles * PAIR_SHARE);
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    const half = (titles / 2).toLocaleString('en');
    row([
      `search, ${address.dialect}: ${half} contents, ${half} pages (${seconds} s)`,
      'p50, ms',
      'p95, ms',
      'of 1 %, p50',
      'ratio',
    ]);
    for (const question of createQuestions()) await measure(question, database, pair, rounds);
    say();
  }
}

function sqlite({ folder }: Bench, name: string): DatabaseAddress {
  return { dialect: 'sqlite', path: join(folder, `search-${name}.db`) };
}

async function fill(bench: Bench, address: DatabaseAddress, titles: number): Promise<Database> {
  await migrate(address);
  await loadTitles(address, titles);
  const database = openDatabase(address);
  bench.atEnd(() => database.close());
  return database;
}

async function measure({ name, ask }: Question, database: Database, pair: Database, rounds: number): Promise<void> {
  const times: number[] = [];
  const pairTimes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    pairTimes.push(await time(() => ask(pair, round)));
    times.push(await time(() => ask(database, round)));
  }
  const [middle, high, pairMiddle] = [quantile(times, 0.5), quantile(times, 0.95), quantile(pairTimes, 0.5)];
  const isAsWanted = high <= P95_MS_MAX && middle / pairMiddle <= RATIO_MAX;
  const cells = [name, ...[middle, high, pairMiddle].map((ms) => ms.toFixed(2))];
  judge(cells, middle / pairMiddle, `p95 < ${P95_MS_MAX} ms, ≤ ${RATIO_MAX}`, isAsWanted);
}

async function time(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function createQuestions(): Question[] {
  const words = createVocabulary();
  const choose = choiceOf(5);
  const wordOf = (from: number, to: number) => words[from + choose(to - from)] ?? '';
  const titles = [...createTitles('pages.audiocontent', 100, 0)].map(({ title }) => title);
  const letters = [...'abdefkmopqrstv', 'к', 'у'];
  const pages = SEARCH_RESULTS_MAX / SEARCH_PAGE_ROWS;
  const search = (name: string, term: (round: number) => string, page = () => 0, labels = LABELS): Question => ({
    name,
    ask: (database, round) => searchContents(database, term(round), labels, page()),
  });
  return [
    search('one letter', (round) => letters[round % letters.length] ?? ''),
    search('two letters', () => wordOf(0, 5000).slice(0, 2)),
    search('a common word', () => wordOf(0, 30)),
    search('a rare word', () => wordOf(10_000, words.length)),
    search('two words', () => `${wordOf(0, 30)} ${wordOf(0, 1000)}`),
    search('a part of a word', () => wordOf(0, words.length).slice(1, 5)),
    search('a part that goes on in the next word', () => `${wordOf(0, 1000).slice(-2)} ${wordOf(0, 30)}`),
    search('what is nowhere', (round) => `xyz${round}`),
    search('an id', () => String(1 + choose(5000))),
    search('a whole title', (round) => titles[round % titles.length] ?? ''),
    search(
      'a common word, one of the last pages',
      () => wordOf(0, 4),
      () => pages - 1 - choose(5),
    ),
    search(
      'nothing: all, one of the last pages',
      () => '',
      () => pages - 1 - choose(5),
    ),
    search(
      'pages: a common word',
      () => wordOf(0, 30),
      () => 0,
      [PAGE_LABEL],
    ),
    search(
      'pages: a part of a word',
      () => wordOf(0, words.length).slice(1, 5),
      () => 0,
      [PAGE_LABEL],
    ),
    search(
      'a model without contents: a common word',
      () => wordOf(0, 30),
      () => 0,
      ['pages.none'],
    ),
    ...[PAGE_LABEL, 'pages.videocontent'].flatMap((label) => SORTS.flatMap((sort) => createListQuestions(label, sort))),
    { name: 'list: pages.page with a term', ask: (database) => list(database, PAGE_LABEL, 'id', '', wordOf(0, 30)) },
  ];
}

/** The first part of a list, and one in its middle. */
function createListQuestions(label: string, sort: Sort): Question[] {
  const choose = choiceOf(9);
  const deep = async (database: Database) => {
    const id = 1 + choose(5000);
    const keys = { id, title: 'm', updated: Date.now() - 43_200_000 };
    const key =
      keys[sort === 'id' || sort === '-id' ? 'id' : sort === 'title' || sort === '-title' ? 'title' : 'updated'];
    return list(database, label, sort, writeCursor({ sort, direction: 'next', key, id }));
  };
  return [
    { name: `list: ${label} by ${sort}`, ask: (database) => list(database, label, sort, '') },
    { name: `list: ${label} by ${sort}, in the middle`, ask: deep },
  ];
}

function list(database: Database, label: string, sort: Sort, cursor: string, term = ''): Promise<Listing> {
  return listRows(database, { label, sort, cursor, term, limit: LISTED_ROWS });
}
