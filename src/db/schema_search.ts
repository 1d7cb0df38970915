import { sql } from 'drizzle-orm';
import { once } from '../once.ts';
import type { Columns } from './columns.postgres.ts';

/** The tables of search. What is in them follows from titles, and can be written again (`store/search_completion.ts`). */
export function searchTables(columns: Columns) {
  /** Titles as people and as search see them (`store/search.ts`): one row for each page, and each content of any type. */
  const searchEntry = once(() =>
    columns.table(
      'pages_searchentry',
      {
        content_type: columns.text().notNull(),
        object_id: columns.bigint().notNull(),
        title: columns.text().notNull(),
        folded: columns.text().notNull(),
      },
      (table) => [columns.primaryKey({ name: 'pages_searchentry_pk', columns: [table.content_type, table.object_id] })],
    ),
  );

  /** Each title from each of its words on (`store/search_words.ts`); at position 1 the title itself. */
  const searchWord = once(() =>
    columns.table(
      'pages_searchword',
      {
        content_type: columns.text().notNull(),
        object_id: columns.bigint().notNull(),
        // Where the word begins in `folded`, in characters from 1.
        position: columns.integer().notNull(),
        start: columns.codePointText().notNull(),
        // How much of `start` an earlier row of the same title begins with, too: a term as short finds that one.
        repeated: columns.integer().notNull(),
      },
      (table) => [
        columns.primaryKey({
          name: 'pages_searchword_pk',
          columns: [table.content_type, table.object_id, table.position],
        }),
        columns.index('pages_searchword_start').on(table.content_type, table.start, table.object_id, table.position),
        columns
          .index('pages_searchword_title')
          .on(table.content_type, table.start, table.object_id)
          .where(sql`position = 1`),
      ],
    ),
  );

  /**
   * The words of a model's titles from each of their characters but the first on. A word stands here once, by the object
   * that brought it; two transactions that bring it at once do not wait for each other, and one of them is passed over.
   */
  const searchPart = once(() =>
    columns.table(
      'pages_searchpart',
      {
        content_type: columns.text().notNull(),
        part: columns.codePointText().notNull(),
        word: columns.codePointText().notNull(),
        // Characters of the word before the part.
        skipped: columns.integer().notNull(),
        object_id: columns.bigint().notNull(),
      },
      (table) => [
        columns.primaryKey({
          name: 'pages_searchpart_pk',
          columns: [table.content_type, table.part, table.word, table.skipped, table.object_id],
        }),
      ],
    ),
  );

  /** Which way of writing entries (`store/search_completion.ts`) all of them are known to have. One row, or none. */
  const searchState = once(() =>
    columns.table('pages_searchstate', {
      id: columns.bigint().primaryKey(),
      version: columns.integer().notNull(),
    }),
  );

  return { searchEntry, searchWord, searchPart, searchState };
}
