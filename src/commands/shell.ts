import { start } from 'node:repl';
import { sql } from 'drizzle-orm';
import { contentTypes } from '../contents/index.ts';
import type { Database } from '../db/connection.ts';
import { describeAddress } from '../db/open.ts';
import * as contents from '../store/contents.ts';
import { createPage, readPages, removePage, updatePage } from '../store/pages.ts';
import { searchContents } from '../store/search.ts';
import * as users from '../store/users.ts';
import type { Command } from './command.ts';
import { withDatabase } from './open.ts';

const WELCOME = `At hand: database, sql, types, pages, contents, search, users. await works; .exit leaves.
  await pages.find(1)
  await database.rows(sql\`select count(*) from pages_page\`)
  await database.tx((tx) => contents.createContent(tx, types.audio, { title: 'A', text: 'B' }))
`;

export const shellCommand: Command = {
  name: 'shell',
  summary: 'a JavaScript prompt with the stores at hand',
  operands: '',
  operandsMax: 0,
  options: [],
  async run({ readConfig, print }) {
    const config = readConfig();
    return withDatabase(config, async (database) => {
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

/** What stands in the prompt's scope. */
function shellContext(database: Database): Readonly<Record<string, unknown>> {
  return {
    database,
    sql,
    types: Object.fromEntries(contentTypes.map((type) => [type.type, type])),
    pages: { ...readPages(database), createPage, updatePage, removePage },
    contents,
    search: (term: string) =>
      searchContents(
        database,
        term,
        contentTypes.map((type) => type.label),
      ),
    users,
  };
}
