/**
 * Pages of a fixture, as history. A page's row and its places come in any order and in many parts, and are one change: so
 * each page gets an entry with what it was when it is first touched (action `load`), and when all is written the entry
 * becomes that of the change, or goes away where there was none. Nothing is kept in memory, whatever the file.
 */
import { sql } from 'drizzle-orm';
import type { Connection, Row } from '../db/connection.ts';
import { toInteger, toText } from '../db/rows.ts';
import { isOneOf, lockForEditing, valuesTable } from '../db/sql.ts';
import type { Tally } from './fixture_history.ts';
import { type Actor, type Change, differences, type HistoryValues, recordHistory } from './history.ts';
import { formatValues, parseValues } from './history_json.ts';
import { PAGE_LABEL, pageValues } from './pages.ts';

const PAGES_AT_ONCE = 200;
const NEW_PAGES_AT_ONCE = 500;
const CHANGE = { id: 'bigint', action: 'text', title: 'text', before: 'text', after: 'text' } as const;

/** The newest entry there is; those of a load that begins now come after it. */
export async function findLastEntry(tx: Connection): Promise<number> {
  const [row] = await tx.rows(sql`select coalesce(max(id), 0) as id from ${tx.tables.history}`);
  return toInteger(row?.id);
}

/** The pages on which these places are so far. */
export async function findPagesOfPlaces(tx: Connection, places: readonly number[]): Promise<number[]> {
  const { pageContent } = tx.tables;
  const rows = await tx.rows(sql`
    select distinct page_id from ${pageContent} where ${isOneOf(tx.dialect, pageContent.id, places)}`);
  return rows.map((row) => toInteger(row.page_id));
}

/** Remembers what pages are before the load changes them. @param pages each once in a load */
export async function beginPages(tx: Connection, actor: Actor, pages: readonly number[]): Promise<void> {
  for (let start = 0; start < pages.length; start += PAGES_AT_ONCE) {
    const ids = pages.slice(start, start + PAGES_AT_ONCE);
    const old = await readPageValues(tx, ids);
    const entries = ids.map((id) => ({ label: PAGE_LABEL, id, title: '', before: old.get(id) }));
    await recordHistory(
      tx,
      actor,
      entries.map((entry) => ({ action: 'load', ...entry })),
    );
  }
}

/** Makes changes of what was remembered. @param since `findLastEntry` before the first `beginPages` */
export async function endPages(tx: Connection, since: number): Promise<Tally> {
  const { history } = tx.tables;
  const tally: Tally = { created: 0, changed: 0, unchanged: 0 };
  for (let last = since; ; ) {
    const entries = await tx.rows(sql`
      select id, object_id, "before" from ${history}
      where id > ${last} and label = ${PAGE_LABEL} and action = 'load' order by id limit ${PAGES_AT_ONCE}`);
    if (entries.length === 0) return tally;
    last = toInteger(entries.at(-1)?.id);
    const pages = await readPageValues(
      tx,
      entries.map((row) => toInteger(row.object_id)),
    );
    const changes: (string | number)[][] = [];
    const unchanged: number[] = [];
    const rearranged: number[] = [];
    for (const row of entries) {
      const id = toInteger(row.id);
      const now = pages.get(toInteger(row.object_id));
      const before = row.before === null ? undefined : parseValues(toText(row.before));
      const difference = before && now ? differences(before, now) : now && { before: undefined, after: now };
      if (now === undefined || difference === undefined) unchanged.push(id);
      else changes.push([id, before ? 'update' : 'create', String(now.title), ...texts(difference)]);
      if (before && difference && isOfContentsAlone(difference.after)) rearranged.push(toInteger(row.object_id));
      if (difference === undefined) tally.unchanged += 1;
      else tally[before ? 'changed' : 'created'] += 1;
    }
    await countEdits(tx, rearranged);
    await tx.rows(sql`delete from ${history} where ${isOneOf(tx.dialect, sql`id`, unchanged)}`);
    await tx.rows(sql`
      update ${history} set action = v.action, title = v.title, "before" = nullif(v."before", ''), "after" = v."after"
      from ${valuesTable(tx.dialect, CHANGE, changes)} where ${history.id} = v.id`);
  }
}

/** Writes into history that all pages there are were made. @returns how many */
export async function recordNewPages(tx: Connection, actor: Actor): Promise<Tally> {
  const { page, pageContent } = tx.tables;
  const tally: Tally = { created: 0, changed: 0, unchanged: 0 };
  // While the database writes entries, the next are made.
  let writing = Promise.resolve();
  for (let last = 0; ; ) {
    const pages = await tx.rows(sql`
      select id, title, url from ${page} where id > ${last} order by id limit ${NEW_PAGES_AT_ONCE}`);
    await writing;
    if (pages.length === 0) return tally;
    // As a range, which is read in the order of an index.
    const end = toInteger(pages.at(-1)?.id);
    const places = await tx.rows(sql`
      select page_id, content_type, object_id from ${pageContent} where page_id > ${last} and page_id <= ${end}
      order by page_id, "order", id`);
    const changes = [...valuesOf(pages, places)].map(
      ([id, after]): Change => ({ action: 'create', label: PAGE_LABEL, id, title: String(after.title), after }),
    );
    writing = recordHistory(tx, actor, changes);
    // Whoever waits for it hears of it.
    writing.catch(() => {});
    tally.created += changes.length;
    last = end;
  }
}

/** True where no column of the page's own row has changed, so that its version is still the old one. */
function isOfContentsAlone(after: HistoryValues): boolean {
  return Object.keys(after).every((name) => name === 'contents');
}

/** Gives pages their next version: who edits one of them meanwhile must not save over what it shows now. */
async function countEdits(tx: Connection, ids: readonly number[]): Promise<void> {
  const { page } = tx.tables;
  await tx.rows(sql`
    update ${page} set version = version + 1, updated_at = ${sql.param(new Date(), page.updated_at)}
    where ${isOneOf(tx.dialect, sql`id`, ids)}`);
}

function texts(difference: { before: HistoryValues | undefined; after: HistoryValues }): string[] {
  const { before, after } = difference;
  return [before === undefined ? '' : formatValues(before), formatValues(after)];
}

/** What history knows of pages, by id, locked for the load. */
async function readPageValues(tx: Connection, ids: readonly number[]): Promise<Map<number, HistoryValues>> {
  const { page, pageContent } = tx.tables;
  const pages = await tx.rows(sql`
    select id, title, url from ${page} where ${isOneOf(tx.dialect, page.id, ids)} order by id ${lockForEditing(tx.dialect)}`);
  if (pages.length === 0) return new Map();
  const places = await tx.rows(sql`
    select page_id, content_type, object_id from ${pageContent} where ${isOneOf(tx.dialect, pageContent.page_id, ids)}
    order by page_id, "order", id`);
  return valuesOf(pages, places);
}

/** What history knows of pages, by id. @param places those of these pages, each page's in their order */
function valuesOf(pages: readonly Row[], places: readonly Row[]): Map<number, HistoryValues> {
  const references = Map.groupBy(places, (row) => toInteger(row.page_id));
  return new Map(
    pages.map((row) => {
      const id = toInteger(row.id);
      const contents = (references.get(id) ?? []).map((place) => ({
        label: toText(place.content_type),
        id: toInteger(place.object_id),
      }));
      return [id, pageValues({ title: toText(row.title), url: toText(row.url), contents })];
    }),
  );
}
