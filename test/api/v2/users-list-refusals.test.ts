import { test, type Test } from 'tap'
import type { Started } from '../../helper.ts'
import { namesOf, openUsers, USERS } from './listed-users.ts'

await test('S49 a cursor is refused for anything but the list that gave it', async (t) => {
  const { request, root } = await openUsers(t)
  const cursorOf = async (query: string) =>
    String((await root.get(`${USERS}?limit=1&${query}`)).body.page.next_cursor)
  const plain = await cursorOf('')
  t.match(await request('GET', `${USERS}?cursor=${plain}&limit=7&total=true&fields=id`), {
    status: 200,
  })
  const events = (await root.get('/api/v2/audit-events?limit=1')).body.page.next_cursor
  const activity = (await root.get('/api/v2/me/activity?limit=1')).body.page.next_cursor
  const refused = [
    `cursor=${plain}&sort=created_at:asc`,
    `cursor=${plain}&sort=id:desc`,
    `cursor=${plain}&created_after=2020-01-01T00:00:00Z`,
    `cursor=${await cursorOf('sort=username:asc')}&sort=username:desc`,
    `cursor=${await cursorOf('created_after=2020-01-01T00:00:00Z')}`,
    `cursor=${await cursorOf('role=user')}`,
    `cursor=${events}`,
    `cursor=${activity}`,
    `cursor=${plain.slice(0, -1)}`,
    `cursor=${plain}A`,
    `cursor=${plain}%3D`,
    `cursor=${plain.toLowerCase()}`,
    'cursor=',
    'cursor=null',
    `cursor=${'A'.repeat(8000)}`,
    `cursor=%F0%9F%98%80`,
  ]
  for (const query of refused)
    t.match(
      await request('GET', `${USERS}?${query}`),
      { status: 422, body: { code: 'cursor_mismatch' } },
      query,
    )
})

await test('S51 S59 hostile queries are refused by the name of the parameter', async (t) => {
  const started = await openUsers(t)
  const rows: Array<[query: string, ...parameters: Array<string | RegExp>]> = [
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=1e1', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=010', 'limit'],
    ['limit=0x10', 'limit'],
    ['limit=1.0', 'limit'],
    ['limit=', 'limit'],
    ['limit=99999999999999999999', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['sort=created_at', 'sort'],
    ['sort=-created_at', 'sort'],
    ['sort=email:asc', 'sort'],
    ['sort=username_key:asc', 'sort'],
    ['sort=id:asc;drop table users', 'sort'],
    ['sort=__proto__:asc', 'sort'],
    ['total=1', 'total'],
    ['fields=id,password_hash', 'fields'],
    ['fields=', 'fields'],
    ['fields=id,id', 'fields'],
    ['fields=id&fields=username', 'fields'],
    ['created_after=yesterday', 'created_after'],
    ['created_after=2026-11-20', 'created_after'],
    ['created_after=1763654400', 'created_after'],
    ['created_after=2026-02-30T00:00:00Z', 'created_after'],
    ['created_after=2016-12-31T23:59:60Z', 'created_after'],
    ['created_after=0000-01-01T00:00:00Z', 'created_after'],
    ['created_after=9999-12-31T23:59:59-00:01', 'created_after'],
    ['created_before=9999-12-31T23:59:59.9999Z', 'created_before'],
    ['created_before=2026-11-20T00:00:00%00Z', 'created_before'],
    ['role=root', 'role'],
    ['status=ACTIVE', 'status'],
    ['cursor=%00', 'cursor'],
    ['cursor=a&cursor=b', 'cursor'],
    ['offset=1', 'offset'],
    ['page=2', 'page'],
    ['phone=%2B4915112345678', 'phone'],
    ['__proto__=1', '__proto__'],
    ['constructor=1', 'constructor'],
    ['limit=0&sort=x&page=1', 'page', 'limit', 'sort'],
    [
      'created_after=0000-01-01T00:00:00Z&created_before=0000-01-01T00:00:00Z',
      'created_after',
      'created_before',
    ],
  ]
  for (const [query, ...parameters] of rows) await refuses(t, started, query, parameters)
  t.equal(namesOf(await started.request('GET', `${USERS}?limit=100`)).split(' ').length, 5)
})

async function refuses(
  t: Test,
  { request }: Pick<Started, 'request'>,
  query: string,
  parameters: Array<string | RegExp>,
) {
  const reply = await request('GET', `${USERS}?${query}`)
  t.match(reply, { status: 422, body: { code: 'validation_failed' } }, query)
  const errors = parameters.map((parameter) => ({ in: 'query', parameter, code: /^[a-z_]+$/ }))
  t.match(reply.body.errors, errors, `${query} names each`)
  t.equal(reply.body.errors.length, parameters.length)
}
