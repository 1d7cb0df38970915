/** What the sections of the benchmark share: programs to measure, databases with content, and an orderly end. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase, startPostgres } from '../help/postgres.ts';
import { buildBinary, runProgram } from '../help/program.ts';
import { createFixture } from './content.ts';
import { compile, type Server, startServer } from './servers.ts';

/** Connections of the load generator. */
export const CONNECTIONS = 16;

export interface Bench {
  readonly isQuick: boolean;
  /** Throwaway. */
  readonly folder: string;
  /** The executable. */
  readonly program: string;
  /** Where wrk is, if it is there. */
  readonly wrk: string | undefined;
  /** Registers what ends something; called in reverse order when the section is over. */
  atEnd(close: () => unknown): void;
  /** Compiles a file of this folder, once; returns the executable's path. */
  compile(name: string): Promise<string>;
  /** An empty database on a Postgres that all sections share; undefined where there is none: a benchmark installs nothing. */
  createPostgres(): Promise<string | undefined>;
}

/** Collects what ends something. */
export function createClosers(): { add(close: () => unknown): void; closeAll(): Promise<void> } {
  const closers: (() => unknown)[] = [];
  return {
    add: (close) => void closers.push(close),
    async closeAll() {
      for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
        try {
          await close();
        } catch (error) {
          console.error(error);
        }
      }
    },
  };
}

/** Builds the executable. @param atEnd registers what ends with the whole benchmark */
export async function openBench(isQuick: boolean, atEnd: Bench['atEnd']): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'contenthub-bench-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  // A copy, which nobody builds again meanwhile.
  const program = join(folder, 'contenthub');
  copyFileSync(await buildBinary(), program);
  const compiled = new Map<string, Promise<string>>();
  let server: Promise<string | undefined> | undefined;

  async function findPostgres(): Promise<string | undefined> {
    const places = ['/usr/lib/postgresql', '/opt/homebrew/opt/postgresql'];
    const isThere =
      process.env.TEST_POSTGRES_URL || Bun.which('postgres') || Bun.which('pg_config') || places.some(existsSync);
    if (!isThere) return undefined;
    const found = await startPostgres();
    atEnd(() => found.stop());
    return found.url;
  }

  return {
    isQuick,
    folder,
    program,
    wrk: Bun.which('wrk') ?? undefined,
    atEnd,
    compile(name) {
      const path = compiled.get(name) ?? compile(name, folder);
      compiled.set(name, path);
      return path;
    },
    async createPostgres() {
      server ??= findPostgres();
      const url = await server;
      if (url === undefined) return undefined;
      const database = await createDatabase(url);
      atEnd(() => database.drop());
      return database.url;
    },
  };
}

/** A database with the content in it. */
export interface Filled {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** Migrates a database and loads so many pages, contents of each type, and contents on each page. */
export async function fill(
  { program, folder }: Bench,
  name: string,
  url: string,
  pages: number,
  contents?: number,
  perPage?: number,
): Promise<Filled> {
  const settings = { DATABASE_URL: url };
  const fixture = join(folder, `content-${pages}-${contents}-${perPage}.json`);
  if (!existsSync(fixture)) await Bun.write(fixture, createFixture(pages, contents, perPage));
  for (const args of [['migrate'], ['loaddata', fixture]]) {
    const { code, stderr } = await runProgram([program], args, { settings });
    if (code !== 0) throw new Error(stderr);
  }
  return { name, settings };
}

/** The roles of a hub, each a process of its own. */
export interface Parts {
  readonly web: Server;
  readonly worker: Server;
  readonly beat: Server;
}

/** Starts the three roles of a hub. They stop with the section. */
export async function startParts(bench: Bench, settings: Readonly<Record<string, string>>): Promise<Parts> {
  const start = async (role: string) => {
    const server = await startServer([bench.program, `--${role}`], '/livez', settings);
    bench.atEnd(() => server.stop());
    return server;
  };
  return { worker: await start('worker'), beat: await start('beat'), web: await start('web') };
}
