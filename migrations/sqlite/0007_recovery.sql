ALTER TABLE `audit_events` ADD `detail` text;--> statement-breakpoint
ALTER TABLE `identities` ADD `founding` integer DEFAULT false NOT NULL;--> statement-breakpoint
-- What a sign-in founded was written with it. Nobody registers, logs in (a hash takes longer) and links within so short a time.
UPDATE `identities` SET `founding` = true WHERE EXISTS (SELECT 1 FROM `users` WHERE `users`.`id` = `identities`.`user_id` AND `identities`.`created_at` - `users`.`created_at` BETWEEN 0 AND 50);
