import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { test, type Test } from 'tap'
import { watch } from '../api/v2/event-stream.ts'
import { enter, join as signUp } from '../api/v2/session.ts'
import { start } from '../helper.ts'
import { here, inside, refused, register } from './command.ts'

const TODOS = '/api/v2/todos'

await test('S89 what was given out between a backup and its restore is not given out again', async (t) => {
  const cwd = t.testdir({})
  const url = `sqlite:${join(cwd, 'live.db')}`
  await register(url, 'carol')
  const made = (ids: number[]) => [Math.min(...ids), Math.max(...ids)]
  const lost = { tag: '', ids: [0], events: [0] }
  await t.test('before', async (inner) => {
    const node = await start(inner, { databaseUrl: url })
    const alice = await signUp(node, 'alice')
    await alice.send('POST', TODOS, { title: 'first' })
    inner.match(await here(['backup', join(cwd, 'copy.db')], { url }), { code: 0 })
    const stream = await watch(inner, node, alice.access)
    await stream.block()
    const patched = await alice.send('PATCH', `${TODOS}/1`, { title: 'before' })
    lost.tag = String(patched.headers['etag'])
    for (let times = 0; times < 3; times++)
      lost.ids.push((await alice.send('POST', TODOS, { title: 'lost' })).body.id)
    await alice.send('DELETE', `${TODOS}/${lost.ids.at(-1)}`)
    lost.events = (await stream.events(5)).map((event) => Number(event?.id))
  })
  t.match(await here(['restore', join(cwd, 'copy.db')], { url }), { code: 0 })

  await t.test('after', async (inner) => {
    const node = await start(inner, { databaseUrl: url })
    const alice = await enter(node, 'alice')
    const ask = (headers: Record<string, string>, method = 'GET', body?: object) =>
      node.request(method, `${TODOS}/1`, {
        headers: { authorization: `Bearer ${alice.access}`, ...headers },
        ...(body && { body }),
      })
    const now = await ask({}, 'PATCH', { title: 'after' })
    inner.not(now.headers['etag'], lost.tag)
    inner.match(await ask({ 'if-none-match': lost.tag }), { status: 200, body: { title: 'after' } })
    const overwrite = await ask({ 'if-match': lost.tag }, 'PATCH', { title: 'lost update' })
    inner.match(overwrite, { status: 412 })
    const stream = await watch(inner, node, alice.access, { lastEventId: lost.events.at(-1) })
    inner.match(await stream.event(), { event: 'reset' })

    const created = await alice.send('POST', TODOS, { title: 'new' })
    const [, newest = 0] = made(lost.ids)
    inner.equal(created.body.id, newest + 2, 'right above those of the replaced database')
    const [, last = 0] = made(lost.events)
    inner.equal(Number((await stream.event())?.id), last + 3, 'the second one')
  })
})

/** A backup, and the database going on for a little. */
async function wentOn(t: Test) {
  const cwd = t.testdir({})
  const file = join(cwd, 'live.db')
  const url = `sqlite:${file}`
  await register(url, 'alice')
  t.match(await here(['backup', join(cwd, 'copy.db')], { url }), { code: 0 })
  copyFileSync(file, join(cwd, 'stale.db'))
  await register(url, 'bob', 'carol')
  const restore = (to = file, ...more: string[]) =>
    here(['restore', join(cwd, 'copy.db'), ...more], { url: `sqlite:${to}` })
  return { cwd, file, url, restore }
}
/** The id that a user would get, and that an event would. */
function next(file: string) {
  const sqlite = new Database(file)
  const seq = sqlite.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?').pluck()
  const [user, event] = ['users', 'changes'].map((name) => Number(seq.get(name) ?? 0) + 1)
  sqlite.close()
  return { user, event }
}
/** A copy of which one table cannot be read. */
function damage(file: string, table: string, copy: string) {
  const sqlite = new Database(file)
  const page = sqlite.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck()
  const at = (Number(page.get(table)) - 1) * 4096
  sqlite.close()
  writeFileSync(copy, readFileSync(file).fill(0xff, at, at + 4096))
}
const timelines = (file: string) => {
  const sqlite = new Database(file)
  const rows = sqlite.prepare('SELECT id, ended_at IS NULL AS present FROM timelines').raw().all()
  sqlite.close()
  return rows
}

await test('S89 a restore goes on above the database that it replaces, however often', async (t) => {
  const { file, url, restore } = await wentOn(t)
  const [[first]] = timelines(file) as [[string]]
  for (const [times, user] of [
    [1, 5],
    [2, 7],
    [3, 9],
  ] as const) {
    t.match(await restore(), { code: 0 })
    t.equal(next(file).user, user)
    const ids = timelines(file) as Array<[string, number]>
    t.equal(new Set(ids.map(([id]) => id)).size, times + 1, 'it knows of all of them')
    t.strictSame(
      ids.map(([, present]) => present),
      [...Array<number>(times).fill(0), 1],
    )
    t.ok(ids.some(([id, present]) => id === first && present === 0))
    await register(url, 'dave')
  }
})

await test('S89 where nobody knows what was given out, ids go up by a leap', async (t) => {
  const { cwd, file, restore } = await wentOn(t)
  const copy = join(cwd, 'copy.db')
  await register(`sqlite:${join(cwd, 'other.db')}`, 'xena', 'yves', 'zoe', 'somebody')
  damage(file, 'sqlite_sequence', join(cwd, 'damaged.db'))
  copyFileSync(copy, join(cwd, 'same.db'))
  for (const [name, user] of [
    ['new/place.db', 3],
    ['other.db', 6],
    ['stale.db', 3],
    ['same.db', 3],
    ['damaged.db', 3],
  ] as const) {
    const target = join(cwd, name)
    t.match(await restore(target), { code: 0 }, name)
    const { user: reached = 0, event = 0 } = next(target)
    t.equal(reached, user + 5_000_000, name)
    t.ok(event > 10_000_000_000)
    await register(`sqlite:${target}`, 'dave')
    const ids = await inside(`sqlite:${target}`, ({ accounts }) =>
      accounts.list({ limit: 9, offset: 0 }),
    )
    t.strictSame(
      ids.items.map(({ id }) => id),
      [1, reached],
    )
  }
  const small = join(cwd, 'small.db')
  t.match(await restore(small, '--leap', '10'), { code: 0 })
  t.equal(next(small).user, 13)
})

await test('S89 a restore that would use the ids up is refused, and nothing changes', async (t) => {
  const { cwd, file, url, restore } = await wentOn(t)
  const sqlite = new Database(join(cwd, 'copy.db'))
  sqlite.exec("UPDATE sqlite_sequence SET seq = 2147000000 WHERE name = 'users'")
  sqlite.close()
  const [before, names] = [next(file), readdirSync(cwd)]
  refused(t, await restore(), /The ids of users are at 2147000000, .* give a smaller --leap/)
  t.strictSame(readdirSync(cwd), names)
  t.strictSame(next(file), before)
  t.match(await restore(file, '--leap', '1000'), { code: 0 })
  t.equal(next(file).user, 2147001002)
  await register(url, 'dave')
})
