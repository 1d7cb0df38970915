import { type Migration, migrations } from '../../drizzle/embedded.ts';
import { extrasFor } from '../../drizzle/extras.ts';
import { contentTypes } from '../../src/contents/index.ts';
import type { Dialect } from '../../src/db/connection.ts';

/** A later migration as drizzle-kit writes it: SQLite cannot alter a column and rebuilds the table. */
const STATEMENTS: Readonly<Record<Dialect, readonly string[]>> = {
  sqlite: [
    'PRAGMA foreign_keys=OFF;',
    `CREATE TABLE \`__new_pages_page\` (
	\`id\` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	\`title\` text DEFAULT '' NOT NULL,
	\`url\` text NOT NULL,
	\`version\` integer DEFAULT 1 NOT NULL,
	\`updated_at\` integer NOT NULL
);`,
    'INSERT INTO `__new_pages_page`("id", "title", "url", "version", "updated_at") SELECT "id", "title", "url", "version", "updated_at" FROM `pages_page`;',
    'DROP TABLE `pages_page`;',
    'ALTER TABLE `__new_pages_page` RENAME TO `pages_page`;',
    'PRAGMA foreign_keys=ON;',
    'CREATE TABLE `later` (`id` integer);',
  ],
  postgres: [`ALTER TABLE "pages_page" ALTER COLUMN "title" SET DEFAULT '';`, 'CREATE TABLE "later" ("id" bigint);'],
};

function later(dialect: Dialect): Migration {
  const tables = contentTypes.map((type) => type.table);
  const extras = extrasFor(dialect, STATEMENTS[dialect], {
    counted: ['pages_page', ...tables],
    contents: tables,
    first: false,
  });
  return { tag: '9998_later', sql: [...STATEMENTS[dialect], ...extras].join('\n--> statement-breakpoint\n') };
}

/** The program's migrations, the later one, and one more that calls `between` when its turn has come. */
export function laterMigrations(between: () => void = () => {}): typeof migrations {
  const last: Migration = {
    tag: '9999_last',
    get sql() {
      between();
      return 'CREATE TABLE last_one (id integer);';
    },
  };
  return {
    postgres: [...migrations.postgres, later('postgres'), last],
    sqlite: [...migrations.sqlite, later('sqlite'), last],
  };
}
