/** What search knows of pages and contents (`search.ts`), written in the transactions that write those. */
import { type SQL, sql } from 'drizzle-orm';
import type { Connection } from '../db/connection.ts';
import { toInteger, toText } from '../db/rows.ts';
import { isOneOf, valuesTable } from '../db/sql.ts';
import { fold, partsOf, wordsOf } from './search_words.ts';

/** What has a title to be found by. */
export interface Titled {
  readonly id: number;
  readonly title: string;
}

export const WORD = { object_id: 'bigint', position: 'bigint', start: 'text', repeated: 'bigint' } as const;
const PART = { part: 'text', word: 'text', skipped: 'bigint', object_id: 'bigint' } as const;
/** Rows in one statement: a title may have hundreds. */
const ROWS_PER_STATEMENT = 5000;

/**
 * Writes what search knows of pages or of contents of one type; called in the transaction that writes those.
 * Titles that are known already cost little.
 */
export async function writeSearchEntries(tx: Connection, label: string, titled: readonly Titled[]): Promise<void> {
  const created = await createEntries(tx, label, titled);
  const kept = titled.filter(({ id }) => !created.has(id));
  const changed = await updateEntries(tx, label, kept);
  await removeWords(tx, label, [...changed]);
  const isNew = ({ id }: Titled) => created.has(id) || changed.has(id);
  await writeWords(tx, label, titled.filter(isNew));
}

/** Writes entries and words of titles whatever is known of them. */
export async function rewriteSearchEntries(tx: Connection, label: string, titled: readonly Titled[]): Promise<void> {
  await removeSearchEntries(
    tx,
    label,
    titled.map(({ id }) => id),
  );
  await writeSearchEntries(tx, label, titled);
}

export const ENTRY = { object_id: 'bigint', title: 'text', folded: 'text' } as const;

function entriesOf(tx: Connection, titled: readonly Titled[]): SQL {
  const rows = titled.map(({ id, title }) => [id, title, fold(title)]);
  return valuesTable(tx.dialect, ENTRY, rows);
}

/** @returns the ids of those that had no entry */
async function createEntries(tx: Connection, label: string, titled: readonly Titled[]): Promise<ReadonlySet<number>> {
  if (titled.length === 0) return new Set();
  // `where true` tells SQLite that `on` begins no join's condition.
  const rows = await tx.rows(sql`
    insert into ${tx.tables.searchEntry} (content_type, object_id, title, folded)
    select ${label}, v.object_id, v.title, v.folded from ${entriesOf(tx, titled)} where true
    on conflict do nothing returning object_id`);
  return new Set(rows.map((row) => toInteger(row.object_id)));
}

/**
 * Writes titles of entries that exist. As an insert that meets them, because SQLite joins a list of values without an
 * index: each with every entry of its type.
 * @returns the ids of those whose titles are others now
 */
async function updateEntries(tx: Connection, label: string, titled: readonly Titled[]): Promise<ReadonlySet<number>> {
  if (titled.length === 0) return new Set();
  const { searchEntry: entry } = tx.tables;
  const rows = await tx.rows(sql`
    insert into ${entry} (content_type, object_id, title, folded)
    select ${label}, v.object_id, v.title, v.folded from ${entriesOf(tx, titled)} where true
    on conflict (content_type, object_id) do update set title = excluded.title, folded = excluded.folded
    where ${entry.title} <> excluded.title or ${entry.folded} <> excluded.folded
    returning object_id`);
  return new Set(rows.map((row) => toInteger(row.object_id)));
}

async function writeWords(tx: Connection, label: string, titled: readonly Titled[]): Promise<void> {
  const { searchWord } = tx.tables;
  const idByWord = new Map<string, number>();
  const rows: (readonly [number, number, string, number])[] = [];
  for (const { id, title } of titled) {
    for (const { position, start, repeated, word } of wordsOf(fold(title))) {
      rows.push([id, position, start, repeated]);
      idByWord.set(word, id);
    }
  }
  await inBatches(rows, (some) =>
    tx.rows(sql`
      insert into ${searchWord} (content_type, object_id, position, start, repeated)
      select ${label}, v.object_id, v.position, v.start, v.repeated from ${valuesTable(tx.dialect, WORD, some)} where true
      on conflict (content_type, object_id, position) do update set start = excluded.start, repeated = excluded.repeated`),
  );
  await writeParts(tx, label, idByWord);
}

/** Writes the parts of words that the model does not know yet. */
async function writeParts(tx: Connection, label: string, idByWord: Map<string, number>): Promise<void> {
  const { searchPart } = tx.tables;
  const words = [...idByWord.keys()].flatMap((word) =>
    partsOf(word)
      .slice(0, 1)
      .map((part) => [word, part]),
  );
  await inBatches(words, async (some) => {
    // Joined like this, Postgres looks each word up in the index, also by a plan it made when the table was empty.
    const known = await tx.rows(sql`
      select v.word from ${valuesTable(tx.dialect, { word: 'text', part: 'text' }, some)} where (select 1 from ${searchPart}
        where ${searchPart.content_type} = ${label} and ${searchPart.part} = v.part and ${searchPart.word} = v.word limit 1) = 1`);
    for (const row of known) idByWord.delete(toText(row.word));
  });
  const parts = [...idByWord].flatMap(([word, id]) =>
    partsOf(word).map((part, before) => [part, word, before + 1, id] as const),
  );
  await inBatches(parts, (some) =>
    tx.rows(sql`
      insert into ${searchPart} (content_type, part, word, skipped, object_id)
      select ${label}, v.part, v.word, v.skipped, v.object_id from ${valuesTable(tx.dialect, PART, some)} where true
      on conflict do nothing`),
  );
}

async function inBatches<T>(rows: readonly T[], write: (some: readonly T[]) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    await write(rows.slice(from, from + ROWS_PER_STATEMENT));
  }
}

/** Forgets pages, or contents of one type, that are being removed. Their words stay known: others may have them. */
export async function removeSearchEntries(tx: Connection, label: string, ids: readonly number[]): Promise<void> {
  const { searchEntry: entry } = tx.tables;
  await tx.rows(sql`
    delete from ${entry} where ${entry.content_type} = ${label} and ${isOneOf(tx.dialect, entry.object_id, ids)}`);
  await removeWords(tx, label, ids);
}

async function removeWords(tx: Connection, label: string, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  const { searchWord } = tx.tables;
  await tx.rows(sql`
    delete from ${searchWord}
    where ${searchWord.content_type} = ${label} and ${isOneOf(tx.dialect, searchWord.object_id, ids)}`);
}
