CREATE TABLE `posts` (
	`id` integer PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE INDEX `by_id` ON `posts` (`id`);
