import { test } from 'tap'
import { start } from '../../helper.ts'

const TODOS = '/api/v1/todos'

await test('to-dos', async (t) => {
  const { as, clock } = await start(t)
  const alice = await as('alice')
  const bob = await as('bob')
  const add = async (body: object, by = alice) => (await by.post(TODOS, body)).body
  const ids = async (query: string, by = alice) => {
    const { body, headers } = await by.get(`${TODOS}${query}`)
    const listed: number[] = body.todos.map(({ id }: { id: number }) => id)
    return { listed, total: Number(headers['x-total-count']) }
  }

  await t.test('S48 a new to-do belongs to its writer, open and without details', async (t) => {
    const reply = await alice.post(TODOS, { title: ' Water the plants ' })
    const { id, created_at } = reply.body
    t.equal(reply.status, 201)
    t.equal(reply.headers['location'], `${TODOS}/${id}`)
    t.strictSame(reply.body, {
      id,
      title: 'Water the plants',
      description: null,
      completed: false,
      user_id: alice.id,
      created_at,
      updated_at: created_at,
    })
    t.strictSame((await alice.get(`${TODOS}/${id}`)).body, reply.body)
    t.equal((await bob.post(TODOS, { title: 'x' })).body.user_id, bob.id)
  })

  await t.test('a to-do keeps all that it is given', async (t) => {
    const full = { title: '🐢'.repeat(200), description: '文'.repeat(10_000), completed: true }
    const { id } = await add(full)
    t.hasStrict((await alice.get(`${TODOS}/${id}`)).body, full)
    t.equal((await add({ title: 'x', description: '' })).description, '', 'empty is not absent')
    t.equal((await add({ title: 'x', completed: false })).completed, false)
  })

  await t.test('a change leaves what it does not name, and null clears details', async (t) => {
    const todo = await add({ title: 'Before', description: 'The fern twice.' })
    const url = `${TODOS}/${todo.id}`
    clock.advance(2)
    const done = await alice.put(url, { completed: true })
    const { updated_at } = done.body
    t.equal(done.status, 200)
    t.strictSame(done.body, { ...todo, completed: true, updated_at })
    t.ok(updated_at > todo.updated_at, 'the time of the change')
    const steps: Array<[change: object, kept: object]> = [
      [{ title: ' After ' }, { title: 'After', description: 'The fern twice.', completed: true }],
      [{ description: null }, { title: 'After', description: null, completed: true }],
      [{ description: 'Again' }, { description: 'Again' }],
      [
        { completed: false, description: '' },
        { completed: false, description: '' },
      ],
    ]
    for (const [change, kept] of steps) {
      t.hasStrict(await alice.put(url, change), { status: 200, body: kept })
      t.hasStrict((await alice.get(url)).body, { ...kept, created_at: todo.created_at })
    }
  })

  await t.test('a deleted to-do is gone', async (t) => {
    const { id } = await add({ title: 'Short-lived' })
    const reply = await alice.delete(`${TODOS}/${id}`)
    t.strictSame([reply.status, reply.text, reply.headers['content-type']], [204, '', undefined])
    for (const again of [
      await alice.get(`${TODOS}/${id}`),
      await alice.put(`${TODOS}/${id}`, { title: 'x' }),
      await alice.delete(`${TODOS}/${id}`),
      await alice.delete(TODOS, { ids: [id] }),
    ])
      t.hasStrict(again, { status: 404, body: { error: 'Not Found', message: 'Todo not found' } })
  })

  await t.test('the list sorts by id, or newest first', async (t) => {
    const carol = await as('carol')
    const made: number[] = []
    for (const title of ['first', 'second', 'third', 'fourth']) {
      made.push((await add({ title }, carol)).id)
      if (title !== 'second') clock.advance(1)
    }
    t.strictSame(await ids('', carol), { listed: made, total: 4 })
    t.strictSame((await ids('?sort=id', carol)).listed, made)
    t.strictSame((await ids('?sort=created_at', carol)).listed, made.toReversed())
    const page = await ids('?sort=created_at&limit=2&offset=1', carol)
    t.strictSame(page, { listed: made.toReversed().slice(1, 3), total: 4 })
  })

  await t.test('the list shows the completed, or the open ones', async (t) => {
    const dave = await as('dave')
    const open = [(await add({ title: 'a' }, dave)).id, (await add({ title: 'b' }, dave)).id]
    const done = (await add({ title: 'c', completed: true }, dave)).id
    t.strictSame(await ids('?completed=true', dave), { listed: [done], total: 1 })
    t.strictSame(await ids('?completed=false', dave), { listed: open, total: 2 })
    await dave.put(`${TODOS}/${open[0]}`, { completed: true })
    t.strictSame((await ids('?completed=true', dave)).listed, [open[0], done])
    const all = await ids('?completed=true&search=C&sort=created_at&limit=5&offset=0', dave)
    t.strictSame(all, { listed: [done], total: 1 })
  })
})
