import { test } from 'tap'
import { start } from '../../helper.ts'
import { refuses } from './refusals.ts'

const FILTERS = {
  completed: [undefined, 'true', 'false'],
  search: [undefined, '', 'plant', '%', '_', '\\', "' or 1=1 --"],
  sort: [undefined, 'id', 'created_at'],
  limit: [undefined, '1', '500'],
  offset: [undefined, '0', '2'],
}

/** Every choice of one value for each name. */
function combinations(choices: Record<string, Array<string | undefined>>) {
  let all: Array<Record<string, string>> = [{}]
  for (const [name, values] of Object.entries(choices))
    all = all.flatMap((query) =>
      values.map((value) => (value === undefined ? query : { ...query, [name]: value })),
    )
  return all
}

await test('to-dos are private', async (t) => {
  const started = await start(t)
  const { as } = started
  const people = [await as('alice'), await as('mod', 'moderator'), await as('boss', 'admin')]
  const bob = await as('bob')
  for (const owner of [...people, bob])
    for (const completed of [true, false])
      for (const description of ['plant % _ \\', 'Plants'])
        await owner.post('/api/v1/todos', {
          title: `of ${owner.username}`,
          description,
          completed,
        })

  await t.test('S49 no filter, order or page shows or counts those of others', async (t) => {
    const queries = combinations(FILTERS)
    t.equal(queries.length, 567)
    for (const [i, query] of queries.entries()) {
      const { id, get } = people[i % people.length]!
      const { status, body, headers } = await get('/api/v1/todos', { query })
      const owners = body.todos.map((todo: { user_id: number }) => todo.user_id)
      const strange = owners.some((owner: number) => owner !== id)
      if (status !== 200 || strange || Number(headers['x-total-count']) > 4)
        t.fail(`${JSON.stringify(query)} shows more than one's own`)
    }
    const { body, headers } = await bob.get('/api/v1/todos')
    t.strictSame([body.todos.length, headers['x-total-count']], [4, '4'])
  })

  await t.test('S49 nobody asks for those of another', async (t) => {
    const names = ['user_id', 'userId', 'owner', 'user', 'all', 'include', 'fields']
    for (const by of people)
      await refuses(
        t,
        started,
        by,
        names.map((name) => ({
          call: 'GET /todos',
          query: { [name]: String(bob.id) },
          status: 400,
          message: `"${name}" is not a parameter of this path`,
        })),
      )
  })

  await t.test('S49 email and phone are shown to their owner and to admins only', async (t) => {
    const [alice, mod, boss] = people
    const secret = { email: 'very-private@example.com', phone: '+4930999888777' }
    const url = `/api/v1/users/${bob.id}`
    t.hasStrict((await bob.put(url, secret)).body, secret)
    for (const by of [alice, mod, bob, boss])
      for (const path of [url, '/api/v1/users?limit=500']) {
        const { text } = (await by?.get(path)) ?? { text: '' }
        t.match(text, /"bob"/)
        t.notMatch(text, /private|999888/)
      }
    t.hasStrict((await bob.get('/api/v1/me')).body, secret)
    t.hasStrict((await boss?.put(url, { phone: secret.phone }))?.body, secret)
  })
})
