-- The full-text index of each table, kept by triggers: whoever writes a row, writes its index. A migration that rebuilds one of the
-- tables must make its triggers again.
CREATE VIRTUAL TABLE `users_search` USING fts5(search_text, content='users', content_rowid='id', tokenize="unicode61 remove_diacritics 0 tokenchars '_'", prefix='2 3 4');
--> statement-breakpoint
CREATE TRIGGER `users_search_insert` AFTER INSERT ON `users` BEGIN
  INSERT INTO users_search(rowid, search_text) VALUES (new.id, new.search_text);
END;
--> statement-breakpoint
CREATE TRIGGER `users_search_delete` AFTER DELETE ON `users` BEGIN
  INSERT INTO users_search(users_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
END;
--> statement-breakpoint
CREATE TRIGGER `users_search_update` AFTER UPDATE OF search_text ON `users` WHEN old.search_text <> new.search_text BEGIN
  INSERT INTO users_search(users_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
  INSERT INTO users_search(rowid, search_text) VALUES (new.id, new.search_text);
END;
--> statement-breakpoint
INSERT INTO users_search(users_search) VALUES ('rebuild');
--> statement-breakpoint
CREATE VIRTUAL TABLE `posts_search` USING fts5(search_text, content='posts', content_rowid='id', tokenize="unicode61 remove_diacritics 0 tokenchars '_'", prefix='2 3 4');
--> statement-breakpoint
CREATE TRIGGER `posts_search_insert` AFTER INSERT ON `posts` BEGIN
  INSERT INTO posts_search(rowid, search_text) VALUES (new.id, new.search_text);
END;
--> statement-breakpoint
CREATE TRIGGER `posts_search_delete` AFTER DELETE ON `posts` BEGIN
  INSERT INTO posts_search(posts_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
END;
--> statement-breakpoint
CREATE TRIGGER `posts_search_update` AFTER UPDATE OF search_text ON `posts` WHEN old.search_text <> new.search_text BEGIN
  INSERT INTO posts_search(posts_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
  INSERT INTO posts_search(rowid, search_text) VALUES (new.id, new.search_text);
END;
--> statement-breakpoint
INSERT INTO posts_search(posts_search) VALUES ('rebuild');
--> statement-breakpoint
CREATE VIRTUAL TABLE `todos_search` USING fts5(search_text, content='todos', content_rowid='id', tokenize="unicode61 remove_diacritics 0 tokenchars '_'", prefix='2 3 4');
--> statement-breakpoint
CREATE TRIGGER `todos_search_insert` AFTER INSERT ON `todos` BEGIN
  INSERT INTO todos_search(rowid, search_text) VALUES (new.id, new.search_text);
END;
--> statement-breakpoint
CREATE TRIGGER `todos_search_delete` AFTER DELETE ON `todos` BEGIN
  INSERT INTO todos_search(todos_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
END;
--> statement-breakpoint
CREATE TRIGGER `todos_search_update` AFTER UPDATE OF search_text ON `todos` WHEN old.search_text <> new.search_text BEGIN
  INSERT INTO todos_search(todos_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
  INSERT INTO todos_search(rowid, search_text) VALUES (new.id, new.search_text);
END;
--> statement-breakpoint
INSERT INTO todos_search(todos_search) VALUES ('rebuild');
--> statement-breakpoint
CREATE VIRTUAL TABLE `books_search` USING fts5(search_text, content='books', content_rowid='id', tokenize="unicode61 remove_diacritics 0 tokenchars '_'", prefix='2 3 4');
--> statement-breakpoint
CREATE TRIGGER `books_search_insert` AFTER INSERT ON `books` BEGIN
  INSERT INTO books_search(rowid, search_text) VALUES (new.id, new.search_text);
END;
--> statement-breakpoint
CREATE TRIGGER `books_search_delete` AFTER DELETE ON `books` BEGIN
  INSERT INTO books_search(books_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
END;
--> statement-breakpoint
CREATE TRIGGER `books_search_update` AFTER UPDATE OF search_text ON `books` WHEN old.search_text <> new.search_text BEGIN
  INSERT INTO books_search(books_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
  INSERT INTO books_search(rowid, search_text) VALUES (new.id, new.search_text);
END;
--> statement-breakpoint
INSERT INTO books_search(books_search) VALUES ('rebuild');
