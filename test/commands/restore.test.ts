import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { openBackup, sealBackup } from '../../src/commands/backup/seal.ts';
import { video } from '../../src/contents/video.ts';
import { migrate } from '../../src/db/migrate.ts';
import { describeAddress } from '../../src/db/open.ts';
import { applyBatch } from '../../src/store/impressions.ts';
import { laterMigrations } from '../db/later_migrations.ts';
import {
  createEmptyDatabase,
  createFolder,
  createTestDatabase,
  DIALECTS,
  type EmptyDatabase,
} from '../help/databases.ts';
import { eventually } from '../help/eventually.ts';
import { SOURCE, startProgram } from '../help/program.ts';
import { createFull, enlarge, failure, inspect, killOften, look, makePage, start, succeed } from './copying.ts';

// Postgres's programs, databases made and removed for each look, and processes killed again and again.
setDefaultTimeout(300_000);
const START_MS_MAX = 60_000;

const folder = createFolder();
afterAll(() => folder.remove());
const file = (name: string) => join(folder.path, name);

describe.each(DIALECTS)('restore on %s', (dialect) => {
  const path = file(dialect);
  let full: EmptyDatabase;
  beforeAll(async () => {
    full = await createFull(dialect);
    await succeed(full, ['backup', path]);
  });
  afterAll(() => full.drop());

  test('replaces data only when it is told to', async () => {
    const before = await inspect(full);
    await makePage(full);
    const changed = await inspect(full);
    expect(await failure(full, ['restore', path])).toEndWith(
      ' is not empty (there are rows in pages_page): name an empty database, or --force to replace what is in it',
    );
    expect(await inspect(full)).toEqual(changed);
    expect(await succeed(full, ['restore', '--force', path])).toContain(`, into ${describeAddress(full.address)}\n`);
    expect(await inspect(full)).toEqual(before);
  });

  test('takes a database that is migrated and empty', async () => {
    const empty = await createTestDatabase(dialect);
    await empty.database.close();
    await succeed(empty, ['restore', path]);
    expect(await inspect(empty)).toEqual(await inspect(full));
    await empty.drop();
  });

  test('leaves a database alone that holds something else, and one of a newer version', async () => {
    const other = await createEmptyDatabase(dialect);
    await look(other, (database) => database.tx((tx) => tx.rows(sql`create table wine (year integer)`)));
    expect(await failure(other, ['restore', '--force', path])).toMatch(/holds tables of something else \(wine\)/);
    await other.drop();
    const newer = await createEmptyDatabase(dialect);
    await migrate(newer.address, () => {}, laterMigrations());
    expect(await failure(newer, ['restore', '--force', path])).toMatch(
      /was migrated by a newer version \(it has 9998_later/,
    );
    expect(await failure(newer, ['backup', file('never')])).toContain('run that version');
    expect(existsSync(file('never'))).toBe(false);
    await newer.drop();
  });

  test('is refused while a hub runs, and changes nothing', async () => {
    const before = await inspect(full);
    const hub = await startProgram(SOURCE, [], { settings: { DATABASE_URL: full.url } });
    try {
      expect(await failure(full, ['restore', '--force', path])).toMatch(/is in use\b.*stop the hub/);
      expect((await fetch(`${hub.url}/api/v1/pages/1/`)).status).toBe(200);
    } finally {
      await hub.end('SIGKILL');
    }
    expect((await inspect(full)).page).toEqual(before.page ?? []);
    // A hub that was killed uses nothing.
    await succeed(full, ['restore', '--force', path]);
    expect(await inspect(full)).toEqual(before);
  });

  test('of a backup that a newer version made is refused', async () => {
    const { manifest, bodyBytes } = await openBackup(path);
    const newer = file(`${dialect}.newer`);
    copyFileSync(path, newer);
    truncateSync(newer, bodyBytes);
    await sealBackup(newer, { ...manifest, version: '9.0.0', migrations: [...manifest.migrations, '9999_last'] });
    expect(await failure(full, ['restore', '--force', newer])).toBe(
      `${newer} was made by a newer version, 9.0.0 (it has 9999_last): restore it with that version`,
    );
  });

  test('is refused when what is stored is not what was backed up, and changes nothing', async () => {
    const { manifest, bodyBytes } = await openBackup(path);
    const wrong = file(`${dialect}.wrong`);
    copyFileSync(path, wrong);
    truncateSync(wrong, bodyBytes);
    const tables = manifest.tables.map((table) => ({
      ...table,
      ...(table.name === 'auth_user' && { checksum: 'f'.repeat(16) }),
    }));
    await sealBackup(wrong, { ...manifest, tables });
    const empty = await createEmptyDatabase(dialect);
    expect(await failure(empty, ['restore', wrong])).toContain(
      'auth_user differs: expected 3 row(s) with checksum ffffffffffffffff',
    );
    await empty.drop();
  });

  test('counts views of before and after the backup once, whatever comes again', async () => {
    const batch = (seq: number) => ({
      source: 'redis',
      label: video.label,
      seq,
      batchId: `batch ${seq}`,
      views: new Map([[1, 1]]),
    });
    const apply = (target: EmptyDatabase, seq: number) =>
      look(target, (database) => database.tx((tx) => applyBatch(tx, batch(seq), 10)));
    const counterOf = (target: EmptyDatabase) =>
      look(target, async (database) => {
        const [row] = await database.rows(sql`select counter from pages_videocontent where id = 1`);
        return Number(row?.counter);
      });
    const later = file(`${dialect}.ledger`);
    expect(await apply(full, 8)).toBe('applied');
    await succeed(full, ['backup', later]);
    const before = await counterOf(full);
    expect(await apply(full, 9)).toBe('applied');
    await succeed(full, ['restore', '--force', later]);
    expect([await apply(full, 8), await counterOf(full)]).toEqual(['applied_before', before]);
    // Was in the database that is gone, and is still sealed: it counts here once.
    expect([await apply(full, 9), await counterOf(full)]).toEqual(['applied', before + 1]);
    expect([await apply(full, 9), await counterOf(full)]).toEqual(['applied_before', before + 1]);
  });
});

describe.each([
  ['sqlite', []],
  ['postgres', []],
  ['postgres', ['--portable']],
] as const)('restore on %s %j, killed at any moment', (dialect, args) => {
  test('has changed nothing, or everything', async () => {
    const full = await createFull(dialect);
    const path = file(`${dialect}.large`);
    await succeed(full, ['backup', '--force', path]);
    const small = await inspect(full);
    await enlarge(full);
    const large = await inspect(full);
    await succeed(full, ['backup', '--force', path, ...args]);
    const target = await createFull(dialect);
    const kills = await killOften(target, ['restore', '--force', path], async () => {
      const { orphan: orphans = [], ...others } = await inspect(target);
      expect([small.orphan?.length, large.orphan?.length]).toContain(orphans.length);
      expect(Object.keys(others)).toEqual(Object.keys(large).filter((name) => name !== 'orphan'));
      expect(others.page?.length).toBe(small.page?.length ?? 0);
      return orphans.length === large.orphan?.length;
    });
    expect(kills).toBeGreaterThan(0);
    expect(await inspect(target)).toEqual(large);
    await full.drop();
    await target.drop();
  });
});

describe('restore on postgres', () => {
  test('leaves alone what other programs have in the database, then and since', async () => {
    const shared = await createFull('postgres');
    const query = (text: string) =>
      look(shared, (database) => database.tx(async (tx) => [...(await tx.rows(sql.raw(text)))]));
    const wine = '"Red ""wine"""';
    await query(`create table ${wine} (id serial, year integer)`);
    await query(`create view old as select * from ${wine}`);
    await query('create schema cellar');
    await query('create table cellar.beer (year integer)');
    await query('create publication news');
    const before = await inspect(shared);
    await succeed(shared, ['backup', file('shared'), '--verify']);
    await query(`insert into ${wine} (year) values (1999)`);
    await query('insert into cellar.beer values (2024)');
    await makePage(shared);
    await succeed(shared, ['restore', '--force', file('shared')]);
    expect(await inspect(shared)).toEqual(before);
    expect(await query('select * from old')).toEqual([{ id: 1, year: 1999 }]);
    expect(await query('select * from cellar.beer')).toEqual([{ year: 2024 }]);
    expect(await query(`insert into ${wine} (year) values (2001) returning id`)).toEqual([{ id: 2 }]);
    await shared.drop();
  });
});

describe('restore on sqlite', () => {
  test('ends at Ctrl-C, and has changed nothing', async () => {
    const full = await createFull('sqlite');
    const before = await inspect(full);
    const [small, large] = [file('small'), file('large')];
    await succeed(full, ['backup', small]);
    await enlarge(full);
    await succeed(full, ['backup', large]);
    await succeed(full, ['restore', '--force', small]);
    const restoring = start(full, ['restore', '--force', large]);
    const journal = `${full.url.slice('sqlite:'.length)}-journal`;
    await eventually(() => expect(existsSync(journal)).toBe(true), START_MS_MAX);
    restoring.kill('SIGINT');
    expect(await restoring.exited).toBe(130);
    expect(await inspect(full)).toEqual(before);
    await full.drop();
  });

  test('that fails leaves no file where there was none', async () => {
    const empty = await createEmptyDatabase('sqlite');
    const bad = file('bad');
    writeFileSync(bad, readFileSync(file('sqlite')).subarray(1));
    await failure(empty, ['restore', bad]);
    expect(existsSync(empty.url.slice('sqlite:'.length))).toBe(false);
    await empty.drop();
  });
});
