import { test } from 'tap'
import { start } from '../../helper.ts'
import { everything, type Refusal } from '../refusals.ts'
import { refuses } from './refusals.ts'

const TODOS = '/api/v1/todos'

await test('deleting several to-dos', async (t) => {
  const started = await start(t)
  const { as, backend } = started
  const alice = await as('alice')
  const bob = await as('bob')
  const add = async (count: number, by = alice) => {
    const ids: number[] = []
    while (ids.length < count) ids.push((await by.post(TODOS, { title: 'x' })).body.id)
    return ids
  }
  const left = async () => (await everything(backend)).todos.map(({ id }) => id)

  await t.test('takes ids in the body or the query, and counts each once', async (t) => {
    const ids = await add(9)
    const [a, b, c, d, e, f, g, h, kept] = ids
    const ways: Array<[deleted: number, send: () => ReturnType<typeof alice.delete>]> = [
      [1, () => alice.delete(TODOS, { ids: [a] })],
      [2, () => alice.delete(TODOS, { ids: [c, b, c, b, c] })],
      [1, () => alice.delete(`${TODOS}?ids=${d}`)],
      [2, () => alice.delete(`${TODOS}?ids=${e},${f},${e}`)],
      [2, () => alice.delete(`${TODOS}?ids[]=${g}&ids[]=${h}`)],
    ]
    for (const [deleted, send] of ways)
      t.hasStrict(await send(), { status: 200, body: { deleted } })
    t.strictSame(await left(), [kept])
  })

  await t.test('takes 100 ids', async (t) => {
    const kept = await left()
    const many = await add(100)
    t.hasStrict(await alice.delete(TODOS, { ids: many }), { body: { deleted: 100 } })
    const [one] = await add(1)
    const same = Array.from({ length: 100 }, () => one)
    t.hasStrict(await alice.delete(TODOS, { ids: same }), { body: { deleted: 1 } })
    t.strictSame(await left(), kept)
  })

  await t.test('S45 does nothing at all when one is not there to delete', async (t) => {
    const [mine] = await add(1)
    const [foreign] = await add(1, bob)
    const absent = 2_147_483_647
    const refusals: Array<[ids: unknown[], status: number, message: string]> = [
      [[mine, foreign], 403, 'You can only delete your own todos'],
      [[foreign, mine], 403, 'You can only delete your own todos'],
      [[mine, absent, foreign], 403, 'You can only delete your own todos'],
      [[mine, absent], 404, 'Todo not found'],
      [[absent, mine], 404, 'Todo not found'],
    ]
    await refuses(
      t,
      started,
      alice,
      refusals.flatMap(([ids, status, message]): Refusal[] => [
        { call: 'DELETE /todos', body: { ids }, status, message },
        { call: `DELETE /todos?ids=${ids.join(',')}`, status, message },
      ]),
    )
    t.hasStrict(await alice.delete(TODOS, { ids: [mine] }), { body: { deleted: 1 } })
  })

  await t.test('S56 S58 S59 refuses what is not 1 to 100 ids in one place', async (t) => {
    const [id] = await add(1)
    const ids = [id]
    const many = Array.from({ length: 101 }, () => id)
    const member = /^ids\[\d\] must be a whole number from 1 to 2147483647/
    const refused: Array<[body: unknown, message: string | RegExp]> = [
      [{}, 'ids is required'],
      [{ ids: [] }, 'ids must have at least 1 item'],
      [{ ids: many }, 'ids must have at most 100 items'],
      [{ ids: id }, 'ids must be an array'],
      [{ ids: String(id) }, 'ids must be an array'],
      [{ ids: null }, 'ids must be an array'],
      [{ ids: [String(id)] }, member],
      [{ ids: [true] }, member],
      [{ ids: [[id]] }, member],
      [{ ids: [null] }, member],
      [{ ids: [1.5] }, member],
      [{ ids: [0] }, member],
      [{ ids: [-1] }, member],
      [{ ids: [2_147_483_648] }, member],
      [{ ids: [1e20] }, member],
      [{ ids, force: true }, '"force" is not a member of this body'],
      [ids, 'The body must be an object'],
    ]
    const queries: Array<[query: string, message: string | RegExp]> = [
      ['', 'ids are required, in the body or in the query'],
      ['?ids=', member],
      ['?ids=,', member],
      [`?ids=${id},`, member],
      [`?ids=${id},0x1`, member],
      [`?ids=${id}.0`, member],
      ['?ids=2147483648', member],
      [`?ids=${many.join(',')}`, 'ids must have at most 100 items'],
      [`?ids=${id}&ids=${id}`, 'ids is given more than once'],
      [`?id=${id}`, '"id" is not a parameter of this path'],
    ]
    await refuses(t, started, alice, [
      ...refused.map(([body, message]) => ({ call: 'DELETE /todos', body, status: 400, message })),
      ...queries.map(([query, message]) => ({
        call: `DELETE /todos${query}`,
        status: 400,
        message,
      })),
      {
        call: `DELETE /todos?ids=${id}`,
        body: { ids },
        status: 400,
        message: 'ids are given in the body and in the query',
      },
    ])
  })
})
