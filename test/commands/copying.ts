/** What the tests of backup, restore and move share. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { parseArguments, UsageError } from '../../src/commands/arguments.ts';
import { commands } from '../../src/commands/index.ts';
import { readConfig } from '../../src/config.ts';
import type { Database, Dialect } from '../../src/db/connection.ts';
import { openDatabase } from '../../src/db/open.ts';
import { moment, valuesTable } from '../../src/db/sql.ts';
import { AppError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { createPage } from '../../src/store/pages.ts';
import { TESTER } from '../help/actor.ts';
import { createTestDatabase, type EmptyDatabase } from '../help/databases.ts';
import { fillDatabase, takeInventory } from '../help/full_hub.ts';
import { cleanEnvironment, type Outcome, SOURCE } from '../help/program.ts';

const MANY_ROWS = 60_000;
const BATCH_ROWS = 5000;
/** Times grow from what the program takes to begin to whatever it takes to end, on a busy machine too. */
const KILL_FIRST_MS = 100;
const KILL_GROWTH = 1.35;

/** A database with everything in it; closed, so that nobody uses it. */
export async function createFull(dialect: Dialect): Promise<EmptyDatabase> {
  const full = await createTestDatabase(dialect);
  await fillDatabase(full.database);
  await full.database.close();
  return full;
}

/** Runs a command on a database, in this process: on a busy machine a process of its own takes seconds to begin. */
export async function run(
  { url }: Pick<EmptyDatabase, 'url'>,
  [name, ...argv]: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  const environment = cleanEnvironment({ DATABASE_URL: url, ...settings });
  let stdout = '';
  try {
    const code = await command.run({
      arguments: parseArguments(argv, command.options),
      environment,
      log: createLog('info', 'json', () => {}),
      interruption: new AbortController().signal,
      readConfig: () => readConfig(environment),
      async print(text) {
        stdout += text;
      },
    });
    return { code, stdout, stderr: '' };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { code: error instanceof UsageError ? 2 : 1, stdout, stderr: `contenthub: ${error.message}\n` };
  }
}

/** The same, and what it printed. @throws Error with what it said when it does not end with 0 */
export async function succeed(...args: Parameters<typeof run>): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  if (code !== 0) throw new Error(`${args[1].join(' ')} ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}

/** The one line of a command that failed, without the program's name. @throws Error when it did not fail like that */
export async function failure(...args: Parameters<typeof run>): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  const [, line] = /^contenthub: (.*)\n$/.exec(stderr) ?? [];
  if (code !== 1 || line === undefined || stdout !== '') {
    throw new Error(`${args[1].join(' ')} ended with ${code}: ${stderr}${stdout}`);
  }
  return line;
}

/** Opens a database for a look: as long as it is open, it is in use. */
export async function look<T>({ address }: EmptyDatabase, at: (database: Database) => Promise<T>): Promise<T> {
  const database = openDatabase(address);
  try {
    return await at(database);
  } finally {
    await database.close();
  }
}

/** Everything that is in the database. */
export function inspect(target: EmptyDatabase): Promise<Record<string, string[]>> {
  return look(target, takeInventory);
}

/** Makes a page, for its id. */
export function makePage(target: EmptyDatabase): Promise<number> {
  const page = { title: 'Next', url: 'https://example.org/' };
  return look(target, (database) => database.tx((tx) => createPage(tx, TESTER, page)));
}

/** A process of the program that is ended by the test, not by itself. */
export function start(
  { url }: EmptyDatabase,
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
) {
  return Bun.spawn([...SOURCE, ...args], {
    env: cleanEnvironment({ DATABASE_URL: url, ...settings }),
    stdout: 'ignore',
    stderr: 'ignore',
  });
}

/** A PATH on which there are none of Postgres's programs. */
export function pathWithoutTools(folder: string): string {
  const path = join(folder, 'bin');
  mkdirSync(path, { recursive: true });
  symlinkSync(process.execPath, join(path, 'bun'));
  return path;
}

/** Adds enough rows that copying them takes a moment in which it can be broken off. */
export function enlarge(target: EmptyDatabase): Promise<void> {
  return look(target, (database) =>
    database.tx(async (tx) => {
      for (let from = 0; from < MANY_ROWS; from += BATCH_ROWS) {
        const rows = Array.from({ length: BATCH_ROWS }, (_, n) => [`source ${from + n}`, n] as const);
        await tx.rows(sql`
          insert into ${tx.tables.orphan} (source, label, batch_id, id, n, reason, created_at)
          select v.source, 'pages.videocontent', 'a batch of many', 'an id', v.n, 'rewound', ${moment(tx.dialect, new Date())}
          from ${valuesTable(tx.dialect, { source: 'text', n: 'bigint' }, rows)}`);
      }
    }),
  );
}

/**
 * Starts a command and kills it (SIGKILL) after some time, a longer one at each turn, until it is through.
 * @param isThrough is asked each time after it was killed: what there is then must be nothing or all
 * @returns how often it was killed in the middle
 */
export async function killOften(
  target: EmptyDatabase,
  args: readonly string[],
  isThrough: () => Promise<boolean>,
): Promise<number> {
  for (let kills = 0; ; kills++) {
    const process = start(target, args);
    const timer = setTimeout(() => process.kill('SIGKILL'), KILL_FIRST_MS * KILL_GROWTH ** kills);
    await process.exited;
    clearTimeout(timer);
    if (process.exitCode === 0) return kills;
    if (process.signalCode === null) throw new Error(`${args.join(' ')} ended with ${process.exitCode}`);
    // It may have been through already, and only not have ended.
    if (await isThrough()) return kills;
  }
}
