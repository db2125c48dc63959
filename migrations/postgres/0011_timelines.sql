CREATE TABLE "timelines" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"started_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"events_above" bigint NOT NULL
);
--> statement-breakpoint
INSERT INTO "timelines" ("id", "events_above") VALUES (left(gen_random_uuid()::text, 8), 0);
