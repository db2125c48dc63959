/**
 * The statements that give a new table its full-text index, for whoever adds a resource: drizzle-kit knows nothing of such indexes, so
 * they are added by hand to the migrations that `npm run db:generate` has written. Printed by `npm run db:search-index -- notes`.
 */
export const searchIndexOf = (table: string): Record<'sqlite' | 'postgres', string> => ({
  sqlite: `CREATE VIRTUAL TABLE \`${table}_search\` USING fts5(search_text, content='${table}', content_rowid='id', tokenize="unicode61 remove_diacritics 0 tokenchars '_'", prefix='2 3 4');
--> statement-breakpoint
CREATE TRIGGER \`${table}_search_insert\` AFTER INSERT ON \`${table}\` BEGIN
  INSERT INTO ${table}_search(rowid, search_text) VALUES (new.id, new.search_text);
END;
--> statement-breakpoint
CREATE TRIGGER \`${table}_search_delete\` AFTER DELETE ON \`${table}\` BEGIN
  INSERT INTO ${table}_search(${table}_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
END;
--> statement-breakpoint
CREATE TRIGGER \`${table}_search_update\` AFTER UPDATE OF search_text ON \`${table}\` WHEN old.search_text <> new.search_text BEGIN
  INSERT INTO ${table}_search(${table}_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
  INSERT INTO ${table}_search(rowid, search_text) VALUES (new.id, new.search_text);
END;`,
  postgres: `ALTER TABLE "${table}" ADD COLUMN "search_vector" tsvector GENERATED ALWAYS AS (search_vector(search_text)) STORED;
--> statement-breakpoint
CREATE INDEX "${table}_search" ON "${table}" USING gin ("search_vector");`,
})

if (import.meta.main) {
  const [table] = process.argv.slice(2)
  if (table === undefined || !/^[a-z_]+$/.test(table)) {
    console.error('Usage: npm run db:search-index -- TABLE')
    process.exitCode = 2
  } else
    for (const [engine, statements] of Object.entries(searchIndexOf(table)))
      console.log(`-- ${engine}\n${statements}\n`)
}
