CREATE TABLE `pages_page` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`title` text NOT NULL,
	`url` text NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `pages_pagecontent` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`page_id` integer NOT NULL,
	`content_type` text NOT NULL,
	`object_id` integer NOT NULL,
	`order` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`page_id`) REFERENCES `pages_page`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `pages_pagecontent_place` ON `pages_pagecontent` (`page_id`,`order`,`id`);
--> statement-breakpoint
CREATE INDEX `pages_pagecontent_target` ON `pages_pagecontent` (`content_type`,`object_id`);
--> statement-breakpoint
CREATE TABLE `pages_searchentry` (
	`content_type` text NOT NULL,
	`object_id` integer NOT NULL,
	`title` text NOT NULL,
	`folded` text NOT NULL,
	PRIMARY KEY(`content_type`, `object_id`)
);
--> statement-breakpoint
CREATE INDEX `pages_searchentry_folded` ON `pages_searchentry` (`folded`);
--> statement-breakpoint
CREATE TABLE `row_count` (
	`table_name` text PRIMARY KEY NOT NULL,
	`n` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `auth_group` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`permissions` text DEFAULT '[]' NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `auth_group_name_unique` ON `auth_group` (`name`);
--> statement-breakpoint
CREATE TABLE `auth_user` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`username` text NOT NULL,
	`password` text NOT NULL,
	`email` text DEFAULT '' NOT NULL,
	`first_name` text DEFAULT '' NOT NULL,
	`last_name` text DEFAULT '' NOT NULL,
	`is_active` integer DEFAULT true NOT NULL,
	`is_staff` integer DEFAULT false NOT NULL,
	`is_superuser` integer DEFAULT false NOT NULL,
	`last_login` integer,
	`date_joined` integer NOT NULL,
	`groups` text DEFAULT '[]' NOT NULL,
	`user_permissions` text DEFAULT '[]' NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `auth_user_username_unique` ON `auth_user` (`username`);
--> statement-breakpoint
CREATE TABLE `impression_ledger` (
	`source` text NOT NULL,
	`label` text NOT NULL,
	`last_seq` integer NOT NULL,
	`last_batch_id` text NOT NULL,
	`views_total` integer NOT NULL,
	`applied_at` integer NOT NULL,
	PRIMARY KEY(`source`, `label`)
);
--> statement-breakpoint
CREATE TABLE `impression_orphans` (
	`source` text NOT NULL,
	`label` text NOT NULL,
	`batch_id` text NOT NULL,
	`id` text NOT NULL,
	`n` integer NOT NULL,
	`reason` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`source`, `label`, `batch_id`, `id`)
);
--> statement-breakpoint
CREATE TABLE `pages_videocontent` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`title` text NOT NULL,
	`counter` integer DEFAULT 0 NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`updated_at` integer NOT NULL,
	`file_url` text DEFAULT '' NOT NULL,
	`subtitles_url` text DEFAULT '' NOT NULL,
	CONSTRAINT "pages_videocontent_counter_range" CHECK("pages_videocontent"."counter" between 0 and 9007199254740991)
);
--> statement-breakpoint
CREATE TABLE `pages_audiocontent` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`title` text NOT NULL,
	`counter` integer DEFAULT 0 NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`updated_at` integer NOT NULL,
	`text` text DEFAULT '' NOT NULL,
	CONSTRAINT "pages_audiocontent_counter_range" CHECK("pages_audiocontent"."counter" between 0 and 9007199254740991)
);
--> statement-breakpoint
INSERT INTO row_count (table_name, n) VALUES ('pages_page', 0);
--> statement-breakpoint
CREATE TRIGGER pages_page_count_insert AFTER INSERT ON pages_page BEGIN UPDATE row_count SET n = n + 1 WHERE table_name = 'pages_page'; END;
--> statement-breakpoint
CREATE TRIGGER pages_page_count_delete AFTER DELETE ON pages_page BEGIN UPDATE row_count SET n = n - 1 WHERE table_name = 'pages_page'; END;
--> statement-breakpoint
INSERT INTO row_count (table_name, n) VALUES ('pages_videocontent', 0);
--> statement-breakpoint
CREATE TRIGGER pages_videocontent_count_insert AFTER INSERT ON pages_videocontent BEGIN UPDATE row_count SET n = n + 1 WHERE table_name = 'pages_videocontent'; END;
--> statement-breakpoint
CREATE TRIGGER pages_videocontent_count_delete AFTER DELETE ON pages_videocontent BEGIN UPDATE row_count SET n = n - 1 WHERE table_name = 'pages_videocontent'; END;
--> statement-breakpoint
INSERT INTO row_count (table_name, n) VALUES ('pages_audiocontent', 0);
--> statement-breakpoint
CREATE TRIGGER pages_audiocontent_count_insert AFTER INSERT ON pages_audiocontent BEGIN UPDATE row_count SET n = n + 1 WHERE table_name = 'pages_audiocontent'; END;
--> statement-breakpoint
CREATE TRIGGER pages_audiocontent_count_delete AFTER DELETE ON pages_audiocontent BEGIN UPDATE row_count SET n = n - 1 WHERE table_name = 'pages_audiocontent'; END;
