DROP INDEX `audit_events_at`;--> statement-breakpoint
ALTER TABLE `audit_events` ADD `burst` integer DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX `audit_events_action` ON `audit_events` (`action`,`id`);--> statement-breakpoint
CREATE INDEX `audit_events_ip` ON `audit_events` (`ip`,`at`);--> statement-breakpoint
CREATE INDEX `audit_events_at` ON `audit_events` (`at`,`id`);--> statement-breakpoint
ALTER TABLE `refresh_tokens` ADD `used_at` integer;--> statement-breakpoint
ALTER TABLE `refresh_tokens` ADD `successor` text;--> statement-breakpoint
ALTER TABLE `users` ADD `pending_email` text;--> statement-breakpoint
CREATE INDEX `users_created_at` ON `users` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `users_role` ON `users` (`role`,`id`);--> statement-breakpoint
CREATE INDEX `users_status` ON `users` (`status`,`id`);--> statement-breakpoint
CREATE INDEX `sessions_open` ON `sessions` (`user_id`) WHERE ended_at is null;