/** Makes search know what was stored before it did: entries, words and parts of all pages and contents. */
import { sql } from 'drizzle-orm';
import { contentTypes } from '../contents/index.ts';
import type { Connection, Database } from '../db/connection.ts';
import { toInteger, toText } from '../db/rows.ts';
import { lockForEditing } from '../db/sql.ts';
import { PAGE_LABEL } from './pages.ts';
import { rewriteSearchEntries, type Titled } from './search_entries.ts';

/** Raise it with every change of what titles are folded to or taken apart into: hubs then write their entries anew. */
export const SEARCH_VERSION = 1;
const BATCH_ROWS = 500;

/**
 * Writes the entries of all titles unless they are known to be complete, in small transactions: hubs go on meanwhile, and
 * a run that was interrupted is begun again. To be run when migrations were applied.
 * @returns how many titles it went through, 0 when there was nothing to do
 * @throws AppError `unavailable`
 */
export async function completeSearch(database: Database): Promise<number> {
  const { searchState: state } = database.tables;
  const known = await database.rows(sql`select 1 from ${state} where ${state.version} = ${SEARCH_VERSION}`);
  if (known.length > 0) return 0;
  let count = 0;
  const models = [{ label: PAGE_LABEL, table: 'pages_page' }, ...contentTypes];
  for (const { label, table } of models) {
    for (let after: number | undefined = 0; after !== undefined; ) {
      const from: number = after;
      const titled = await database.tx((tx) => completeBatch(tx, label, table, from));
      count += titled.length;
      after = titled.length < BATCH_ROWS ? undefined : titled.at(-1)?.id;
    }
  }
  await database.tx((tx) =>
    tx.rows(sql`
      insert into ${state} (id, version) values (1, ${SEARCH_VERSION})
      on conflict (id) do update set version = excluded.version`),
  );
  return count;
}

async function completeBatch(tx: Connection, label: string, table: string, after: number): Promise<Titled[]> {
  const rows = await tx.rows(sql`
    select id, title from ${sql.identifier(table)} where id > ${after}
    order by id limit ${BATCH_ROWS} ${lockForEditing(tx.dialect)}`);
  const titled = rows.map((row) => ({ id: toInteger(row.id), title: toText(row.title) }));
  await rewriteSearchEntries(tx, label, titled);
  return titled;
}
