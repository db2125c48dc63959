import Database from 'better-sqlite3'
import { test, type Test } from 'tap'
import { createContext } from '../../src/cli/context.ts'
import { patiently } from '../../src/cli/patience.ts'
import { report } from '../../src/cli/report.ts'
import { engine, freshDatabase } from '../database.ts'
import { inside, register } from './command.ts'

const skip = engine === 'postgres' && 'PostgreSQL has more than one write lock'

await test(
  'a write waits for a lock that is held for longer than a request would',
  { skip },
  async (t) => {
    const { url, lock, withBackend } = await lockable(t)
    await withBackend(({ accounts }) => {
      const unlock = lock()
      setTimeout(unlock, 1500)
      return patiently(() => accounts.setRole(1, 'admin'))
    })
    t.match(await inside(url, ({ accounts }) => accounts.find(1)), { role: 'admin' })
  },
)

await test('a lock that stays is one sentence, and nothing is written', { skip }, async (t) => {
  const { url, lock, withBackend } = await lockable(t)
  let unlock = () => {}
  const writing = withBackend(({ accounts }) => {
    unlock = lock()
    return patiently(() => accounts.setRole(1, 'admin'))
  })
  const error = await writing.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  t.equal(report(error), 'error: Another process keeps the database busy.')
  unlock()
  t.match(await inside(url, ({ accounts }) => accounts.find(1)), { role: 'user' })
})

await test(
  'what was done is a success, though the lock is taken at the end',
  { skip },
  async (t) => {
    const { lock, withBackend } = await lockable(t)
    let unlock = () => {}
    const done = await withBackend(async ({ accounts }) => {
      const account = await accounts.setRole(1, 'admin')
      unlock = lock()
      return account
    })
    t.match(done, { role: 'admin' })
    unlock()
  },
)

await test('any other failure is not tried again', async (t) => {
  let tries = 0
  const failing = patiently(async () => {
    tries += 1
    throw new Error('broken')
  })
  await t.rejects(failing, { message: 'broken' })
  t.equal(tries, 1)
})

/** A database with one user, whose write lock another connection may take. */
async function lockable(t: Test) {
  const url = await freshDatabase(t)
  await register(url, 'alice')
  const other = new Database(url.slice('sqlite:'.length))
  t.teardown(() => other.close())
  const { withBackend } = createContext({ NODE_ENV: 'test', DATABASE_URL: url })
  const lock = () => {
    other.exec('BEGIN IMMEDIATE')
    return () => void other.exec('COMMIT')
  }
  return { url, lock, withBackend }
}
