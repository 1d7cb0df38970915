/**
 * What migrations need and drizzle-kit cannot express, appended to the migration that makes (or, on SQLite, rebuilds)
 * a table:
 * - row counts: triggers that keep `row_count.n` exact in the transaction of each insert and delete, so that a list's
 *   `count` is one row to read on a million pages, whoever wrote the rows;
 * - what keeps `page_block` (`page_blocks.ts`);
 * - Postgres: free room in content tables for in-place (HOT) counter updates, and a deferrable foreign key, because a
 *   fixture may name a page before it defines it (SQLite defers with a pragma instead).
 */
import { pageBlockExtras } from './page_blocks.ts';

type Dialect = 'postgres' | 'sqlite';

interface Tables {
  /** Tables whose rows are counted. */
  readonly counted: readonly string[];
  /** Tables of content types. */
  readonly contents: readonly string[];
  /** True for a dialect's first migration. */
  readonly first: boolean;
}

const COUNT_FUNCTIONS = [
  `CREATE FUNCTION count_added_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE added_rows bigint;
BEGIN
  SELECT count(*) INTO added_rows FROM added;
  IF added_rows > 0 THEN
    UPDATE row_count SET n = n + added_rows WHERE table_name = TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$;`,
  `CREATE FUNCTION count_removed_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE removed_rows bigint;
BEGIN
  SELECT count(*) INTO removed_rows FROM removed;
  IF removed_rows > 0 THEN
    UPDATE row_count SET n = n - removed_rows WHERE table_name = TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$;`,
  `CREATE FUNCTION count_truncated_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE row_count SET n = 0 WHERE table_name = TG_TABLE_NAME;
  RETURN NULL;
END $$;`,
];

function countTriggers(dialect: Dialect, table: string): string[] {
  if (dialect === 'postgres') {
    return [
      `CREATE TRIGGER ${table}_count_insert AFTER INSERT ON ${table} REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_added_rows();`,
      `CREATE TRIGGER ${table}_count_delete AFTER DELETE ON ${table} REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_removed_rows();`,
      `CREATE TRIGGER ${table}_count_truncate AFTER TRUNCATE ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION count_truncated_rows();`,
    ];
  }
  return [
    `CREATE TRIGGER ${table}_count_insert AFTER INSERT ON ${table} BEGIN UPDATE row_count SET n = n + 1 WHERE table_name = '${table}'; END;`,
    `CREATE TRIGGER ${table}_count_delete AFTER DELETE ON ${table} BEGIN UPDATE row_count SET n = n - 1 WHERE table_name = '${table}'; END;`,
  ];
}

/** The statements to run after drizzle-kit's. `statements` are drizzle-kit's own, without their breakpoints. */
export function extrasFor(dialect: Dialect, statements: readonly string[], tables: Tables): string[] {
  const quote = dialect === 'postgres' ? '"' : '`';
  const creates = (table: string) =>
    statements.some((text) => text.startsWith(`CREATE TABLE ${quote}${table}${quote}`));
  // SQLite cannot alter a column: drizzle-kit rebuilds the table, and its triggers go with the old one.
  const rebuilds = (table: string) => statements.some((text) => text.includes(`\`__new_${table}\` RENAME TO`));
  const extras: string[] = [];
  if (dialect === 'postgres' && tables.first) {
    extras.push(...COUNT_FUNCTIONS);
    extras.push(
      'ALTER TABLE "pages_pagecontent" ALTER CONSTRAINT "pages_pagecontent_page_id_pages_page_id_fk" DEFERRABLE INITIALLY IMMEDIATE;',
    );
  }
  for (const table of tables.counted) {
    if (creates(table)) extras.push(`INSERT INTO row_count (table_name, n) VALUES ('${table}', 0);`);
    if (creates(table) || rebuilds(table)) extras.push(...countTriggers(dialect, table));
  }
  extras.push(...pageBlockExtras(dialect, creates, rebuilds));
  if (dialect === 'postgres') {
    for (const table of tables.contents.filter(creates)) {
      extras.push(`ALTER TABLE ${table} SET (fillfactor = 85);`);
    }
  }
  return extras;
}
