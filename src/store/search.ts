/**
 * Search over the titles of pages and of all content models, in one statement that reads little whatever the term:
 * four ways to match, each the beginning of an index in its order, and none is begun once those before it fill the page.
 *
 * 1. the id, for a term that is a number or `label:id`;
 * 2. the beginning of the title, by title: the whole title comes first by itself;
 * 3. the beginning of another word, by the title from that word on;
 * 4. anywhere else, that is, inside a word: by the rest of the word, then by the word, then by the title from the word on.
 *    A term that goes on in the next word is looked for behind the first SEARCHED_ENDS_MAX words that end in its beginning.
 *
 * All by code point; what is equal then by model and id. A title is found in one of these ways, and in it once.
 */
import { type SQL, sql } from 'drizzle-orm';
import type { Connection } from '../db/connection.ts';
import { toInteger, toText } from '../db/rows.ts';
import { byCodePoint, findSubstring, firstOfEach, forEachOf, startOnlyIf } from '../db/sql.ts';
import { compared, firstWordOf, fold, markWords, withoutMarks } from './search_words.ts';

/** Options a chooser shows at a time. */
export const SEARCH_PAGE_ROWS = 20;
/** There are no results behind these: who has paged so far types more of the title. */
export const SEARCH_RESULTS_MAX = 1000;
/** Pages on which a content stands are counted up to this. */
export const COUNTED_PAGES_MAX = 1000;
const TERM_CHARACTERS_MAX = 200;
/** Parts of words that are tried, those first that begin with the term alone. */
const SEARCHED_PARTS_MAX = 2000;
/** Words that are tried before a term that goes on in the next word. Hardly any has it there, so all of these are read. */
const SEARCHED_ENDS_MAX = 200;
/** Above all characters of titles. */
const LAST_CHARACTER = '\u{10ffff}';
/** Above what may stand behind a whole word in a marked text: its end, a mark, or a space. */
const BEHIND_WORD = '!';

export interface SearchResult {
  readonly label: string;
  readonly id: number;
  readonly title: string;
  /** On how many pages a content stands, COUNTED_PAGES_MAX at most; 0 for pages themselves. */
  readonly pages: number;
}

/**
 * Titles that the term is found in, best first: id, whole title, start of the title, start of a word, anywhere; a page of
 * SEARCH_PAGE_ROWS at a time. An empty term lists all by title. `%` and `_` are ordinary characters.
 * @param labels where to look: content models and `pages.page`
 * @param page 0-based
 */
export function searchContents(
  connection: Connection,
  term: string,
  labels: readonly string[],
  page = 0,
): Promise<{ results: SearchResult[]; more: boolean }> {
  return searchTitles(connection, term, labels, page * SEARCH_PAGE_ROWS, SEARCH_PAGE_ROWS);
}

/** As `searchContents`, from any result on. There are SEARCH_RESULTS_MAX results at most. */
export async function searchTitles(
  connection: Connection,
  term: string,
  labels: readonly string[],
  offset: number,
  limit: number,
): Promise<{ results: SearchResult[]; more: boolean }> {
  const wanted = Math.min(limit, SEARCH_RESULTS_MAX - offset);
  // No title has a NUL, and Postgres refuses to look for one.
  if (labels.length === 0 || wanted <= 0 || term.includes('\0')) return { results: [], more: false };
  const rows = await connection.rows(searchStatement(connection, readTerm(term), [...new Set(labels)], offset, wanted));
  const results = rows.slice(0, wanted).map((row) => ({
    label: toText(row.label),
    id: toInteger(row.id),
    title: toText(row.title),
    pages: toInteger(row.pages),
  }));
  return { results, more: rows.length > wanted && offset + wanted < SEARCH_RESULTS_MAX };
}

interface Term {
  readonly folded: string;
  readonly marked: string;
  /** The id a term names, of one model or of all. */
  readonly id: number | undefined;
  readonly label: string | undefined;
}

function readTerm(text: string): Term {
  // Cut between characters: half of a pair would match nothing.
  const folded = fold(text.slice(0, TERM_CHARACTERS_MAX).replace(/[\ud800-\udbff]$/, ''));
  const marked = compared(markWords(folded));
  const [, label, digits] = /^(?:([\w.]+):)?(\d{1,16})$/.exec(text.trim()) ?? [];
  const id = Number(digits);
  return { folded: withoutMarks(marked), marked, id: Number.isSafeInteger(id) ? id : undefined, label };
}

function searchStatement(
  connection: Connection,
  term: Term,
  labels: readonly string[],
  offset: number,
  limit: number,
): SQL {
  const { dialect, tables } = connection;
  const { searchEntry: entry, pageContent: link } = tables;
  const union = (of: (search: Search) => SQL) =>
    forEachOf(dialect, labels, (each) => of({ connection, term, label: each, max: offset + limit + 1 }));
  const label = byCodePoint(dialect, sql`label`);
  const keys = [sql`one`, sql`two`, sql`three`].map((key) => byCodePoint(dialect, key));
  const order = sql`rank, ${sql.join(keys, sql`, `)}, ${label}, id`;
  return sql`
    with ids as materialized (${union(findIds)}),
    titles as materialized (${union(findTitles)}),
    words as materialized (${union(findWords)}),
    found as materialized (select * from ids union all select * from titles union all select * from words),
    parts as materialized (${union(findParts)}),
    shown as (select * from (select * from found union all select * from parts) every
      order by ${order} limit ${sql.raw(String(limit + 1))} offset ${sql.raw(String(offset))})
    select shown.label, shown.id, ${entry.title} as title, (select count(*) from (
        select distinct ${link.page_id} from ${link}
        where ${link.content_type} = shown.label and ${link.object_id} = shown.id limit ${sql.raw(String(COUNTED_PAGES_MAX))}) counted) as pages
    from shown join ${entry} on ${entry.content_type} = shown.label and ${entry.object_id} = shown.id
    order by ${order}`;
}

const NOTHING = sql`select 0 as rank, '' as one, '' as two, '' as three, '' as label, 0 as id where 1 = 0`;

/** One label's share of a search. */
interface Search {
  readonly connection: Connection;
  readonly term: Term;
  /** An expression. */
  readonly label: SQL;
  /** Rows that are enough. */
  readonly max: number;
}

/** True for what the term names by its id. */
function isNamed({ term }: Search, label: SQL, id: SQL): SQL {
  const isId = sql`${id} = ${term.id ?? 0}`;
  return term.label === undefined ? isId : sql`(${label} = ${term.label} and ${isId})`;
}

function findIds(search: Search): SQL {
  const { connection, term, label } = search;
  if (term.id === undefined) return NOTHING;
  const { searchEntry: entry } = connection.tables;
  return sql`
    select 0 as rank, '' as one, '' as two, '' as three, content_type as label, object_id as id
    from ${entry} where content_type = ${label} and ${isNamed(search, sql`content_type`, sql`object_id`)}`;
}

/** Leaves out what its id has found. */
function butIds(search: Search): SQL {
  return search.term.id === undefined ? sql`` : sql` and not ${isNamed(search, sql`content_type`, sql`object_id`)}`;
}

function findTitles(search: Search): SQL {
  const { connection, term, label, max } = search;
  const { searchWord: word } = connection.tables;
  return sql`
    select case when start = ${term.marked} then 1 else 2 end as rank, start as one, '' as two, '' as three, content_type as label, object_id as id
    from ${word} where content_type = ${label} and position = 1
      and start >= ${term.marked} and start < ${term.marked + LAST_CHARACTER}${butIds(search)}
    order by start, object_id limit ${sql.raw(String(max))}`;
}

function findWords(search: Search): SQL {
  // Every title begins with nothing.
  if (search.term.marked === '') return NOTHING;
  const { connection, term, label, max } = search;
  const { searchWord: word } = connection.tables;
  const length = sql.raw(String(term.marked.length));
  const start = startOnlyIf(connection.dialect, sql`(select count(*) from titles) < ${sql.raw(String(max))}`, max);
  return sql`
    select 3 as rank, start as one, '' as two, '' as three, content_type as label, object_id as id
    from ${word} where ${start.where} and content_type = ${label} and position > 1 and repeated < ${length}
      and start >= ${term.marked} and start < ${term.marked + LAST_CHARACTER}${butIds(search)}
    order by start, object_id limit ${start.limit}`;
}

/** Titles in which the term is found inside a word for the first time, behind no word's beginning. */
function findParts(search: Search): SQL {
  if (search.term.marked === '') return NOTHING;
  const { connection, term, label, max } = search;
  const { dialect, tables } = connection;
  const { searchWord, searchPart, searchEntry: entry } = tables;
  const head = firstWordOf(term.marked);
  const tail = term.marked.slice(head.length);
  const last = tail === '' ? head + LAST_CHARACTER : head;
  const tried = tail === '' ? SEARCHED_PARTS_MAX : SEARCHED_ENDS_MAX;
  const within = (part: SQL) =>
    sql`${part}.content_type = ${label} and ${part}.part >= ${head} and ${part}.part <= ${last}`;
  const bound = (column: SQL) => sql`coalesce((select ${column} from ${searchPart} b where ${within(sql`b`)}
    order by b.part, b.word limit 1 offset ${sql.raw(String(tried))}), ${LAST_CHARACTER})`;
  const from = sql`p.word || ${tail}`;
  const to = sql`p.word || ${tail === '' ? BEHIND_WORD : tail + LAST_CHARACTER}`;
  const outer = {
    columns: sql`p.part, p.word`,
    from: sql`${searchPart} p`,
    where: sql`${within(sql`p`)} and (p.part, p.word) < (${bound(sql`b.part`)}, ${bound(sql`b.word`)})
      and not exists (select 1 from ${searchPart} q where q.content_type = ${label} and q.part = p.part and q.word = p.word
        and q.skipped = p.skipped and q.object_id < p.object_id)`,
    order: sql`p.part, p.word, p.skipped, p.object_id`,
  };
  const inner = {
    columns: sql`w.start, w.object_id`,
    from: sql`${searchWord} w cross join ${entry} e`,
    where: sql`w.content_type = ${label} and w.start >= ${from} and w.start < ${to}
      and e.content_type = w.content_type and e.object_id = w.object_id
      and ${findSubstring(dialect, sql`e.folded`, term.folded)} = w.position + p.skipped
      and w.object_id not in (select id from found where label = ${label})`,
    order: sql`w.start, w.object_id`,
  };
  const isPageOpen = sql`(select count(*) from found) < ${sql.raw(String(max))}`;
  const parts = firstOfEach(dialect, { outer, inner, name: 'w' }, isPageOpen, max);
  return sql`select 4 as rank, part as one, word as two, start as three, ${label} as label, object_id as id from (${parts}) inside`;
}
