-- compatible
CREATE TABLE `page_block` (
	`block` integer PRIMARY KEY NOT NULL,
	`n` integer NOT NULL
);
--> statement-breakpoint
CREATE TRIGGER pages_page_place_insert AFTER INSERT ON pages_page BEGIN INSERT INTO page_block (block, n) VALUES (NEW.id >> 12, 1) ON CONFLICT (block) DO UPDATE SET n = n + 1; END;
--> statement-breakpoint
CREATE TRIGGER pages_page_place_delete AFTER DELETE ON pages_page BEGIN UPDATE page_block SET n = n - 1 WHERE block = OLD.id >> 12; DELETE FROM page_block WHERE block = OLD.id >> 12 AND n = 0; END;
--> statement-breakpoint
INSERT INTO page_block (block, n) SELECT id >> 12, count(*) FROM pages_page GROUP BY 1;
