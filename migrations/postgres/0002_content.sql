CREATE TABLE "derivations" (
	"name" text collate "C" PRIMARY KEY NOT NULL,
	"version" integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE "books" ADD COLUMN "title_sort" text collate "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "books" ADD COLUMN "author_sort" text collate "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "books" ADD COLUMN "isbn" text collate "C";--> statement-breakpoint
ALTER TABLE "books" ADD COLUMN "published_year" integer;--> statement-breakpoint
ALTER TABLE "books" ADD COLUMN "year_ascending" integer DEFAULT 10000 NOT NULL;--> statement-breakpoint
ALTER TABLE "books" ADD COLUMN "year_descending" integer DEFAULT -10000 NOT NULL;--> statement-breakpoint
ALTER TABLE "books" ADD COLUMN "description" text collate "C";--> statement-breakpoint
ALTER TABLE "books" ADD COLUMN "search_text" text collate "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "posts" ADD COLUMN "title_sort" text collate "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "posts" ADD COLUMN "category" text collate "C" DEFAULT 'general' NOT NULL;--> statement-breakpoint
ALTER TABLE "posts" ADD COLUMN "search_text" text collate "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "todos" ADD COLUMN "title_sort" text collate "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "todos" ADD COLUMN "completed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "todos" ADD COLUMN "due_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "todos" ADD COLUMN "due_ascending" timestamp (3) with time zone DEFAULT '9999-12-31T23:59:59.999Z' NOT NULL;--> statement-breakpoint
ALTER TABLE "todos" ADD COLUMN "due_descending" timestamp (3) with time zone DEFAULT '0001-01-01T00:00:00Z' NOT NULL;--> statement-breakpoint
ALTER TABLE "todos" ADD COLUMN "priority" text collate "C" DEFAULT 'normal' NOT NULL;--> statement-breakpoint
ALTER TABLE "todos" ADD COLUMN "priority_rank" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "todos" ADD COLUMN "search_text" text collate "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "search_text" text collate "C" DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "books_user_id_isbn" ON "books" USING btree ("user_id","isbn");--> statement-breakpoint
CREATE INDEX "books_isbn" ON "books" USING btree ("isbn","id");--> statement-breakpoint
CREATE INDEX "books_created_at" ON "books" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "books_title_sort" ON "books" USING btree ("title_sort","id");--> statement-breakpoint
CREATE INDEX "books_author_sort" ON "books" USING btree ("author_sort","id");--> statement-breakpoint
CREATE INDEX "books_year_ascending" ON "books" USING btree ("year_ascending","id");--> statement-breakpoint
CREATE INDEX "books_year_descending" ON "books" USING btree ("year_descending","id");--> statement-breakpoint
CREATE INDEX "books_user_created_at" ON "books" USING btree ("user_id","created_at","id");--> statement-breakpoint
CREATE INDEX "posts_created_at" ON "posts" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "posts_updated_at" ON "posts" USING btree ("updated_at","id");--> statement-breakpoint
CREATE INDEX "posts_title_sort" ON "posts" USING btree ("title_sort","id");--> statement-breakpoint
CREATE INDEX "posts_category" ON "posts" USING btree ("category","created_at","id");--> statement-breakpoint
CREATE INDEX "posts_user_created_at" ON "posts" USING btree ("user_id","created_at","id");--> statement-breakpoint
CREATE INDEX "todos_due_ascending" ON "todos" USING btree ("user_id","due_ascending","id");--> statement-breakpoint
CREATE INDEX "todos_due_descending" ON "todos" USING btree ("user_id","due_descending","id");--> statement-breakpoint
CREATE INDEX "todos_priority" ON "todos" USING btree ("user_id","priority_rank","id");--> statement-breakpoint
CREATE INDEX "todos_title_sort" ON "todos" USING btree ("user_id","title_sort","id");