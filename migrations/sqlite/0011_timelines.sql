CREATE TABLE `timelines` (
	`id` text PRIMARY KEY NOT NULL,
	`started_at` integer,
	`ended_at` integer,
	`events_above` integer NOT NULL
);
--> statement-breakpoint
INSERT INTO `timelines` (`id`, `events_above`) VALUES (lower(hex(randomblob(4))), 0);
