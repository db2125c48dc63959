ALTER TABLE "users" ADD COLUMN "undeliverable_email" text collate "C";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "undeliverable_reply" text collate "C";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "undeliverable_at" timestamp (3) with time zone;