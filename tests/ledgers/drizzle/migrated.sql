CREATE TABLE "__drizzle_migrations" (
			id SERIAL PRIMARY KEY,
			hash text NOT NULL,
			created_at numeric
		);
INSERT INTO "__drizzle_migrations" VALUES(NULL,'1be1f6adf50ff6fd608a1d8d317804943b980dc67abc6be623d64ab593ddb26f',1795872592739);
INSERT INTO "__drizzle_migrations" VALUES(NULL,'a38f4b26d411acb230e03c5d46d800a6a9eb108ba3bd7219ffe2c626921355c6',1795872593408);
CREATE TABLE `posts` (
	`id` integer PRIMARY KEY NOT NULL,
	`user_id` integer NOT NULL,
	`title` text NOT NULL, `body` text DEFAULT '' NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
CREATE TABLE `tags` (
	`name` text PRIMARY KEY NOT NULL
);
CREATE TABLE `users` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`email` text NOT NULL,
	`created_at` text DEFAULT CURRENT_TIMESTAMP NOT NULL
, `name` text);
CREATE INDEX `posts_user_idx` ON `posts` (`user_id`);
CREATE UNIQUE INDEX `users_email_unique` ON `users` (`email`);
