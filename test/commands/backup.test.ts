import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { findPostgresTools } from '../../src/commands/backup/postgres_tools.ts';
import { openBackup } from '../../src/commands/backup/seal.ts';
import { migrate } from '../../src/db/migrate.ts';
import { listStrangers } from '../../src/db/strangers.postgres.ts';
import { nameSnapshot } from '../../src/store/copies.ts';
import {
  createEmptyDatabase,
  createFolder,
  createTestDatabase,
  DIALECTS,
  type EmptyDatabase,
} from '../help/databases.ts';
import { eventually } from '../help/eventually.ts';
import { REMOVED_PAGE_ID } from '../help/full_hub.ts';
import { SOURCE, startProgram } from '../help/program.ts';
import { choiceOf } from '../help/random.ts';
import {
  createFull,
  enlarge,
  failure,
  inspect,
  look,
  makePage,
  pathWithoutTools,
  run,
  start,
  succeed,
} from './copying.ts';

const SEED = Number(process.env.TEST_SEED ?? 20_251_125);
const FLIPS = 300;

// Postgres's programs, and databases made and removed for each look.
setDefaultTimeout(120_000);
const START_MS_MAX = 60_000;

const folder = createFolder();
afterAll(() => folder.remove());
const file = (name: string) => join(folder.path, name);

const FORMS = [
  { dialect: 'sqlite', args: [], form: 'an SQLite database' },
  { dialect: 'sqlite', args: ['--portable'], form: 'portable' },
  { dialect: 'postgres', args: [], form: 'an archive of pg_dump' },
  { dialect: 'postgres', args: ['--portable'], form: 'portable' },
] as const;

describe.each(FORMS)('a backup of $dialect, $form', ({ dialect, args, form }) => {
  const path = file(`${dialect}${args.length}`);
  let full: EmptyDatabase;
  beforeAll(async () => {
    full = await createFull(dialect);
    expect(await succeed(full, ['backup', path, ...args, '--verify'])).toMatch(/^wrote and verified .*\n$/);
  });
  afterAll(() => full.drop());

  const targets = form === 'portable' || form === 'an SQLite database' ? DIALECTS : (['postgres'] as const);
  test.each([...targets])('comes back into an empty %s, equal to the last character', async (other) => {
    const empty = await createEmptyDatabase(other);
    try {
      expect(await succeed(empty, ['restore', path])).toContain(`restored ${path}, made at `);
      expect(await inspect(empty)).toEqual(await inspect(full));
      expect(await makePage(empty)).toBe(REMOVED_PAGE_ID + 1);
    } finally {
      await empty.drop();
    }
  });

  test('says what it is, and only its owner may read it', async () => {
    const { manifest } = await openBackup(path);
    expect(manifest.tables.find(({ name }) => name === 'pages_page')?.rows).toBe(15);
    expect(JSON.stringify(manifest)).not.toContain('@');
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
    expect(readdirSync(folder.path).filter((name) => name.includes('partial'))).toEqual([]);
  });

  test('is refused with one byte changed, wherever', async () => {
    const choose = choiceOf(SEED);
    const bytes = readFileSync(path);
    const changed = file(`${dialect}${args.length}.changed`);
    const places = [0, bytes.length - 1, bytes.length - 70, bytes.length - 96, bytes.length - 90, bytes.length - 80];
    while (places.length < FLIPS) places.push(choose(bytes.length));
    for (const place of places) {
      const copy = Buffer.from(bytes);
      copy.writeUInt8(copy.readUInt8(place) ^ (1 << choose(8)), place);
      writeFileSync(changed, copy);
      const verdict = await openBackup(changed).then(
        () => 'accepted',
        (error: unknown) => (error instanceof Error ? error.message : ''),
      );
      expect(verdict, `seed ${SEED}, byte ${place}`).toMatch(/is damaged|was not written by|of layout/);
    }
    expect(await failure(full, ['backup', '--verify', changed])).toContain(changed);
    expect(await failure(full, ['restore', '--force', changed])).toContain(changed);
  });

  test('is refused when it is cut off or goes on', async () => {
    const choose = choiceOf(SEED);
    const bytes = readFileSync(path);
    const changed = file(`${dialect}${args.length}.cut`);
    for (let turn = 0; turn < 50; turn++) {
      writeFileSync(
        changed,
        turn === 0 ? Buffer.concat([bytes, bytes.subarray(0, 1)]) : bytes.subarray(0, choose(bytes.length)),
      );
      await expect(openBackup(changed)).rejects.toThrow(/is damaged|was not written by|is empty/);
    }
  });

  test('a copy of it can be verified again, and nothing is written', async () => {
    const before = statSync(path).mtimeMs;
    expect(await succeed(full, ['backup', '--verify', path])).toStartWith(
      `verified ${path}, which was there (nothing was written)`,
    );
    expect(statSync(path).mtimeMs).toBe(before);
  });
});

describe.each(DIALECTS)('backup on %s', (dialect) => {
  test('is one moment of a hub that serves and counts meanwhile', async () => {
    const full = await createFull(dialect);
    const path = file(`${dialect}.serving`);
    const counted = sql`
      select (select sum(counter) from pages_videocontent where id < 1000) + (select sum(counter) from pages_audiocontent) as counters,
        (select coalesce(sum(views_total), 0) from impression_ledger) as ledger, (select sum(n) from impression_orphans) as orphans`;
    const [before] = await look(full, (database) => database.rows(counted));
    const hub = await startProgram(SOURCE, [], { settings: { DATABASE_URL: full.url, IMPRESSION_PUSH_MS: '5' } });
    let isOver = false;
    const visits = (async () => {
      for (let visit = 0; !isOver; visit++) await (await fetch(`${hub.url}/api/v1/pages/${(visit % 15) + 1}/`)).text();
    })();
    const ledgers: number[] = [];
    try {
      for (let turn = 0; turn < 2; turn++) {
        const empty = await createEmptyDatabase(dialect);
        await succeed(full, ['backup', path, '--force', '--verify']);
        await succeed(empty, ['restore', path]);
        const [after] = await look(empty, (database) => database.rows(counted));
        // What the ledger says was applied is in the counters, or set aside: not a view more or less.
        const grown = (name: string) => Number(after?.[name]) - Number(before?.[name]);
        expect(grown('counters') + grown('orphans')).toBe(grown('ledger'));
        ledgers.push(grown('ledger'));
        await empty.drop();
      }
      // The hub did count.
      expect(ledgers.at(-1)).toBeGreaterThan(ledgers[0] ?? 0);
    } finally {
      isOver = true;
      await visits;
      expect(await hub.end('SIGTERM')).toBe(0);
      await full.drop();
    }
  });

  test('leaves a file that is there alone unless it is forced, and forced puts a whole one in its place', async () => {
    const full = await createTestDatabase(dialect);
    const path = file(`${dialect}.there`);
    writeFileSync(path, 'dear');
    expect(await failure(full, ['backup', path])).toBe(
      `${path} is there already, and was left as it is: name another file, or --force to write it anew`,
    );
    expect(readFileSync(path, 'utf8')).toBe('dear');
    await succeed(full, ['backup', '--force', path]);
    expect((await openBackup(path)).manifest.migrations).toContain('0000_initial');
    await full.drop();
  });

  test('of a hub that is not migrated yet comes back and is migrated', async () => {
    const old = await createEmptyDatabase(dialect);
    const empty = await createEmptyDatabase(dialect);
    const { migrations } = await import('../../drizzle/embedded.ts');
    await migrate(old.address, () => {}, { ...migrations, [dialect]: migrations[dialect].slice(0, 1) });
    await look(old, (database) =>
      database.tx((tx) =>
        tx.rows(sql`
          insert into pages_page (title, url, updated_at) values ('A llama', '', ${sql.param(new Date(), tx.tables.page.updated_at)})`),
      ),
    );
    const path = file(`${dialect}.old`);
    await succeed(old, ['backup', path, '--verify']);
    const printed = await succeed(empty, ['restore', path]);
    const later = migrations[dialect].slice(1).map(({ tag }) => `applied ${tag}\n`);
    expect(printed).toContain(`${later.join('')}made 1 titles searchable\n`);
    expect(await failure(old, ['backup', '--portable', file('never')])).toContain('run contenthub migrate first');
    expect(existsSync(file('never'))).toBe(false);
    await old.drop();
    await empty.drop();
  });
});

describe('backup', () => {
  test('on Postgres without its programs is portable, and no archive can be restored', async () => {
    const full = await createFull('postgres');
    const empty = await createEmptyDatabase('postgres');
    const PATH = pathWithoutTools(folder.path);
    const [archive, portable] = [file('archive'), file('without')];
    await succeed(full, ['backup', archive]);
    expect(await succeed(full, ['backup', portable], { PATH })).toEndWith(', portable\n');
    expect(await failure(empty, ['restore', archive], { PATH })).toContain('install Postgres');
    await succeed(empty, ['restore', portable], { PATH });
    expect(await inspect(empty)).toEqual(await inspect(full));
    await full.drop();
    await empty.drop();
  });

  test('is no archive when the disk was full, however much of it pg_dump could send', async () => {
    const full = await createTestDatabase('postgres');
    const tools = findPostgresTools(process.env);
    const dumping = full.database.snapshot(async (connection) =>
      tools?.dump(full.url, await nameSnapshot(connection), await listStrangers(connection), '/dev/full'),
    );
    await expect(dumping).rejects.toThrow('ENOSPC');
    await full.drop();
  });

  test('that is interrupted while it is verified leaves nothing behind', async () => {
    const full = await createFull('sqlite');
    await enlarge(full);
    const [TMPDIR, path] = [file('scratch'), file('interrupted')];
    mkdirSync(TMPDIR);
    await succeed(full, ['backup', path]);
    const verifying = start(full, ['backup', path, '--verify'], { TMPDIR });
    await eventually(() => expect(readdirSync(TMPDIR)).toHaveLength(1), START_MS_MAX);
    verifying.kill('SIGINT');
    expect([await verifying.exited, readdirSync(TMPDIR)]).toEqual([130, []]);
    await full.drop();
  });

  test('gives passwords to Postgres’s programs where nobody sees them, and prints none', async () => {
    const full = await createTestDatabase('postgres');
    await full.database.close();
    const address = new URL(full.url);
    address.password = 's3cr%2Ft';
    const bin = file('recording');
    mkdirSync(bin);
    for (const name of ['pg_dump', 'pg_restore', 'psql']) {
      const script = `#!/bin/sh\necho "${name} $* PASSWORD=$PGPASSWORD" >>'${file('record')}'\nexec ${Bun.which(name)} "$@"\n`;
      writeFileSync(join(bin, name), script, { mode: 0o755 });
    }
    const PATH = `${bin}:${process.env.PATH}`;
    const path = file('password');
    const printed = await succeed({ url: address.href }, ['backup', path, '--verify'], { PATH });
    expect(printed + readFileSync(path, 'latin1')).not.toMatch(/s3cr/);
    const record = readFileSync(file('record'), 'utf8').trim().split('\n');
    expect(record.map((line) => line.split(' ')[0]).sort()).toEqual(['pg_dump', 'pg_restore', 'psql']);
    for (const line of record) expect(line).toMatch(/^(?!.*s3cr.*PASSWORD).* PASSWORD=s3cr\/t$/);
    await full.drop();
  });

  test('does not take a file for a backup that is none', async () => {
    const empty = await createEmptyDatabase('sqlite');
    await migrate(empty.address);
    writeFileSync(file('empty'), '');
    writeFileSync(file('text'), 'These are not the bytes you are looking for.\n'.repeat(9));
    copyFileSync(new URL(`file://${empty.url.slice('sqlite:'.length)}`), file('bare'));
    symlinkSync(file('text'), file('link'));
    const cases = [
      [folder.path, 'is a directory: name a file that contenthub backup wrote'],
      [file('nothing'), 'there is no file'],
      [file('empty'), 'is empty'],
      [file('text'), 'was not written by contenthub backup, or its end is missing'],
      [file('link'), 'was not written by contenthub backup, or its end is missing'],
      [file('bare'), '(a database alone is used with DATABASE_URL, and copied with contenthub move)'],
      ['/dev/null', 'is no regular file'],
    ] as const;
    for (const [path, sentence] of cases) expect(await failure(empty, ['restore', path])).toContain(sentence);
    expect(await failure(empty, ['backup', '--force', folder.path])).toContain('it is a directory');
    expect(await failure(empty, ['backup', '/nonexistent/file'])).toBe(
      'cannot write /nonexistent/file: there is no folder /nonexistent',
    );
    await empty.drop();
  });

  test('does not write over the database it reads', async () => {
    const full = await createFull('sqlite');
    const path = full.url.slice('sqlite:'.length);
    const before = readFileSync(path);
    const { code, stderr } = await run(full, ['backup', '--force', path]);
    expect([code, stderr]).toEqual([2, `contenthub: backup: ${path} is the database itself; name another file\n`]);
    expect(readFileSync(path).equals(before)).toBe(true);
    await full.drop();
  });

  test.each([
    [['backup'], 'backup: name the file to write'],
    [['restore'], 'restore: name the file to restore'],
  ])('%j is wrong usage', async (args, sentence) => {
    const { code, stderr } = await run({ url: 'sqlite:/nonexistent/never.db' }, args);
    expect([code, stderr]).toEqual([2, `contenthub: ${sentence}\n`]);
  });
});
