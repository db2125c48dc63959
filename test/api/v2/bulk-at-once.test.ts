import { test } from 'tap'
import { engine } from '../../database.ts'
import { beside, waiting } from '../../db/beside.ts'
import { create, scene } from './bulk-scene.ts'
import { RESOURCES, urlOf } from './content.ts'

for (const resource of RESOURCES)
  await test(`${resource.name}: bulks that name the same records in any order all come through`, async (t) => {
    const { bulk } = await scene(t, resource)
    const made = await bulk(Array.from({ length: 60 }, () => create(resource)))
    const ids = (made.body.results as Array<{ data: { id: number } }>).map(({ data }) => data.id)
    const orders = [ids, ids.toReversed(), [...ids.slice(30), ...ids.slice(0, 30)]]
    const wanted = [...orders, ...orders].map(async (order, index) => {
      const title = `by ${index}`
      const operations = order.map((id) => ({ op: 'update', id, value: { title } }))
      const { status, body } = await bulk(operations, { atomic: index % 2 === 0 })
      t.equal(status, 200)
      const results = order.map((id) => ({ status: 200, data: { id, title } }))
      t.match(body.results, results, 'in the order of the operations')
    })
    await Promise.all(wanted)
  })

const todo = RESOURCES[1]!
const postgresOnly = { skip: engine === 'sqlite' && 'it has one writer at a time' }
const writes = {
  'a bulk': ({ bulk }, ids) => bulk(ids.toReversed().map((id) => ({ op: 'delete', id }))),
  'a removal of many in v1': ({ alice }, ids) =>
    alice.delete('/api/v1/todos', undefined, { query: { ids: ids.toReversed().join() } }),
  'the removal of their owner': ({ alice }) => alice.delete('/api/v2/me'),
} satisfies Record<
  string,
  (started: Awaited<ReturnType<typeof scene>>, ids: number[]) => Promise<unknown>
>
for (const [name, write] of Object.entries(writes))
  await test(
    `${name} locks records in the order of their ids, so that no other waits for it and is waited for`,
    postgresOnly,
    async (t) => {
      const started = await scene(t, todo)
      const { alice, bob, make, databaseUrl } = started
      const ids: number[] = []
      for (const title of ['a', 'b', 'c', 'd']) ids.push((await make(title)).id)
      const theirs = await make('theirs', bob)
      const [first] = ids
      // Now it lies behind the others.
      await alice.patch(urlOf(todo, first), { title: 'moved' })
      const other = await beside(t, databaseUrl)
      await other.query('BEGIN')
      await other.query('SELECT FROM todos WHERE id = $1 FOR UPDATE', [first])
      const done = write(started, name === 'a bulk' ? [...ids, theirs.id] : ids)
      await waiting(other, 1)
      const { rows } = await other.query('SELECT id FROM todos ORDER BY id FOR UPDATE SKIP LOCKED')
      t.strictSame(
        rows.map(({ id }) => id),
        [...ids, theirs.id],
        'while it waits for the first it keeps none',
      )
      await other.query('ROLLBACK')
      t.match(await done, { status: name === 'a bulk' ? 200 : /^20[04]$/ })
    },
  )

await test(
  'a bulk does not wait for records that the caller may not write',
  postgresOnly,
  async (t) => {
    const { bob, bulk, make, databaseUrl } = await scene(t, todo)
    const ids = [(await make('mine')).id, (await make('theirs', bob)).id, (await make('mine')).id]
    const other = await beside(t, databaseUrl)
    await other.query('BEGIN')
    await other.query('SELECT FROM todos WHERE id = $1 FOR UPDATE', [ids[1]])
    const { body } = await bulk(ids.map((id) => ({ op: 'delete', id })))
    t.match(body.results, [{ status: 204 }, { status: 403 }, { status: 204 }])
  },
)
