CREATE TABLE `pages_searchword` (
	`content_type` text NOT NULL,
	`object_id` integer NOT NULL,
	`position` integer NOT NULL,
	`start` text NOT NULL,
	`repeated` integer NOT NULL,
	PRIMARY KEY(`content_type`, `object_id`, `position`)
);
--> statement-breakpoint
CREATE INDEX `pages_searchword_start` ON `pages_searchword` (`content_type`,`start`,`object_id`,`position`);
--> statement-breakpoint
CREATE INDEX `pages_searchword_title` ON `pages_searchword` (`content_type`,`start`,`object_id`) WHERE position = 1;
--> statement-breakpoint
CREATE TABLE `pages_searchpart` (
	`content_type` text NOT NULL,
	`part` text NOT NULL,
	`word` text NOT NULL,
	`skipped` integer NOT NULL,
	`object_id` integer NOT NULL,
	PRIMARY KEY(`content_type`, `part`, `word`, `skipped`, `object_id`)
);
--> statement-breakpoint
CREATE TABLE `pages_searchstate` (
	`id` integer PRIMARY KEY NOT NULL,
	`version` integer NOT NULL
);
--> statement-breakpoint
DROP INDEX `pages_pagecontent_target`;
--> statement-breakpoint
CREATE INDEX `pages_pagecontent_shown` ON `pages_pagecontent` (`content_type`,`object_id`,`page_id`);
--> statement-breakpoint
DROP INDEX `pages_searchentry_folded`;
--> statement-breakpoint
CREATE INDEX `pages_page_updated` ON `pages_page` (`updated_at`,`id`);
--> statement-breakpoint
CREATE INDEX `pages_videocontent_updated` ON `pages_videocontent` (`updated_at`,`id`);
--> statement-breakpoint
CREATE INDEX `pages_audiocontent_updated` ON `pages_audiocontent` (`updated_at`,`id`);
