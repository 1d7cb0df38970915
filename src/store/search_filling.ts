/** What search knows of a hub that is being filled: as `search_entries.ts` writes it, without asking what is known already. */
import { sql } from 'drizzle-orm';
import type { Connection } from '../db/connection.ts';
import { valuesTable } from '../db/sql.ts';
import { ENTRY, type Titled, WORD } from './search_entries.ts';
import { fold, wordsOf } from './search_words.ts';

export const SEARCH_TABLES = ['pages_searchentry', 'pages_searchword', 'pages_searchpart'] as const;

/** Words whose parts are written at once: together they are sorted, which the index of parts needs. */
const WORDS_AT_ONCE = 20_000;
/** Words of a model that are remembered, twice at most. */
const REMEMBERED_WORDS_MAX = 50_000;
const WORD_OF_OBJECT = { word: 'text', object_id: 'bigint' } as const;

/** Writes into tables that are empty, and that nobody else writes to. */
export class SearchFilling {
  readonly #tx: Connection;
  readonly #words = new Map<string, NewWords>();

  constructor(tx: Connection) {
    this.#tx = tx;
  }

  /** Writes what is known of titles; each object comes once. */
  async add(label: string, titled: readonly Titled[]): Promise<void> {
    const { dialect, tables } = this.#tx;
    const newWords = this.#words.get(label) ?? new NewWords();
    this.#words.set(label, newWords);
    const entries: (readonly [number, string, string])[] = [];
    const words: (readonly [number, number, string, number])[] = [];
    for (const { id, title } of titled) {
      const folded = fold(title);
      entries.push([id, title, folded]);
      for (const { position, start, repeated, word } of wordsOf(folded)) {
        words.push([id, position, start, repeated]);
        newWords.add(word, id);
      }
    }
    await Promise.all([
      this.#tx.rows(sql`
        insert into ${tables.searchEntry} (content_type, object_id, title, folded)
        select ${label}, v.object_id, v.title, v.folded from ${valuesTable(dialect, ENTRY, entries)}`),
      this.#tx.rows(sql`
        insert into ${tables.searchWord} (content_type, object_id, position, start, repeated)
        select ${label}, v.object_id, v.position, v.start, v.repeated from ${valuesTable(dialect, WORD, words)}`),
      newWords.count < WORDS_AT_ONCE ? undefined : this.#writeParts(label, newWords.take()),
    ]);
  }

  /** To be called when all titles are known. */
  async end(): Promise<void> {
    for (const [label, words] of this.#words) await this.#writeParts(label, words.take());
  }

  /** Writes words from each of their characters but the first on, in the order of their index. */
  async #writeParts(label: string, words: readonly (readonly [string, number])[]): Promise<void> {
    const { dialect, tables } = this.#tx;
    const longest = words.reduce((length, [word]) => Math.max(length, word.length), 1);
    const places = Array.from({ length: longest - 1 }, (_, before) => [before + 1]);
    // Each list is read once, not once for each row of the other.
    await this.#tx.rows(sql`
      insert into ${tables.searchPart} (content_type, part, word, skipped, object_id)
      with words as materialized (select v.word, v.object_id from ${valuesTable(dialect, WORD_OF_OBJECT, words)}),
        places as materialized (select v.skipped from ${valuesTable(dialect, { skipped: 'bigint' }, places)})
      select ${label}, substr(word, cast(skipped as integer) + 1) as part, word, skipped, object_id
      from words cross join places where skipped < length(word) order by part, word, skipped`);
  }
}

/**
 * Words that have not been written yet. Those written are remembered while there is room; one that is forgotten, which
 * was not seen for long, is written once more, and search passes over it.
 */
class NewWords {
  #recent = new Set<string>();
  #older = new Set<string>();
  #waiting: (readonly [word: string, id: number])[] = [];

  get count(): number {
    return this.#waiting.length;
  }

  add(word: string, id: number): void {
    if (this.#recent.has(word)) return;
    if (!this.#older.has(word)) this.#waiting.push([word, id]);
    this.#recent.add(word);
    if (this.#recent.size < REMEMBERED_WORDS_MAX) return;
    this.#older = this.#recent;
    this.#recent = new Set();
  }

  take(): readonly (readonly [word: string, id: number])[] {
    const words = this.#waiting;
    this.#waiting = [];
    return words;
  }
}
