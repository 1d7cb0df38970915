import { start } from 'node:repl';
import { runInThisContext } from 'node:vm';
import { sql } from 'drizzle-orm';
import { contentTypes } from '../contents/index.ts';
import type { Connection, Database } from '../db/connection.ts';
import { describeAddress } from '../db/open.ts';
import * as contents from '../store/contents.ts';
import { type Actor, commandActor } from '../store/history.ts';
import { readPages } from '../store/page_reader.ts';
import { createPage, removePage, updatePage } from '../store/pages.ts';
import { searchContents } from '../store/search.ts';
import * as users from '../store/users.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { withDatabase } from './open.ts';

const WELCOME = `At hand: database, sql, types, pages, contents, search, users. await works; .exit leaves.
  await pages.find(1)
  await database.rows(sql\`select count(*) from pages_page\`)
  await database.tx((tx) => contents.createContent(tx, types.audio, { title: 'A', text: 'B' }))
`;

export const shellCommand: Command = {
  name: 'shell',
  summary: 'a JavaScript prompt with the stores at hand; runs what is piped into it',
  operands: '',
  operandsMax: 0,
  options: [],
  async run({ readConfig, print }) {
    const config = readConfig();
    return withDatabase(config, async (database) => {
      if (!process.stdin.isTTY) {
        await runScript(await new Response(Bun.stdin.stream()).text(), shellContext(database), print);
        return 0;
      }
      print(`ContentHub shell on ${describeAddress(config.database)}\n${WELCOME}`);
      const repl = start({ prompt: 'contenthub> ', useGlobal: false });
      Object.assign(repl.context, shellContext(database));
      const { promise, resolve } = Promise.withResolvers<void>();
      repl.once('exit', resolve);
      await promise;
      return 0;
    });
  },
};

/**
 * Runs what was piped in, as the body of an async function; of a single expression it prints the value.
 * @throws UsageError when it is not JavaScript, and whatever it throws
 */
async function runScript(
  text: string,
  context: Readonly<Record<string, unknown>>,
  print: (text: string) => Promise<void>,
): Promise<void> {
  const expression = text.trim().replace(/;+$/, '');
  const asExpression = compile(`return (${expression}\n)`, context);
  const script = typeof asExpression === 'function' ? asExpression : compile(text, context);
  if (typeof script !== 'function') throw new UsageError(`shell: not JavaScript: ${script.message}`);
  const value: unknown = await script(context);
  if (value !== undefined) await print(`${typeof value === 'string' ? value : Bun.inspect(value)}\n`);
}

type Script = (context: Readonly<Record<string, unknown>>) => Promise<unknown>;

/** The function with this body and the context's names in scope, or why there is none. */
function compile(body: string, context: Readonly<Record<string, unknown>>): Script | SyntaxError {
  try {
    return runInThisContext(`(async ({ ${Object.keys(context).join(', ')} }) => {${body}\n})`, { filename: 'stdin' });
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}

/** A function of a store that asks who acts, for the person at the prompt. */
function asShell<Args extends unknown[], Result>(
  edit: (tx: Connection, actor: Actor, ...rest: Args) => Promise<Result>,
): (tx: Connection, ...rest: Args) => Promise<Result> {
  return (tx, ...rest) => edit(tx, commandActor('shell'), ...rest);
}

/** What stands in the prompt's scope. */
function shellContext(database: Database): Readonly<Record<string, unknown>> {
  const reader = readPages(database);
  return {
    database,
    sql,
    types: Object.fromEntries(contentTypes.map((type) => [type.type, type])),
    pages: {
      list: reader.list,
      async find(id: number) {
        const page = await reader.find(id);
        return page === undefined ? null : JSON.parse(new TextDecoder().decode(page.json));
      },
      createPage: asShell(createPage),
      updatePage: asShell(updatePage),
      removePage: asShell(removePage),
    },
    contents: {
      ...contents,
      createContent: asShell(contents.createContent),
      updateContent: asShell(contents.updateContent),
      removeContent: asShell(contents.removeContent),
    },
    search: (term: string) =>
      searchContents(
        database,
        term,
        contentTypes.map((type) => type.label),
      ),
    users: {
      ...users,
      createUser: asShell(users.createUser),
      updateUser: asShell(users.updateUser),
      setPassword: asShell(users.setPassword),
    },
  };
}
