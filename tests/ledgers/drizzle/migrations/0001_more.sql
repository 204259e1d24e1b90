CREATE TABLE `tags` (
	`name` text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
ALTER TABLE `posts` ADD `body` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `name` text;