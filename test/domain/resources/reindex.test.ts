import tap, { test, type Test } from 'tap'
import { loadConfig } from '../../../src/config/index.ts'
import { migrations } from '../../../src/db/migrate.ts'
import { migrate } from '../../../src/db/open.ts'
import type { Store } from '../../../src/db/store.ts'
import { createHasher } from '../../../src/domain/accounts/hasher.ts'
import { createBackend } from '../../../src/domain/backend.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { randomIds } from '../../../src/base/ids.ts'
import { createSecrets } from '../../../src/domain/secrets.ts'
import { engine, openStore } from '../../database.ts'
import { everything } from '../../api/refusals.ts'
import { alter, bareDatabase } from '../../db/bare.ts'

const hasher = createHasher()
tap.teardown(() => hasher.close())
const secrets = createSecrets(loadConfig({ NODE_ENV: 'test' }).secretKeys, randomIds)
const rules = { ...loadConfig({ NODE_ENV: 'test' }), issuer: 'http://localhost' }
const MOMENT = new Date('2026-01-02T03:04:05.678Z')
const at = engine === 'sqlite' ? MOMENT.getTime() : `'${MOMENT.toISOString()}'`

/** A backend that was started over a database, and the names of the statements that starting ran. */
async function startOver(t: Test, url: string) {
  const store = await openStore(url)
  t.teardown(() => store.close())
  const ran: string[] = []
  const recorded: Store = {
    ...store,
    read(statement, values) {
      ran.push(statement.name)
      return store.read(statement, values)
    },
    transaction: (body) =>
      store.transaction((tx) =>
        body({
          ...tx,
          run(statement, values) {
            ran.push(statement.name)
            return tx.run(statement, values)
          },
        }),
      ),
  }
  const deps = { store: recorded, clock: systemClock, ids: randomIds, secrets, hasher, rules }
  const backend = createBackend(deps)
  t.strictSame(await backend.prepare(), [])
  return { backend, ran }
}

/** What the versions before v2 wrote: users, a post, two to-dos and 250 books, none with derived columns. */
const OLD_ROWS = `
  INSERT INTO users (username, username_key, password_hash, password_secret, role, status, created_at, updated_at)
    VALUES ('Émile', 'émile', '', '${secrets.current}', 'user', 'active', ${at}, ${at});
  INSERT INTO posts (user_id, title, content, revision, created_at, updated_at)
    VALUES (1, 'ÉTÉ', 'À la mer', 3, ${at}, ${at});
  INSERT INTO todos (user_id, title, title_key, description, description_key, completed, created_at, updated_at)
    VALUES (1, 'Swim', 'swim', 'Far OUT', 'far out', TRUE, ${at}, ${at}), (1, 'Rest', 'rest', NULL, NULL, FALSE, ${at}, ${at});
  ${Array.from(
    { length: 250 },
    (_, i) => `INSERT INTO books (user_id, title, author, created_at, updated_at)
    VALUES (1, 'Title ${i}', 'AUTHOR', ${at}, ${at});`,
  ).join('\n')}`
const FIRST = new Date('0001-01-01T00:00:00Z')
const LAST = new Date('9999-12-31T23:59:59.999Z')

async function filled(t: Test, url: string) {
  const first = await startOver(t, url)
  const { users, posts, todos, books } = await everything(first.backend)
  t.match(users, [{ username: 'Émile', searchText: 'emile', revision: 1, updatedAt: MOMENT }])
  t.match(posts, [
    {
      title: 'ÉTÉ',
      titleSort: 'été',
      searchText: '_u1 ete a la mer',
      category: 'general',
      revision: 3,
      updatedAt: MOMENT,
    },
  ])
  const none = { dueAt: null, dueAscending: LAST, dueDescending: FIRST }
  t.match(todos, [
    { ...none, titleSort: 'swim', completedAt: MOMENT, searchText: '_u1 swim far out' },
    { ...none, titleSort: 'rest', completedAt: null, priority: 'normal', priorityRank: 1 },
  ])
  t.equal(books.length, 250)
  for (const [i, book] of books.entries())
    t.match(book, {
      titleSort: `title ${i}`,
      authorSort: 'author',
      isbn: null,
      yearAscending: 10_000,
      yearDescending: -10_000,
      searchText: `_u1 title ${i} author`,
      revision: 1,
    })

  await alter(url, `UPDATE posts SET title_sort = 'left as it is'`)
  const { backend, ran } = await startOver(t, url)
  const rest = ran.filter((name) => /derivations|derive|ids_after|by_id/.test(name))
  t.strictSame(rest, Array(6).fill('derivations_find'), 'and nothing else')
  t.match((await everything(backend)).posts, [{ titleSort: 'left as it is' }])
}

await test('rows of a database that was made before v2 are listed and found after the upgrade', async (t) => {
  const url = await bareDatabase(t)
  const old = migrations(engine).slice(0, 2)
  t.match(old.at(-1), { name: '0001_sessions_and_audit' })
  for (const { statements } of old) for (const statement of statements) await alter(url, statement)
  const names = old.map(({ name }) => `('${name}')`).join()
  await alter(
    url,
    `CREATE TABLE schema_migrations (name text PRIMARY KEY NOT NULL);
     INSERT INTO schema_migrations (name) VALUES ${names}; ${OLD_ROWS}`,
  )
  t.strictSame(
    await migrate(url),
    migrations(engine)
      .slice(2)
      .map(({ name }) => name),
  )
  await filled(t, url)
})

await test('rows that were written past the domain get their derived columns at the next start', async (t) => {
  const url = await bareDatabase(t)
  await migrate(url)
  await alter(url, OLD_ROWS)
  await filled(t, url)
})
