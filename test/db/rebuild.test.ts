import Database from 'better-sqlite3'
import { test, type Test } from 'tap'
import { migrateSqlite, migrations, type Migration } from '../../src/db/migrate.ts'
import { engine } from '../database.ts'
import { connect } from './raw.ts'

const sqliteOnly = { skip: engine === 'postgres' && 'PostgreSQL alters tables in place' }

/** As drizzle-kit writes the change of a column of a table that others refer to: a new table, the rows, the old name. */
const rebuild = (rows = ''): Migration => ({
  name: '9000_scratch',
  statements: [
    'PRAGMA foreign_keys=OFF;',
    `CREATE TABLE \`__new_users\` (
      \`id\` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
      \`username\` text NOT NULL,
      \`note\` text DEFAULT 'rebuilt' NOT NULL
    );`,
    `INSERT INTO \`__new_users\`("id", "username") SELECT "id", "username" FROM \`users\` ${rows};`,
    'DROP TABLE `users`;',
    'ALTER TABLE `__new_users` RENAME TO `users`;',
    'PRAGMA foreign_keys=ON;',
  ],
})

/** A migrated file with two users and something of everything that belongs to them. */
function populated(t: Test) {
  const file = `${t.testdir({})}/populated.db`
  migrateSqlite(file)
  const sqlite = new Database(file)
  sqlite.pragma('foreign_keys = ON')
  sqlite.exec(`
    INSERT INTO users (username, username_key, password_hash, password_secret, role, status, created_at, updated_at)
      VALUES ('alice', 'alice', '', '', 'user', 'active', 0, 0), ('bob', 'bob', '', '', 'user', 'active', 0, 0);
    INSERT INTO posts (user_id, title, content, created_at, updated_at)
      SELECT id, 't', 'c', 0, 0 FROM users, (VALUES (1), (2), (3));
    INSERT INTO todos (user_id, title, title_key, completed, created_at, updated_at)
      SELECT id, 't', 't', 0, 0, 0 FROM users;
    INSERT INTO books (user_id, title, author, created_at, updated_at) SELECT id, 't', 'a', 0, 0 FROM users;
    INSERT INTO sessions (id, user_id, rotating, created_at, authenticated_at, last_used_at, expires_at, ip)
      SELECT 's' || id, id, 0, 0, 0, 0, 0, '::1' FROM users;
    INSERT INTO refresh_tokens (jti, session_id, created_at, expires_at) SELECT 'r' || id, id, 0, 0 FROM sessions;
    INSERT INTO token_blacklist (jti, token_type, user_id, expires_at, revoked_at, reason)
      SELECT 'b' || id, 'access', id, 0, 0, '' FROM users;
  `)
  sqlite.close()
  const other = connect(t, file)
  const counts = () =>
    Object.fromEntries(
      ['users', 'posts', 'todos', 'books', 'sessions', 'refresh_tokens', 'token_blacklist'].map(
        (table) => [table, other.prepare(`SELECT count(*) FROM ${table}`).pluck().get()],
      ),
    )
  return { file, other, counts }
}
const before = {
  users: 2,
  posts: 6,
  todos: 2,
  books: 2,
  sessions: 2,
  refresh_tokens: 2,
  token_blacklist: 2,
}

await test('rebuilding users leaves every row of those who refer to it', sqliteOnly, (t) => {
  const { file, other, counts } = populated(t)
  t.strictSame(counts(), before)
  const migration = rebuild()
  t.strictSame(migrateSqlite(file, [...migrations('sqlite'), migration]), [migration.name])
  t.strictSame(counts(), before)
  t.strictSame(other.prepare('SELECT username, note FROM users').all(), [
    { username: 'alice', note: 'rebuilt' },
    { username: 'bob', note: 'rebuilt' },
  ])
  t.strictSame(other.pragma('foreign_key_check'), [])
  other.pragma('foreign_keys = ON')
  other.exec(`DELETE FROM users WHERE username = 'bob'`)
  t.strictSame(
    counts(),
    Object.fromEntries(Object.entries(before).map(([table, rows]) => [table, rows / 2])),
    'and they still refer to it',
  )
  t.end()
})

await test('a migration that leaves dangling references is rolled back whole', sqliteOnly, (t) => {
  const { file, other, counts } = populated(t)
  const first = { name: '8999_first', statements: ['ALTER TABLE posts ADD COLUMN mood text'] }
  const lossy = rebuild(`WHERE "username" = 'alice'`)
  const all = [...migrations('sqlite'), first, lossy]
  // Of bob: three posts, a to-do, a book, a session and a revoked token.
  t.throws(() => migrateSqlite(file, all), { message: /^7 rows would be left without/ })
  t.strictSame(counts(), before)
  t.throws(() => other.prepare('SELECT mood FROM posts'), 'what came before it is gone too')
  t.throws(() => other.prepare('SELECT note FROM users'))
  t.strictSame(migrateSqlite(file), [], 'nothing is recorded, and the file is free')
  t.end()
})

await test('a migration that fails half-way leaves nothing', sqliteOnly, (t) => {
  const { file, other, counts } = populated(t)
  const broken = {
    name: '9000_broken',
    statements: ['DELETE FROM posts', 'ALTER TABLE nowhere ADD COLUMN mood text'],
  }
  t.throws(() => migrateSqlite(file, [...migrations('sqlite'), broken]), { message: /nowhere/ })
  t.strictSame(counts(), before)
  t.equal(
    other.prepare('SELECT count(*) FROM schema_migrations').pluck().get(),
    migrations('sqlite').length,
  )
  t.end()
})
