import { test } from 'tap'
import { start } from '../../helper.ts'
import { badIds, unknownMembers, wrongTypes } from '../faults.ts'
import { refuses, refusesOutsiders } from './refusals.ts'

const PRIVATE = [
  'GET /todos',
  'GET /todos?search=x',
  'GET /todos/1',
  'POST /todos',
  'PUT /todos/1',
  'DELETE /todos/1',
  'DELETE /todos?ids=1',
]

await test('to-dos refuse', async (t) => {
  const started = await start(t)
  const first = await started.as('first')
  await first.post('/api/v1/todos', { title: 'Mine' })
  await t.test('S22 S38 whoever has no valid access token', (t) =>
    refusesOutsiders(t, started, PRIVATE),
  )
  const alice = await started.as('alice')
  const todo = { title: 'Water the plants', description: 'The fern twice.', completed: true }
  const { id } = (await alice.post('/api/v1/todos', todo)).body
  const put = `PUT /todos/${id}`

  await t.test("S45 someone else's to-do can be neither read, edited nor deleted", async (t) => {
    const own = (verb: string) => ({ status: 403, message: `You can only ${verb} your own todos` })
    for (const by of [
      await started.as('bob'),
      await started.as('mod', 'moderator'),
      await started.as('boss', 'admin'),
    ])
      await refuses(t, started, by, [
        { call: `GET /todos/${id}`, ...own('view') },
        { call: put, body: { title: 'Theirs' }, ...own('edit') },
        { call: `DELETE /todos/${id}`, ...own('delete') },
        { call: 'DELETE /todos', body: { ids: [id] }, ...own('delete') },
      ])
  })
  await t.test('S45 a to-do that is absent', async (t) => {
    const absent = { status: 404, message: 'Todo not found' }
    await refuses(t, started, alice, [
      { call: 'GET /todos/2147483647', ...absent },
      { call: 'PUT /todos/2147483647', body: todo, ...absent },
      { call: 'DELETE /todos/2147483647', ...absent },
    ])
  })
  await t.test('S47 a member that is not theirs, by its name', async (t) => {
    await refuses(t, started, alice, [
      ...unknownMembers('POST /todos', todo),
      ...unknownMembers(put, todo),
      ...['due_at', 'priority', 'completed_at', 'title_key'].map((member) => ({
        call: put,
        body: { [member]: 'x' },
        status: 400,
        message: `"${member}" is not a member of this body`,
      })),
    ])
  })
  await t.test('S51 S58 what is no id, before it is looked for', async (t) => {
    await refuses(
      t,
      started,
      alice,
      badIds([
        { call: 'GET /todos/{id}' },
        { call: 'PUT /todos/{id}', body: todo },
        { call: 'DELETE /todos/{id}' },
      ]),
    )
  })
  await t.test('S7 S56 a value of another type: bodies are not coerced', async (t) => {
    const kinds = { title: 'string', completed: 'boolean' } as const
    await refuses(t, started, alice, [
      ...wrongTypes('POST /todos', todo, { ...kinds, description: 'string' }),
      ...wrongTypes(put, {}, { ...kinds, description: 'nullable string' }),
    ])
  })
  await t.test('what is missing, blank or too long', async (t) => {
    const refused: Array<[body: object, message: string]> = [
      [{ title: '' }, 'title must not be empty; title must not be blank'],
      [{ title: '　' }, 'title must not be blank'],
      [{ title: 'x'.repeat(201) }, 'title must have at most 200 characters'],
      [{ description: '🐢'.repeat(10_001) }, 'description must have at most 10000 characters'],
    ]
    const least = 'The body must have at least 1 member of title, description, completed'
    await refuses(t, started, alice, [
      { call: 'POST /todos', body: {}, status: 400, message: 'title is required' },
      { call: put, body: {}, status: 400, message: least },
      ...refused.flatMap(([body, message]) => [
        { call: 'POST /todos', body: { ...todo, ...body }, status: 400, message },
        { call: put, body, status: 400, message },
      ]),
    ])
  })
})
