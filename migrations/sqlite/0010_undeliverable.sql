ALTER TABLE `users` ADD `undeliverable_email` text;--> statement-breakpoint
ALTER TABLE `users` ADD `undeliverable_reply` text;--> statement-breakpoint
ALTER TABLE `users` ADD `undeliverable_at` integer;