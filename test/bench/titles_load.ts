/** Gets the titles of `titles.ts` into a migrated database as the program would write them, as fast as the database can. */
import { Database as SqliteFile } from 'bun:sqlite';
import { once } from 'node:events';
import postgres from 'postgres';
import type { DatabaseAddress } from '../../src/db/open.ts';
import { fold, partsOf, wordsOf } from '../../src/store/search_words.ts';
import { createTitles, MODELS, type TitleRow } from './titles.ts';

type Value = string | number;
/** Takes rows of one table. */
type Put = (row: readonly Value[]) => void | Promise<void>;

const COLUMNS = {
  pages_searchentry: ['content_type', 'object_id', 'title', 'folded'],
  pages_searchword: ['content_type', 'object_id', 'position', 'start', 'repeated'],
  pages_searchpart: ['content_type', 'part', 'word', 'skipped', 'object_id'],
} as const;
type Table = keyof typeof COLUMNS;
const TABLES = ['pages_searchentry', 'pages_searchword', 'pages_searchpart'] as const;
/** Rows changed at different moments, many at the same: ids that are neighbours are not. */
const CHANGED = {
  postgres: "now() - (id * 7919 % 100000) * interval '1 second'",
  sqlite: 'unixepoch() * 1000 - (id * 7919 % 100000) * 1000',
};
const CHUNK_CHARACTERS = 1 << 18;

/** Fills a database. @param titles how many, half of them pages' */
export function loadTitles(address: DatabaseAddress, titles: number): Promise<void> {
  return address.dialect === 'postgres' ? loadPostgres(address.url, titles) : loadSqlite(address.path, titles);
}

/** Hands out the rows of the tables of search, in the order of their keys. */
async function putRows(titles: number, put: Readonly<Record<Table, Put>>): Promise<void> {
  for (const [seed, { label, share }] of MODELS.entries()) {
    const idByWord = new Map<string, number>();
    for (const row of createTitles(label, titles * share, seed)) await putTitle(row, idByWord, put);
    const parts = [...idByWord].flatMap(([word, id]) =>
      partsOf(word).map((part, before) => [label, part, word, before + 1, id] as const),
    );
    parts.sort((a, b) => (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0));
    for (const row of parts) await put.pages_searchpart(row);
  }
}

async function putTitle(
  { label, id, title }: TitleRow,
  idByWord: Map<string, number>,
  put: Readonly<Record<Table, Put>>,
) {
  const folded = fold(title);
  await put.pages_searchentry([label, id, title, folded]);
  for (const { position, start, repeated, word } of wordsOf(folded)) {
    if (!idByWord.has(word)) idByWord.set(word, id);
    await put.pages_searchword([label, id, position, start, repeated]);
  }
}

/** The tables of pages and contents from the titles, and a link for each page. */
function derivedTables(dialect: 'postgres' | 'sqlite', contents: number): string[] {
  const from = (label: string) => `from pages_searchentry where content_type = '${label}'`;
  const changed = CHANGED[dialect].replace('id', 'object_id');
  return [
    `insert into pages_audiocontent (id, title, updated_at, text) select object_id, title, ${changed}, 'Words' ${from('pages.audiocontent')}`,
    `insert into pages_videocontent (id, title, updated_at, file_url) select object_id, title, ${changed}, 'https://example.org/' ${from('pages.videocontent')}`,
    `insert into pages_page (id, title, updated_at, url) select object_id, title, ${changed}, 'https://example.org/' ${from('pages.page')}`,
    // A few contents stand on very many pages.
    `insert into pages_pagecontent (page_id, content_type, object_id, "order")
      select id, case when id % 2 = 0 then 'pages.audiocontent' else 'pages.videocontent' end,
        case when id % 5 = 0 then 1 + id % 3 else 1 + id % ${contents / 2} end, 0 from pages_page`,
  ];
}

async function loadPostgres(url: string, titles: number): Promise<void> {
  const sql = postgres(url, { max: 4, fetch_types: false, onnotice: () => {} });
  const indexes = await sql`
    select indexname as name, indexdef as definition from pg_indexes
    where schemaname = current_schema() and indexname ~ '^pages_' and indexname !~ '_(pk|pkey)$'`;
  for (const { name } of indexes) await sql.unsafe(`drop index ${name}`);
  const streams = await Promise.all(
    TABLES.map((table) => sql.unsafe(`copy ${table} (${COLUMNS[table].join(', ')}) from stdin`).writable()),
  );
  const ends: Promise<unknown>[] = [];
  const finish: (() => void)[] = [];
  const puts = streams.map((stream): Put => {
    let chunk = '';
    ends.push(once(stream, 'finish'));
    finish.push(() => stream.end(chunk));
    return async (row) => {
      chunk += `${row.join('\t')}\n`;
      if (chunk.length < CHUNK_CHARACTERS) return;
      const isFull = !stream.write(chunk);
      chunk = '';
      if (isFull) await once(stream, 'drain');
    };
  });
  const [entry, word, part] = puts;
  if (!entry || !word || !part) throw new Error('no streams');
  await putRows(titles, { pages_searchentry: entry, pages_searchword: word, pages_searchpart: part });
  for (const end of finish) end();
  await Promise.all(ends);
  const session = await sql.reserve();
  await session.unsafe("set maintenance_work_mem = '512MB'; set synchronous_commit = off");
  for (const statement of derivedTables('postgres', titles / 2)) await session.unsafe(statement);
  for (const { definition } of indexes) await session.unsafe(definition);
  await session.unsafe('vacuum analyze');
  session.release();
  await sql.end();
}

async function loadSqlite(path: string, titles: number): Promise<void> {
  const file = new SqliteFile(path, { strict: true });
  for (const pragma of ['journal_mode = off', 'synchronous = off', 'cache_size = -500000', 'temp_store = memory'])
    file.run(`pragma ${pragma}`);
  const indexes = file
    .query<{ name: string; sql: string }, []>(
      "select name, sql from sqlite_master where type = 'index' and name like 'pages_%' and sql is not null",
    )
    .all();
  for (const { name } of indexes) file.run(`drop index ${name}`);
  file.run('begin');
  const insert = (table: Table): Put => {
    const columns = COLUMNS[table];
    const statement = file.prepare<void, Value[]>(
      `insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
    );
    return (row) => void statement.run(...row);
  };
  await putRows(titles, {
    pages_searchentry: insert('pages_searchentry'),
    pages_searchword: insert('pages_searchword'),
    pages_searchpart: insert('pages_searchpart'),
  });
  for (const statement of derivedTables('sqlite', titles / 2)) file.run(statement);
  for (const { sql } of indexes) file.run(sql);
  file.run('commit');
  file.run('pragma journal_mode = wal');
  file.close();
}
