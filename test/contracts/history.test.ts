import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { audio } from '../../src/contents/audio.ts';
import { video } from '../../src/contents/video.ts';
import type { Connection, Database } from '../../src/db/connection.ts';
import { toInteger, toText } from '../../src/db/rows.ts';
import { createContent, removeContent, updateContent } from '../../src/store/contents.ts';
import { recordCreating, recordLoad, recordOverwriting } from '../../src/store/fixture_history.ts';
import { beginPages, recordNewPages } from '../../src/store/fixture_pages.ts';
import { readOverwrittenUser, recordUsers } from '../../src/store/fixture_users.ts';
import { createGroup } from '../../src/store/fixtures.ts';
import {
  type Actor,
  commandActor,
  findHistoryEntry,
  listHistory,
  recordHistory,
  removeOldHistory,
} from '../../src/store/history.ts';
import { applyBatch } from '../../src/store/impressions.ts';
import { applyOrphans, discardOrphans } from '../../src/store/orphans.ts';
import { createPage, PAGE_LABEL, removePage, removePages, updatePage } from '../../src/store/pages.ts';
import { findValuesAfter } from '../../src/store/rebuild.ts';
import { removeContents } from '../../src/store/removals.ts';
import { createResetLink } from '../../src/store/reset_links.ts';
import { createUser, setPassword, updateUser } from '../../src/store/users.ts';
import { TESTER } from '../help/actor.ts';
import { createTestDatabase, DIALECTS, type TestDatabase } from '../help/databases.ts';

const STORE = join(import.meta.dirname, '..', '..', 'src', 'store');
const URL = 'https://example.org/';
const PAGE = { title: 'Page', url: URL };
const TEXT = { title: 'Text', text: 'Words' };

/** Functions that write without an actor: what they write is no change that anybody made, or is told by their callers. */
const SILENT: Readonly<Record<string, string>> = {
  lockContents: 'locks',
  beginFixtures: 'sets how constraints are checked',
  resetSequences: 'sets the ids to come',
  beginFilling: 'takes indexes away for a while',
  insertRows: 'told by recordCreating and recordNewPages',
  upsertRows: 'told by recordOverwriting, beginPages and readOverwrittenUser',
  endPages: 'makes changes of what beginPages wrote',
  holdStill: 'locks',
  assertReplaceable: 'reads',
  replaceAll: 'puts a copy of everything there, its history too',
  writeLines: 'a part of replaceAll',
  findLastEntry: 'reads',
  findPagesOfPlaces: 'reads',
  findDanglingLinks: 'reads',
  readOverwrittenUser: 'reads',
  removeOldHistory: 'the schedule',
  removeOldOrphans: 'the schedule',
  removeOldResetLinks: 'the schedule',
  removeOldSessions: 'the schedule',
  removeOldFailures: 'the schedule',
  retireSources: 'the schedule',
  applyBatch: 'counting',
  holdBatch: 'counting',
  groupsFor: 'told as the role of the user',
  writeSearchEntries: 'told as the title',
  rewriteSearchEntries: 'told as the title',
  removeSearchEntries: 'told as the title',
  createSession: 'told as login by the screen',
  removeSession: 'told as logout by the screen',
  removeSessionsOf: 'told as what ended them',
  removeResetLinksOf: 'told as what ended them',
  lockAdmins: 'reads',
  touchSession: 'no change',
  admitAttempt: 'told as login_failed by the screen',
  forgiveAttempt: 'told as login by the screen',
  takeFromBudget: 'limits what is told',
  takeResetLink: 'told as the new password',
  recordFailure: 'told as failed login by the screen',
  clearFailures: 'told as login by the screen',
  forgetFailures: 'told as what forgot them',
  upgradePassword: 'the same password',
  noteLogin: 'told as login by the screen',
  setLanguage: 'a wish, not a change of anything shared',
};

/** Every exported function of the stores that takes a transaction, and whether it takes an actor too. */
function writers(): Map<string, boolean> {
  const found = new Map<string, boolean>();
  for (const file of readdirSync(STORE)) {
    const source = readFileSync(join(STORE, file), 'utf8');
    const declarations = /export (?:async )?function (\w+)(?:<[^>]*>)?\(\s*tx: Connection,?([\s\S]*?)\): /g;
    for (const [, name = '', parameters = ''] of source.matchAll(declarations)) {
      found.set(name, parameters.includes('actor: Actor'));
    }
  }
  return found;
}

/** Each function with an actor, called so that it changes something. */
const CALLS: Readonly<Record<string, (tx: Connection, actor: Actor) => Promise<unknown>>> = {
  createContent: (tx, actor) => createContent(tx, actor, audio, TEXT),
  updateContent: async (tx, actor) =>
    updateContent(tx, actor, audio, await createContent(tx, TESTER, audio, TEXT), 1, { ...TEXT, title: 'New' }),
  removeContent: async (tx, actor) => removeContent(tx, actor, audio, await createContent(tx, TESTER, audio, TEXT)),
  removeContents: async (tx, actor) => removeContents(tx, actor, audio, [await createContent(tx, TESTER, audio, TEXT)]),
  createPage: (tx, actor) => createPage(tx, actor, PAGE),
  updatePage: async (tx, actor) =>
    updatePage(tx, actor, await createPage(tx, TESTER, PAGE), 1, { ...PAGE, title: 'New' }, []),
  removePage: async (tx, actor) => removePage(tx, actor, await createPage(tx, TESTER, PAGE)),
  removePages: async (tx, actor) => removePages(tx, actor, [await createPage(tx, TESTER, PAGE)]),
  createUser: (tx, actor) => createOne(tx, actor),
  updateUser: async (tx, actor) =>
    updateUser(tx, actor, (await createOne(tx)).id, { email: 'a@example.org', role: 'viewer', isActive: true }),
  setPassword: async (tx, actor) => setPassword(tx, actor, (await createOne(tx)).username, 'hash'),
  createResetLink: async (tx, actor) => createResetLink(tx, actor, await createOne(tx), crypto.randomUUID()),
  createGroup: (tx, actor) => createGroup(tx, actor, 1_000_000 + Math.floor(Math.random() * 1e9), crypto.randomUUID()),
  recordHistory: (tx, actor) => recordHistory(tx, actor, [{ action: 'load', label: '', id: undefined, title: '' }]),
  recordOverwriting: (tx, actor) =>
    recordOverwriting(
      tx,
      actor,
      { name: audio.table, label: audio.label, title: 'title', columns: ['title', 'text'] },
      [{ id: 1_000_000_000, ...TEXT }],
    ),
  recordCreating: (tx, actor) =>
    recordCreating(tx, actor, { name: audio.table, label: audio.label, title: 'title', columns: ['title', 'text'] }, [
      { id: 1_000_000_000, ...TEXT },
    ]),
  recordLoad: (tx, actor) => recordLoad(tx, actor, 'a.json', new Map()),
  recordUsers: async (tx, actor) => {
    const { id } = await createOne(tx);
    const { before } = await readOverwrittenUser(tx, id);
    return recordUsers(tx, actor, [{ id, before: before && { ...before, password: 'another' } }]);
  },
  beginPages: async (tx, actor) => beginPages(tx, actor, [await createPage(tx, TESTER, PAGE)]),
  recordNewPages: async (tx, actor) => {
    await createPage(tx, TESTER, PAGE);
    return recordNewPages(tx, actor);
  },
  applyOrphans: async (tx, actor) => {
    await setAside(tx, await createContent(tx, TESTER, audio, TEXT));
    return applyOrphans(tx, actor, undefined);
  },
  discardOrphans: async (tx, actor) => {
    await setAside(tx, 987_654);
    return discardOrphans(tx, actor, undefined);
  },
};

async function createOne(tx: Connection, actor: Actor = TESTER): Promise<{ id: number; username: string }> {
  const username = crypto.randomUUID();
  return { id: await createUser(tx, actor, { username, email: '', passwordHash: '!', role: 'admin' }), username };
}

async function setAside(tx: Connection, id: number): Promise<void> {
  const { orphan } = tx.tables;
  await tx.rows(sql`
    insert into ${orphan} (source, label, batch_id, id, n, reason, created_at)
    values ('test', ${audio.label}, 'batch', ${String(id)}, 3, 'missing', ${sql.param(new Date(), orphan.created_at)})`);
}

test('a function of the stores that writes takes an actor, or has a reason not to', () => {
  const silent = [...writers()].filter(([, takesActor]) => !takesActor).map(([name]) => name);
  expect(silent.filter((name) => SILENT[name] === undefined)).toEqual([]);
});

test('every function of the stores that takes an actor is called below', () => {
  const telling = [...writers()].filter(([, takesActor]) => takesActor).map(([name]) => name);
  expect(telling.toSorted()).toEqual(Object.keys(CALLS).toSorted());
});

describe.each(DIALECTS)('history on %s', (dialect) => {
  let opened: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    opened = await createTestDatabase(dialect);
    database = opened.database;
  });
  afterAll(() => opened.drop());

  const entriesOf = (name: string) => listHistory(database, { actor: name, limit: 100 });
  const makePage = (contents: number[] = [], actor = TESTER) =>
    database.tx((tx) => createPage(tx, actor, PAGE, contents.map(film)));
  const film = (id: number) => ({ label: video.label, id });
  const makeFilms = (count: number) =>
    database.tx(async (tx) => {
      const ids: number[] = [];
      for (let n = 0; n < count; n++) ids.push(await createContent(tx, TESTER, video, { title: 'F', file_url: URL }));
      return ids;
    });

  describe.each(Object.keys(CALLS))('%s', (name) => {
    test('leaves an entry of who called it', async () => {
      const actor = commandActor(`caller of ${name}`);
      await database.tx((tx) => CALLS[name]?.(tx, actor) ?? Promise.resolve());
      expect(await entriesOf(actor.name)).not.toEqual([]);
    });

    test('leaves none when its transaction fails', async () => {
      const actor = commandActor(`failing caller of ${name}`);
      const failing = database.tx(async (tx) => {
        await CALLS[name]?.(tx, actor);
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      expect(await entriesOf(actor.name)).toEqual([]);
    });
  });

  test('does not tell of views', async () => {
    const id = await database.tx((tx) => createContent(tx, TESTER, audio, TEXT));
    const batch = { source: 's', label: audio.label, seq: 1, batchId: 'b', views: new Map([[id, 3]]) };
    await database.tx((tx) => applyBatch(tx, batch, 1000));
    expect(await listHistory(database, { label: audio.label, id, limit: 10 })).toHaveLength(1);
  });

  test('never holds a password', async () => {
    const hash = `argon-${crypto.randomUUID()}`;
    await database.tx(async (tx) => {
      const user = await createUser(tx, TESTER, { username: 'secret', email: '', passwordHash: hash, role: 'editor' });
      await setPassword(tx, TESTER, 'secret', `${hash}2`);
      await createResetLink(tx, TESTER, { id: user, username: 'secret' }, hash);
    });
    const rows = await database.rows(sql`select * from ${database.tables.history}`);
    expect(JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(hash);
  });

  test('is listed by object, kind, action and the beginning of the actor’s name, newest first', async () => {
    const actor = commandActor('100%_sure');
    const [page, other] = [await makePage([], actor), await makePage([], actor)];
    await database.tx((tx) => removePage(tx, actor, page));
    const list = async (filter: object) =>
      (await listHistory(database, { actor: '100%_', limit: 10, ...filter })).map(({ action, id }) => [action, id]);
    expect(await list({})).toEqual([
      ['delete', page],
      ['create', other],
      ['create', page],
    ]);
    expect(await list({ action: 'create' })).toEqual([
      ['create', other],
      ['create', page],
    ]);
    expect(await list({ label: PAGE_LABEL, id: other })).toEqual([['create', other]]);
    expect(await list({ labels: [video.label] })).toEqual([]);
    expect(await list({ labels: [PAGE_LABEL, video.label], action: 'delete' })).toEqual([['delete', page]]);
    expect(await list({ actor: '10__' })).toEqual([]);
    expect(await list({ actor: 'a\0b\ud800' })).toEqual([]);
    const [newest, middle] = await listHistory(database, { actor: actor.name, limit: 1 });
    expect(await list({ before: newest?.entry, limit: 1 })).toEqual([
      ['create', other],
      ['create', page],
    ]);
    expect(await list({ after: middle?.entry })).toEqual([['delete', page]]);
  });

  test('has a page’s contents as they were, in few characters', async () => {
    const films = await makeFilms(2000);
    const shuffled = films.toSorted((a, b) => ((a * 7919) % 2003) - ((b * 7919) % 2003));
    const page = await makePage(shuffled);
    const [last = 0, ...others] = shuffled.toReversed();
    await database.tx((tx) => updatePage(tx, TESTER, page, 1, PAGE, [last, ...others.toReversed()].map(film)));
    const [edit, creation] = await listHistory(database, { label: PAGE_LABEL, id: page, limit: 2 });
    expect(creation?.after?.contents).toEqual(shuffled.map((id) => `${video.label}:${id}`));
    expect(edit?.before?.contents).toEqual(creation?.after?.contents ?? '');
    expect(edit?.after?.contents).toEqual([last, ...others.toReversed()].map((id) => `${video.label}:${id}`));
    const [row] = await database.rows(sql`select "before", "after" from history_entry where id = ${edit?.entry ?? 0}`);
    expect(toText(row?.before).length + toText(row?.after).length).toBeLessThan(2000 * 2 * 7);
    const sorted = await makePage(films);
    const [simple] = await database.rows(sql`
      select "after" from history_entry where label = ${PAGE_LABEL} and object_id = ${sorted}`);
    expect(toText(simple?.after).length).toBeLessThan(200);
  });

  test('leads back to any version of an object, over more entries than are read at once', async () => {
    const id = await database.tx((tx) => createContent(tx, TESTER, audio, { title: 'T0', text: 'X0' }));
    await database.tx(async (tx) => {
      for (let n = 1; n <= 120; n++) {
        const values = { title: `T${n}`, text: n % 2 === 0 ? `X${n}` : `X${n - 1}` };
        await updateContent(tx, TESTER, audio, id, n, values);
      }
    });
    const entries = await listHistory(database, { label: audio.label, id, limit: 200 });
    const now = { title: 'T120', text: 'X120' };
    for (const n of [0, 1, 49, 60, 119, 120]) {
      const entry = await findHistoryEntry(database, entries[120 - n]?.entry ?? 0);
      const values = entry && (await findValuesAfter(database, entry, now));
      expect(values).toEqual({ title: `T${n}`, text: n % 2 === 0 ? `X${n}` : `X${n - 1}` });
    }
  });

  test('leads back to what was deleted', async () => {
    const id = await database.tx((tx) => createContent(tx, TESTER, audio, TEXT));
    await database.tx(async (tx) => {
      await updateContent(tx, TESTER, audio, id, 1, { ...TEXT, text: 'Other' });
      await removeContent(tx, TESTER, audio, id);
    });
    const entries = await listHistory(database, { label: audio.label, id, limit: 3 });
    const texts = await Promise.all(entries.map((entry) => findValuesAfter(database, entry, undefined)));
    expect(texts).toEqual([{ ...TEXT, text: 'Other' }, { ...TEXT, text: 'Other' }, TEXT]);
  });

  test('of a fixture is written from old texts that are read in parts', async () => {
    const long = 'x'.repeat(300_000);
    const ids = await database.tx(async (tx) => {
      const made: number[] = [];
      for (let n = 0; n < 8; n++) made.push(await createContent(tx, TESTER, audio, { title: 'Long', text: long }));
      return made;
    });
    const sizes: number[] = [];
    const table = { name: audio.table, label: audio.label, title: 'title', columns: ['title', 'text'] };
    const tally = await database.tx((tx) => {
      const watched: Connection = {
        ...{ dialect: tx.dialect, tables: tx.tables },
        prepare: (build) => tx.prepare(build),
        prepareBytes: (build) => tx.prepareBytes(build),
        async rows(query) {
          const rows = await tx.rows(query);
          sizes.push(rows.reduce((sum, row) => sum + String(row.text ?? '').length, 0));
          return rows;
        },
      };
      return recordOverwriting(
        watched,
        TESTER,
        table,
        ids.map((id) => ({ id, ...TEXT })),
      );
    });
    expect(tally).toEqual({ created: 0, changed: 8, unchanged: 0 });
    expect(Math.max(...sizes)).toBeLessThan(1_100_000);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(8 * 300_000);
  });

  test('is kept for as long as it is to be', async () => {
    const page = await makePage();
    const [entry] = await listHistory(database, { label: PAGE_LABEL, id: page, limit: 1 });
    const at = entry?.at ?? new Date();
    await database.tx((tx) => removeOldHistory(tx, at));
    expect(await findHistoryEntry(database, entry?.entry ?? 0)).toBeDefined();
    await database.tx((tx) => removeOldHistory(tx, new Date(at.getTime() + 1)));
    expect(await findHistoryEntry(database, entry?.entry ?? 0)).toBeUndefined();
  });

  test('numbers its entries in their order', async () => {
    const rows = await database.rows(sql`select id from history_entry order by at, id`);
    const ids = rows.map((row) => toInteger(row.id));
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  });
});
