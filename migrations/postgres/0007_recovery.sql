ALTER TABLE "audit_events" ADD COLUMN "detail" text collate "C";--> statement-breakpoint
ALTER TABLE "identities" ADD COLUMN "founding" boolean DEFAULT false NOT NULL;--> statement-breakpoint
-- What a sign-in founded was written with it. Nobody registers, logs in (a hash takes longer) and links within so short a time.
UPDATE "identities" SET "founding" = true FROM "users" WHERE "users"."id" = "identities"."user_id" AND "identities"."created_at" - "users"."created_at" BETWEEN interval '0' AND interval '50 milliseconds';
