CREATE TABLE `auth_session` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`user_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	`seen_at` integer NOT NULL,
	`address` text NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `auth_user`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `auth_session_user` ON `auth_session` (`user_id`);
--> statement-breakpoint
CREATE INDEX `auth_session_seen` ON `auth_session` (`seen_at`);
--> statement-breakpoint
CREATE TABLE `auth_throttle` (
	`key` text PRIMARY KEY NOT NULL,
	`failures` integer NOT NULL,
	`blocked_until` integer NOT NULL,
	`failed_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `auth_throttle_failed` ON `auth_throttle` (`failed_at`);
--> statement-breakpoint
CREATE TABLE `auth_resetlink` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`user_id` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `auth_user`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `auth_resetlink_user` ON `auth_resetlink` (`user_id`);
--> statement-breakpoint
CREATE TABLE `history_entry` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`via` text NOT NULL,
	`actor_id` integer,
	`actor` text NOT NULL,
	`address` text NOT NULL,
	`action` text NOT NULL,
	`label` text NOT NULL,
	`object_id` integer,
	`title` text NOT NULL,
	`before` text,
	`after` text
);
--> statement-breakpoint
CREATE INDEX `history_entry_object` ON `history_entry` (`label`,`object_id`,`id`);
--> statement-breakpoint
CREATE INDEX `history_entry_at` ON `history_entry` (`at`);
--> statement-breakpoint
ALTER TABLE `auth_user` ADD `language` text DEFAULT '' NOT NULL;
