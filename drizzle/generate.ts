/**
 * `make migrations`: writes the next migration of each dialect into `drizzle/postgres` and `drizzle/sqlite`.
 *
 * drizzle-kit compares the schema with the last snapshot and writes the SQL; this program calls it as a library,
 * because the tables of content types come from the registry and its command line only sees static exports.
 * What drizzle-kit cannot express is appended to the tables that need it (`extrasFor`). `embedded.ts` is written anew,
 * so that the executable carries every migration.
 *
 * `--check` writes nothing and exits 1 when the schema has changes that no migration has.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  generateDrizzleJson,
  generateMigration,
  generateSQLiteDrizzleJson,
  generateSQLiteMigration,
} from 'drizzle-kit/api';
import { contentTypes } from '../src/contents/index.ts';
import { schema as postgres } from '../src/db/schema.postgres.ts';
import { schema as sqlite } from '../src/db/schema.sqlite.ts';
import type { Schema } from '../src/db/schema.ts';
import { extrasFor } from './extras.ts';

export type Dialect = 'postgres' | 'sqlite';
const FOLDER = import.meta.dirname;
const BREAKPOINT = '\n--> statement-breakpoint\n';
const check = process.argv.includes('--check');

/** drizzle-kit's view of a schema: a flat record of tables. */
function tablesOf(schema: Schema): Record<string, unknown> {
  const { contents, ...tables } = schema;
  return { ...tables, ...Object.fromEntries(contents) };
}

function tagsOf(dialect: Dialect): string[] {
  const folder = join(FOLDER, dialect);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .map((name) => name.slice(0, -'.sql'.length))
    .sort();
}

function snapshotPath(dialect: Dialect, tag: string): string {
  return join(FOLDER, dialect, 'meta', `${tag.slice(0, 4)}_snapshot.json`);
}

/** The statements that lead from the last snapshot to the schema, and the new snapshot. */
async function compare(dialect: Dialect): Promise<{ statements: string[]; snapshot: object }> {
  const last = tagsOf(dialect).at(-1);
  const before = last === undefined ? undefined : JSON.parse(readFileSync(snapshotPath(dialect, last), 'utf8'));
  if (dialect === 'postgres') {
    const snapshot = generateDrizzleJson(tablesOf(postgres), before?.id);
    return { snapshot, statements: await generateMigration(before ?? generateDrizzleJson({}), snapshot) };
  }
  const snapshot = await generateSQLiteDrizzleJson(tablesOf(sqlite), before?.id);
  const empty = await generateSQLiteDrizzleJson({});
  return { snapshot, statements: await generateSQLiteMigration(before ?? empty, snapshot) };
}

/** `0003_pages_quizcontent`: the next number, and the tables it makes or the name that was asked for. */
function nextTag(dialect: Dialect, statements: readonly string[]): string {
  const tags = tagsOf(dialect);
  const number = String(tags.length).padStart(4, '0');
  const created = statements.flatMap(
    (statement) => statement.match(/^CREATE TABLE ["`]((?!__new_)\w+)["`]/)?.[1] ?? [],
  );
  const name = process.argv[2]?.match(/^\w+$/)?.[0] ?? (tags.length === 0 ? 'initial' : created.join('_') || 'changes');
  return `${number}_${name}`;
}

function write(dialect: Dialect, statements: string[], snapshot: object): string {
  const counted = ['pages_page', ...contentTypes.map((type) => type.table)];
  const contents = contentTypes.map((type) => type.table);
  // Unqualified, so that a database whose search_path names another schema works too.
  const generated = statements.map((statement) => statement.trim().replaceAll('"public".', ''));
  const all = [
    ...generated,
    ...extrasFor(dialect, generated, { counted, contents, first: tagsOf(dialect).length === 0 }),
  ];
  const tag = nextTag(dialect, generated);
  mkdirSync(join(FOLDER, dialect, 'meta'), { recursive: true });
  writeFileSync(join(FOLDER, dialect, `${tag}.sql`), `${all.join(BREAKPOINT)}\n`);
  writeFileSync(snapshotPath(dialect, tag), `${JSON.stringify(snapshot, null, 2)}\n`);
  return tag;
}

/** The module through which the executable carries the migrations. */
function embed(): string {
  const lines = ['// Written by drizzle/generate.ts (`make migrations`).'];
  const entries: string[] = [];
  for (const dialect of ['postgres', 'sqlite'] as const) {
    const tags = tagsOf(dialect);
    for (const tag of tags) {
      lines.push(`import ${dialect}${tag.slice(0, 4)} from './${dialect}/${tag}.sql' with { type: 'text' };`);
    }
    const rows = tags.map((tag) => `    { tag: '${tag}', sql: ${dialect}${tag.slice(0, 4)} },`);
    entries.push(`  ${dialect}: [\n${rows.join('\n')}\n  ],`);
  }
  lines.push('', '/** One migration: its name and its statements, separated by `--> statement-breakpoint`. */');
  lines.push('export interface Migration {\n  readonly tag: string;\n  readonly sql: string;\n}', '');
  lines.push('/** Every migration of each dialect, oldest first. */');
  lines.push("export const migrations: Readonly<Record<'postgres' | 'sqlite', readonly Migration[]>> = {");
  lines.push(...entries, '};', '');
  return lines.join('\n');
}

let pending = false;
for (const dialect of ['postgres', 'sqlite'] as const) {
  const { statements, snapshot } = await compare(dialect);
  pending ||= statements.length > 0;
  if (check && statements.length > 0) {
    process.stderr.write(`${dialect}: the schema has changes that no migration has; run make migrations\n`);
  } else if (statements.length === 0) {
    process.stdout.write(`${dialect}: no changes\n`);
  } else {
    process.stdout.write(`${dialect}: wrote ${write(dialect, statements, snapshot)}.sql\n`);
  }
}
if (check) process.exit(pending ? 1 : 0);
writeFileSync(join(FOLDER, 'embedded.ts'), embed());
