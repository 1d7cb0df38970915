/** A database with something in every table, and in every column what is hardest to copy. */
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { loadFixtures } from '../../src/commands/fixtures/load.ts';
import { audio } from '../../src/contents/audio.ts';
import { video } from '../../src/contents/video.ts';
import type { Connection, Database } from '../../src/db/connection.ts';
import { createContent } from '../../src/store/contents.ts';
import { applyBatch } from '../../src/store/impressions.ts';
import { createPage, removePage } from '../../src/store/pages.ts';
import { completeSearch } from '../../src/store/search_completion.ts';
import { TESTER } from './actor.ts';
import { createUsers } from './admin.ts';

const SAMPLE = join(import.meta.dirname, '..', '..', 'fixtures', 'sample_content.json');
export const ID_MAX = Number.MAX_SAFE_INTEGER;
/** A page had it that is gone: it must not come again. */
export const REMOVED_PAGE_ID = 16;
const SOME_CONTENTS = [1, 2, 3].map((id) => ({ label: video.label, id }));
const URL = 'https://example.org/';

/** Every character up to U+00FF but NUL, others that something somewhere treats specially, and pairs of surrogates. */
export const HARD_TEXT = [
  ...Array.from({ length: 255 }, (_, place) => String.fromCodePoint(place + 1)),
  ...['\u2028', '\u2029', '\ufeff', '\ufffd', '\uffff', '\u200b', 'ё', '漢', '😀', '👩‍👩‍👧', '𝒳', '\u{10ffff}'],
  ...['\\N', '\\.', '\\u0041', "'", '"', '[1]', 'null', '{"table":"pages_page"}', '%', '$1', '?'],
].join('');

export async function fillDatabase(database: Database): Promise<void> {
  await loadFixtures(database, [{ path: SAMPLE, name: 'sample' }], { ignoreNonexistent: false, withCounters: false });
  await completeSearch(database);
  await createUsers(database);
  await database.tx(async (tx) => {
    await createContent(tx, TESTER, audio, { title: 'Ärger 😀', text: HARD_TEXT.replaceAll(/[\p{Cc}]/gu, ' ') });
    const page = await createPage(tx, TESTER, { title: 'Gone soon', url: URL }, SOME_CONTENTS);
    if (page !== REMOVED_PAGE_ID) throw new Error(`the sample has other ids: ${page}`);
    await removePage(tx, TESTER, page);
    await view(tx);
    await addByHand(tx);
  });
}

async function view(tx: Connection): Promise<void> {
  const views = new Map([1, 2, 3, 987_654].map((id) => [id, 100 + id]));
  const idsBeyond = new Map([['9223372036854775807', 3]]);
  await applyBatch(tx, { source: 'redis', label: video.label, seq: 7, batchId: 'seventh', views, idsBeyond }, 1000);
}

/** What no form would take. */
async function addByHand(tx: Connection): Promise<void> {
  const { tables } = tx;
  const old = sql.param(new Date('1969-12-31T23:59:59.001Z'), tables.page.updated_at);
  const late = sql.param(new Date('9999-12-31T23:59:59.999Z'), tables.page.updated_at);
  await tx.rows(
    sql`update ${tables.page} set title = ${HARD_TEXT}, version = ${ID_MAX}, updated_at = ${old} where id = 1`,
  );
  await tx.rows(sql`
    insert into ${tables.pageContent} (page_id, content_type, object_id, "order") values (1, ${video.label}, ${ID_MAX}, -2147483648)`);
  await tx.rows(sql`
    insert into pages_videocontent (id, title, counter, updated_at) values (${ID_MAX - 1}, '', ${ID_MAX}, ${late})`);
  await tx.rows(sql`
    insert into ${tables.group} (id, name) values (${ID_MAX}, ${HARD_TEXT})`);
  await tx.rows(sql`
    insert into ${tables.session} (token_hash, user_id, created_at, seen_at, address) values (${HARD_TEXT}, 1, ${old}, ${late}, '::1')`);
  await tx.rows(sql`
    insert into ${tables.throttle} (key, failures, blocked_until, failed_at) values ('1', 2147483647, ${late}, ${old})`);
  await tx.rows(sql`
    insert into ${tables.resetLink} (token_hash, user_id, expires_at) values ('2', 1, ${late})`);
  const no = sql.param(false, tables.user.is_active);
  const yes = sql.param(true, tables.user.is_staff);
  await tx.rows(sql`
    update ${tables.user} set is_active = ${no}, is_staff = ${yes}, last_login = ${late} where username = 'viewer'`);
}

/**
 * Everything a database holds, by table, in one form for both: integers and texts alike as texts, times in milliseconds.
 * It reads what the drivers say and nothing of what copies are made with.
 */
export async function takeInventory(database: Database): Promise<Record<string, string[]>> {
  const { contents, ...tables } = database.tables;
  const inventory: Record<string, string[]> = {};
  for (const [name, table] of [...Object.entries(tables), ...contents]) {
    const rows = await database.rows(sql`select * from ${table}`);
    inventory[name] = rows
      .map((row) => JSON.stringify(Object.entries(row).map(([key, value]) => [key, plain(value)])))
      .sort();
  }
  return inventory;
}

function plain(value: unknown): string | null {
  if (value === null) return null;
  if (value instanceof Date) return String(value.getTime());
  return typeof value === 'boolean' ? String(Number(value)) : String(value);
}
