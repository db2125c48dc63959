-- The full-text index of each table, over words that the domain has already split and folded.
CREATE FUNCTION search_vector(text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(string_agg(word || ':' || least(place, 16383), ' '), '')::tsvector
  FROM unnest(string_to_array($1, ' ')) WITH ORDINALITY AS words(word, place)
  WHERE word <> ''
$$;
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "search_vector" tsvector GENERATED ALWAYS AS (search_vector(search_text)) STORED;
--> statement-breakpoint
CREATE INDEX "users_search" ON "users" USING gin ("search_vector");
--> statement-breakpoint
ALTER TABLE "posts" ADD COLUMN "search_vector" tsvector GENERATED ALWAYS AS (search_vector(search_text)) STORED;
--> statement-breakpoint
CREATE INDEX "posts_search" ON "posts" USING gin ("search_vector");
--> statement-breakpoint
ALTER TABLE "todos" ADD COLUMN "search_vector" tsvector GENERATED ALWAYS AS (search_vector(search_text)) STORED;
--> statement-breakpoint
CREATE INDEX "todos_search" ON "todos" USING gin ("search_vector");
--> statement-breakpoint
ALTER TABLE "books" ADD COLUMN "search_vector" tsvector GENERATED ALWAYS AS (search_vector(search_text)) STORED;
--> statement-breakpoint
CREATE INDEX "books_search" ON "books" USING gin ("search_vector");
