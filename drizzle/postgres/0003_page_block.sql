-- compatible
CREATE TABLE "page_block" (
	"block" bigint PRIMARY KEY NOT NULL,
	"n" bigint NOT NULL
);
--> statement-breakpoint
CREATE FUNCTION place_added_pages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO page_block (block, n) SELECT id >> 12, count(*) FROM added GROUP BY 1 ORDER BY 1
  ON CONFLICT (block) DO UPDATE SET n = page_block.n + excluded.n;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION place_removed_pages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE page_block SET n = page_block.n - gone.n
  FROM (SELECT id >> 12 AS block, count(*) AS n FROM removed GROUP BY 1) gone WHERE page_block.block = gone.block;
  DELETE FROM page_block WHERE n = 0 AND block IN (SELECT id >> 12 FROM removed);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION place_truncated_pages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM page_block;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER pages_page_place_insert AFTER INSERT ON pages_page REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION place_added_pages();
--> statement-breakpoint
CREATE TRIGGER pages_page_place_delete AFTER DELETE ON pages_page REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION place_removed_pages();
--> statement-breakpoint
CREATE TRIGGER pages_page_place_truncate AFTER TRUNCATE ON pages_page FOR EACH STATEMENT EXECUTE FUNCTION place_truncated_pages();
--> statement-breakpoint
INSERT INTO page_block (block, n) SELECT id >> 12, count(*) FROM pages_page GROUP BY 1;
