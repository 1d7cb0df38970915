/**
 * Migrations: embedded in the program (`drizzle/embedded.ts`), applied in one transaction under a lock, recorded by
 * name in `schema_migration`. drizzle's own migrator takes no lock and skips what it thinks is old; this one compares
 * names and refuses a schema it does not know, unless every migration that made it so says that it only added: then an
 * older program goes on beside the newer one, and may start again while the others are replaced.
 *
 * - Two starters at once: the second waits for the lock, then finds nothing to do.
 * - Interrupted: the transaction never commits, the database is as before.
 * - SQLite: ids stay used up when a table is rebuilt; foreign keys are off while tables are rebuilt (a rebuild would otherwise cascade into children) and are
 *   checked before the commit.
 */
import type { Database as SqliteFile } from 'bun:sqlite';
import { sql } from 'drizzle-orm';
import { type Migration, migrations } from '../../drizzle/embedded.ts';
import { AppError } from '../errors.ts';
import type { Connection, Dialect } from './connection.ts';
import { translate } from './errors.ts';
import { beginImmediate, openWriter } from './file.sqlite.ts';
import { type Link, openLink } from './link.postgres.ts';
import type { DatabaseAddress } from './open.ts';
import { toText } from './rows.ts';
import { findTable } from './sql.ts';

/** Any number no other program would take: "cthub" in ASCII. */
export const ADVISORY_LOCK_KEY = 0x63_74_68_75_62;
const SQLITE_LOCK_WAIT_MS = 120_000;
/** What was applied, and which of it older programs can go on with: a table of its own, which no older program looks at. */
export const MIGRATION_TABLES = ['schema_migration', 'schema_compatible'] as const;
const CREATE_TABLES = [
  'create table if not exists schema_migration (tag text primary key, applied_at text not null)',
  'create table if not exists schema_compatible (tag text primary key)',
];
/** The first line, by which a migration says that the program before it can go on with the schema it makes. */
const COMPATIBLE = /^-- compatible\n/;

/**
 * `behind`: migrations are pending. `ahead`: the database has migrations this program does not know and cannot go on
 * with; those it can are `unknown` too, and the state is `current`.
 */
export interface SchemaState {
  readonly state: 'current' | 'behind' | 'ahead';
  readonly pending: readonly string[];
  readonly unknown: readonly string[];
}

/** The names of what was applied, and of what is compatible of it. */
type Recorded = readonly [applied: readonly string[], compatible: readonly string[]];

function compare(known: readonly Migration[], [applied, compatible]: Recorded): SchemaState {
  const tags = known.map((migration) => migration.tag);
  const unknown = applied.filter((tag) => !tags.includes(tag));
  const pending = tags.filter((tag) => !applied.includes(tag));
  // What is pending beside what is unknown comes from another line of versions.
  const isAhead = unknown.length > 0 && (pending.length > 0 || unknown.some((tag) => !compatible.includes(tag)));
  return { state: isAhead ? 'ahead' : pending.length > 0 ? 'behind' : 'current', pending, unknown };
}

/** How the database's schema relates to this program's. @throws AppError `unavailable` */
export async function readSchemaState(connection: Connection, known = migrations): Promise<SchemaState> {
  const own = known[connection.dialect];
  const [migrated, compatible] = MIGRATION_TABLES;
  const applied = await readTags(connection, migrated);
  const state = compare(own, [applied, []]);
  return state.unknown.length === 0 ? state : compare(own, [applied, await readTags(connection, compatible)]);
}

async function readTags(connection: Connection, name: (typeof MIGRATION_TABLES)[number]): Promise<string[]> {
  const [table] = await connection.rows(findTable(connection.dialect, name));
  if (table === undefined) return [];
  const rows = await connection.rows(sql`select tag from ${sql.identifier(name)} order by tag`);
  return rows.map((row) => toText(row.tag));
}

/** Those of some migrations that this program does not carry: a newer version made them. */
export function findUnknownMigrations(dialect: Dialect, tags: readonly string[]): readonly string[] {
  return compare(migrations[dialect], [tags, []]).unknown;
}

/** Refuses a schema that is newer than the program. */
export function assertNotAhead(state: SchemaState): void {
  if (state.state !== 'ahead') return;
  throw new AppError(
    'conflict',
    `the database was migrated by a newer version (it has ${state.unknown.join(', ')}): run that version, or restore a backup`,
  );
}

/** What a migration needs of a driver, inside its transaction. */
interface Session {
  run(statement: string): Promise<unknown>;
  /** The names in a table of names, in order. */
  tags(table: (typeof MIGRATION_TABLES)[number]): Promise<string[]>;
}

async function applyPending(session: Session, known: readonly Migration[]): Promise<string[]> {
  for (const statement of CREATE_TABLES) await session.run(statement);
  const [migrated, compatible] = MIGRATION_TABLES;
  const state = compare(known, [await session.tags(migrated), await session.tags(compatible)]);
  assertNotAhead(state);
  for (const { tag, sql: text } of known.filter((migration) => state.pending.includes(migration.tag))) {
    for (const statement of text.split('--> statement-breakpoint')) await session.run(statement);
    await session.run(
      `insert into schema_migration (tag, applied_at) values ('${tag}', '${new Date().toISOString()}')`,
    );
    if (COMPATIBLE.test(text)) await session.run(`insert into schema_compatible (tag) values ('${tag}')`);
  }
  return [...state.pending];
}

/**
 * Makes the schema as these migrations left it, in a database without tables and inside the caller's transaction.
 * @throws AppError `conflict` for one that this program does not carry
 */
export async function buildSchemaOf(tx: Connection, tags: readonly string[]): Promise<void> {
  assertNotAhead(compare(migrations[tx.dialect], [tags, []]));
  await applyPending(
    { run: (statement) => tx.rows(sql.raw(statement)), tags: async () => [] },
    migrations[tx.dialect].filter(({ tag }) => tags.includes(tag)),
  );
}

async function migratePostgres(url: string, known: readonly Migration[], onWait: () => void): Promise<string[]> {
  const link = openLink(url, 1, 0);
  try {
    await link.run('begin');
    const [lock] = await link.run('select pg_try_advisory_xact_lock($1) as taken', [ADVISORY_LOCK_KEY]);
    if (lock?.taken !== true) {
      onWait();
      await link.run('select pg_advisory_xact_lock($1)', [ADVISORY_LOCK_KEY]);
    }
    await assertEncoding(link);
    const applied = await applyPending(
      {
        run: (statement) => link.run(statement),
        tags: async (table) => (await link.run(`select tag from ${table} order by tag`)).map((row) => toText(row.tag)),
      },
      known,
    );
    await link.run('commit');
    return applied;
  } finally {
    // What was not committed is rolled back when the connection ends.
    await link.end();
  }
}

/** A database of bytes would count bytes where titles are counted in characters, and cut them in two. */
async function assertEncoding(link: Link): Promise<void> {
  const [row] = await link.run("select current_setting('server_encoding') as encoding");
  const encoding = toText(row?.encoding);
  if (encoding === 'UTF8') return;
  throw new AppError(
    'conflict',
    `the database's encoding is ${encoding} and has to be UTF8: make one with "create database … template template0 encoding 'UTF8'"`,
  );
}

async function migrateSqlite(path: string, known: readonly Migration[], onWait: () => void): Promise<string[]> {
  const file = openWriter(path);
  const tags = async (table: (typeof MIGRATION_TABLES)[number]) =>
    file
      .query<{ tag: string }, []>(`select tag from ${table} order by tag`)
      .all()
      .map((row) => row.tag);
  try {
    file.run('PRAGMA foreign_keys = OFF');
    await beginImmediate(file, 0).catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      onWait();
      return beginImmediate(file, SQLITE_LOCK_WAIT_MS);
    });
    const sequences = readSequences(file);
    const applied = await applyPending({ run: async (statement) => file.run(statement), tags }, known);
    keepSequences(file, sequences);
    const [broken] = file.query('PRAGMA foreign_key_check').all();
    if (broken !== undefined)
      throw new AppError('internal', `a migration broke a foreign key: ${JSON.stringify(broken)}`);
    file.run('COMMIT');
    return applied;
  } catch (error) {
    if (file.inTransaction) file.run('ROLLBACK');
    throw translate(error);
  } finally {
    file.close();
  }
}

type Sequence = { readonly name: string; readonly seq: number };

/** The highest id each table ever gave out. */
function readSequences(file: SqliteFile): Sequence[] {
  // The table is there once the first AUTOINCREMENT table is.
  const [exists] = file.query("select 1 from sqlite_master where name = 'sqlite_sequence'").all();
  return exists === undefined ? [] : file.query<Sequence, []>('select name, seq from sqlite_sequence').all();
}

/** A rebuilt table knows the ids it holds, not those that were removed from it before: they must not come again. */
function keepSequences(file: SqliteFile, sequences: readonly Sequence[]): void {
  for (const { name, seq } of sequences) {
    const [table] = file.query('select 1 from sqlite_master where type = ? and name = ?').all('table', name);
    if (table === undefined) continue;
    const [now] = file.query<Sequence, [string]>('select name, seq from sqlite_sequence where name = ?').all(name);
    if (now === undefined) file.query('insert into sqlite_sequence (name, seq) values (?, ?)').run(name, seq);
    else if (now.seq < seq) file.query('update sqlite_sequence set seq = ? where name = ?').run(seq, name);
  }
}

/**
 * Applies what is pending and returns the names of what it applied (none: the schema was current).
 * @param onWait called once when another process holds the lock
 * @param known the migrations there are: those the program carries
 * @throws AppError `conflict` when the schema is newer than the program or the database's encoding is not UTF8, `unavailable`
 */
export function migrate(
  address: DatabaseAddress,
  onWait: () => void = () => {},
  known = migrations,
): Promise<string[]> {
  return address.dialect === 'postgres'
    ? migratePostgres(address.url, known.postgres, onWait)
    : migrateSqlite(address.path, known.sqlite, onWait);
}
