CREATE TABLE `derivations` (
	`name` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `books` ADD `title_sort` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `books` ADD `author_sort` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `books` ADD `isbn` text;--> statement-breakpoint
ALTER TABLE `books` ADD `published_year` integer;--> statement-breakpoint
ALTER TABLE `books` ADD `year_ascending` integer DEFAULT 10000 NOT NULL;--> statement-breakpoint
ALTER TABLE `books` ADD `year_descending` integer DEFAULT -10000 NOT NULL;--> statement-breakpoint
ALTER TABLE `books` ADD `description` text;--> statement-breakpoint
ALTER TABLE `books` ADD `search_text` text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `books_user_id_isbn` ON `books` (`user_id`,`isbn`);--> statement-breakpoint
CREATE INDEX `books_isbn` ON `books` (`isbn`,`id`);--> statement-breakpoint
CREATE INDEX `books_created_at` ON `books` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `books_title_sort` ON `books` (`title_sort`,`id`);--> statement-breakpoint
CREATE INDEX `books_author_sort` ON `books` (`author_sort`,`id`);--> statement-breakpoint
CREATE INDEX `books_year_ascending` ON `books` (`year_ascending`,`id`);--> statement-breakpoint
CREATE INDEX `books_year_descending` ON `books` (`year_descending`,`id`);--> statement-breakpoint
CREATE INDEX `books_user_created_at` ON `books` (`user_id`,`created_at`,`id`);--> statement-breakpoint
ALTER TABLE `posts` ADD `title_sort` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `posts` ADD `category` text DEFAULT 'general' NOT NULL;--> statement-breakpoint
ALTER TABLE `posts` ADD `search_text` text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX `posts_created_at` ON `posts` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `posts_updated_at` ON `posts` (`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `posts_title_sort` ON `posts` (`title_sort`,`id`);--> statement-breakpoint
CREATE INDEX `posts_category` ON `posts` (`category`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `posts_user_created_at` ON `posts` (`user_id`,`created_at`,`id`);--> statement-breakpoint
ALTER TABLE `todos` ADD `title_sort` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `todos` ADD `completed_at` integer;--> statement-breakpoint
ALTER TABLE `todos` ADD `due_at` integer;--> statement-breakpoint
ALTER TABLE `todos` ADD `due_ascending` integer DEFAULT 253402300799999 NOT NULL;--> statement-breakpoint
ALTER TABLE `todos` ADD `due_descending` integer DEFAULT -62135596800000 NOT NULL;--> statement-breakpoint
ALTER TABLE `todos` ADD `priority` text DEFAULT 'normal' NOT NULL;--> statement-breakpoint
ALTER TABLE `todos` ADD `priority_rank` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `todos` ADD `search_text` text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX `todos_due_ascending` ON `todos` (`user_id`,`due_ascending`,`id`);--> statement-breakpoint
CREATE INDEX `todos_due_descending` ON `todos` (`user_id`,`due_descending`,`id`);--> statement-breakpoint
CREATE INDEX `todos_priority` ON `todos` (`user_id`,`priority_rank`,`id`);--> statement-breakpoint
CREATE INDEX `todos_title_sort` ON `todos` (`user_id`,`title_sort`,`id`);--> statement-breakpoint
ALTER TABLE `users` ADD `search_text` text DEFAULT '' NOT NULL;