/**
 * Search over the titles of all content models in one table. SQLite's `lower` and `LIKE` fold ASCII only, so both
 * databases compare `folded` titles that `fold` made: what matches is the same on both.
 */
import { sql } from 'drizzle-orm';
import type { Connection } from '../db/connection.ts';
import { toInteger, toText } from '../db/rows.ts';
import { byCodePoint, findSubstring } from '../db/sql.ts';

/** Options a chooser shows at a time. */
export const SEARCH_PAGE_ROWS = 20;
const TERM_CHARACTERS_MAX = 200;
// Accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic. Marks that are letters of their own (Indic vowel
// signs, Japanese voicing) stay.
const ACCENTS = /[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670]/g;

/** A text without case, accents and doubled spaces: `«Мимолётное»` and `мимолетное` compare equal but for the quotes. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(ACCENTS, '')
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .normalize('NFKC')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

export interface SearchResult {
  readonly label: string;
  readonly id: number;
  readonly title: string;
}

/**
 * Contents whose title contains the term, best first: exact, start of the title, start of a word, anywhere.
 * An empty term lists all by title. `%` and `_` are ordinary characters.
 * @param page 0-based; each holds SEARCH_PAGE_ROWS
 */
export async function searchContents(
  connection: Connection,
  term: string,
  labels: readonly string[],
  page = 0,
): Promise<{ results: SearchResult[]; more: boolean }> {
  // No title has a NUL, and Postgres refuses to look for one.
  if (labels.length === 0 || term.includes('\0')) return { results: [], more: false };
  const { searchEntry: entry } = connection.tables;
  // Cut between characters: half of a pair would match nothing.
  const folded = fold(term.slice(0, TERM_CHARACTERS_MAX).replace(/[\ud800-\udbff]$/, ''));
  const place = findSubstring(connection.dialect, sql`${entry.folded}`, folded);
  const wordPlace = findSubstring(connection.dialect, sql`${entry.folded}`, ` ${folded}`);
  const rows = await connection.rows(sql`
    select ${entry.content_type} as label, ${entry.object_id} as id, ${entry.title} as title
    from ${entry}
    where ${entry.content_type} in ${[...labels]} and ${place} > 0
    order by case when ${entry.folded} = ${folded} then 0 when ${place} = 1 then 1 when ${wordPlace} > 0 then 2 else 3 end,
      ${byCodePoint(connection.dialect, entry.folded)}, ${byCodePoint(connection.dialect, entry.content_type)}, ${entry.object_id}
    limit ${SEARCH_PAGE_ROWS + 1} offset ${page * SEARCH_PAGE_ROWS}`);
  const results = rows
    .slice(0, SEARCH_PAGE_ROWS)
    .map((row) => ({ label: toText(row.label), id: toInteger(row.id), title: toText(row.title) }));
  return { results, more: rows.length > SEARCH_PAGE_ROWS };
}

/** Writes what search knows of contents of one type; called in the transaction that writes the contents. */
export async function writeSearchEntries(
  tx: Connection,
  label: string,
  contents: readonly { readonly id: number; readonly title: string }[],
): Promise<void> {
  if (contents.length === 0) return;
  const { searchEntry: entry } = tx.tables;
  const values = contents.map(({ id, title }) => sql`(${label}, ${id}, ${title}, ${fold(title)})`);
  await tx.rows(sql`
    insert into ${entry} (content_type, object_id, title, folded) values ${sql.join(values, sql`, `)}
    on conflict (content_type, object_id) do update set title = excluded.title, folded = excluded.folded`);
}

/** Forgets a content that is being removed. */
export async function removeSearchEntry(tx: Connection, label: string, id: number): Promise<void> {
  const { searchEntry: entry } = tx.tables;
  await tx.rows(sql`delete from ${entry} where ${entry.content_type} = ${label} and ${entry.object_id} = ${id}`);
}
