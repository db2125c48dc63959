import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { test } from 'tap'
import { here } from '../cli/command.ts'
import { freshDatabase } from '../database.ts'
import { FOREIGN_HASHES, FOREIGN_PASSWORD } from '../foreign-hashes.ts'
import { start } from '../helper.ts'

const guide = readFileSync(new URL('../../docs/from-flask-jwt.md', import.meta.url), 'utf8')
const script = /```python\n([\s\S]*?)```/.exec(guide)?.[1] ?? ''
const skip = spawnSync('python3', ['-c', 'import sqlite3']).status === 0 ? false : 'no Python here'

await test('S91 the database of a tutorial comes along as the guide says', { skip }, async (t) => {
  const folder = t.testdir({ 'export.py': script })
  const old = new Database(join(folder, 'app.db'))
  old.exec(`
    create table user (id integer primary key, username varchar(80), email varchar(120), password varchar(200));
    create table todo (id integer primary key, title varchar(100), description text, completed boolean, user_id integer);
    create table book (id integer primary key, title varchar(100), author varchar(100), user_id integer)`)
  const [, hash] = FOREIGN_HASHES[0]!
  old.prepare('insert into user values (7, ?, ?, ?)').run('alice', 'alice@example.com', hash)
  old.prepare('insert into user values (9, ?, ?, ?)').run('bob', null, FOREIGN_HASHES[3]![1])
  old.prepare('insert into todo values (1, ?, null, 1, 7)').run('Wäsche')
  old.prepare('insert into book values (1, ?, ?, 7)').run('Walden', 'Thoreau')
  old.close()
  execFileSync('python3', ['export.py', 'app.db'], { cwd: folder })

  const url = await freshDatabase(t)
  const run = (...args: string[]) => here(args, { url })
  const file = (name: string) => join(folder, name)
  t.match(await run('user', 'import', file('users.ndjson')), { code: 0, stdout: /2 accounts/ })
  for (const resource of ['todos', 'books'] as const)
    t.match(await run('import', resource, file(`${resource}-alice.ndjson`), '--user', 'alice'), {
      code: 0,
      stdout: /1 created/,
    })
  t.equal(readFileSync(file('todos-bob.ndjson'), 'utf8'), '')

  const { request } = await start(t, { databaseUrl: url })
  const body = { email: 'alice@example.com', password: FOREIGN_PASSWORD }
  const login = await request('POST', '/api/v1/login', { body })
  t.equal(login.status, 200)
  const headers = { authorization: `Bearer ${login.body.access_token}` }
  const todos = await request('GET', '/api/v1/todos', { headers })
  t.match(todos.body, { todos: [{ title: 'Wäsche', completed: true, description: null }] })
  const books = await request('GET', '/api/v1/books', { headers })
  t.match(books.body, [{ title: 'Walden', author: 'Thoreau' }])
})
