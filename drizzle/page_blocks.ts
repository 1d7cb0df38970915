/**
 * What keeps `page_block` (`src/db/schema.ts`): triggers, in the transaction of each insert and delete, whoever wrote the
 * rows. A block whose last page goes is removed, so that there are never more blocks than pages. Ids of pages never
 * change: nothing is kept for that. Postgres runs the triggers of a table in the order of their names, these after those
 * of `row_count`: whoever waits for another's pages waits there, and no two wait for each other's blocks.
 */
import { PAGE_BLOCK_BITS } from '../src/db/schema.ts';

const BLOCK = `id >> ${PAGE_BLOCK_BITS}`;

const POSTGRES_FUNCTIONS = [
  `CREATE FUNCTION place_added_pages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO page_block (block, n) SELECT ${BLOCK}, count(*) FROM added GROUP BY 1 ORDER BY 1
  ON CONFLICT (block) DO UPDATE SET n = page_block.n + excluded.n;
  RETURN NULL;
END $$;`,
  `CREATE FUNCTION place_removed_pages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE page_block SET n = page_block.n - gone.n
  FROM (SELECT ${BLOCK} AS block, count(*) AS n FROM removed GROUP BY 1) gone WHERE page_block.block = gone.block;
  DELETE FROM page_block WHERE n = 0 AND block IN (SELECT ${BLOCK} FROM removed);
  RETURN NULL;
END $$;`,
  `CREATE FUNCTION place_truncated_pages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM page_block;
  RETURN NULL;
END $$;`,
];

const TRIGGERS = {
  postgres: [
    'CREATE TRIGGER pages_page_place_insert AFTER INSERT ON pages_page REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION place_added_pages();',
    'CREATE TRIGGER pages_page_place_delete AFTER DELETE ON pages_page REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION place_removed_pages();',
    'CREATE TRIGGER pages_page_place_truncate AFTER TRUNCATE ON pages_page FOR EACH STATEMENT EXECUTE FUNCTION place_truncated_pages();',
  ],
  sqlite: [
    `CREATE TRIGGER pages_page_place_insert AFTER INSERT ON pages_page BEGIN INSERT INTO page_block (block, n) VALUES (NEW.${BLOCK}, 1) ON CONFLICT (block) DO UPDATE SET n = n + 1; END;`,
    `CREATE TRIGGER pages_page_place_delete AFTER DELETE ON pages_page BEGIN UPDATE page_block SET n = n - 1 WHERE block = OLD.${BLOCK}; DELETE FROM page_block WHERE block = OLD.${BLOCK} AND n = 0; END;`,
  ],
} as const;

/** After the triggers: from then on nobody else writes pages before the migration ends. */
const FILL = `INSERT INTO page_block (block, n) SELECT ${BLOCK}, count(*) FROM pages_page GROUP BY 1;`;

/**
 * The statements to run after a migration's own.
 * @param creates true for a table that it makes
 * @param rebuilds true for a table that it makes anew with its rows; the triggers go with the old one
 */
export function pageBlockExtras(
  dialect: 'postgres' | 'sqlite',
  creates: (table: string) => boolean,
  rebuilds: (table: string) => boolean,
): readonly string[] {
  if (creates('page_block')) {
    return [...(dialect === 'postgres' ? POSTGRES_FUNCTIONS : []), ...TRIGGERS[dialect], FILL];
  }
  return rebuilds('pages_page') ? TRIGGERS[dialect] : [];
}
