import { asc } from '../../../src/db/drizzle.ts'
import { test } from 'tap'
import { start } from '../../helper.ts'
import type { Client } from '../refusals.ts'

await test('what is done to the records of others', async (t) => {
  const { as, backend } = await start(t)
  const alice = await as('alice')
  const mod = await as('mod', 'moderator')
  const boss = await as('boss', 'admin')
  const { auditEvents } = backend.store.tables

  /** The status of the answer to an act, and what the audit trail says of it. */
  async function audited(act: () => Promise<{ status: number }>) {
    const all = () =>
      backend.store.query((q) => q.select().from(auditEvents).orderBy(asc(auditEvents.id)))
    const before = (await all()).length
    const { status } = await act()
    const events = (await all())
      .slice(before)
      .map(({ action, outcome, actorId, targetType, targetId }) => [
        action,
        outcome,
        actorId,
        `${targetType} ${targetId}`,
      ])
    return [status, ...events]
  }
  const make = async (resource: string, body: object, by = alice) =>
    Number((await by.post(`/api/v1/${resource}`, body)).body.id)

  const moderated = [
    ['post', { title: 'On reading', content: 'Copy it.' }],
    ['book', { title: 'Walden', author: 'Thoreau' }],
  ] as const
  for (const [one, body] of moderated)
    await t.test(`S45 a moderator or an admin changes any ${one}, and it is audited`, async (t) => {
      for (const by of [mod, boss]) {
        const id = await make(`${one}s`, body)
        const url = `/api/v1/${one}s/${id}`
        const title = `By ${by.username}`
        t.strictSame(await audited(() => by.put(url, { ...body, title })), [
          200,
          [`${one}.update`, 'success', by.id, `${one} ${id}`],
        ])
        t.hasStrict((await alice.get(url)).body, { id, title, user_id: alice.id })
        t.strictSame(await audited(() => by.delete(url)), [
          204,
          [`${one}.delete`, 'success', by.id, `${one} ${id}`],
        ])
        t.equal((await alice.get(url)).status, 404)
      }
    })

  await t.test('what people do to their own is nobody else’s business', async (t) => {
    for (const by of [alice, mod, boss])
      for (const [one, body] of moderated) {
        const url = `/api/v1/${one}s/${await make(`${one}s`, body, by)}`
        t.strictSame(await audited(() => by.put(url, body)), [200])
        t.strictSame(await audited(() => by.delete(url)), [204])
      }
  })

  await t.test('S77 what is refused to someone is audited', async (t) => {
    const bob = await as('bob')
    const rows: Array<[one: string, body: object, by: Client]> = [
      ['post', { title: 'On reading', content: 'Copy it.' }, bob],
      ['book', { title: 'Walden', author: 'Thoreau' }, bob],
      ['todo', { title: 'x' }, bob],
      ['todo', { title: 'x' }, mod],
      ['todo', { title: 'x' }, boss],
    ]
    for (const [one, body, by] of rows) {
      const id = await make(`${one}s`, body)
      const url = `/api/v1/${one}s/${id}`
      const denied = [403, ['access.denied', 'denied', by.id, `${one} ${id}`]]
      t.strictSame(await audited(() => by.put(url, body)), denied)
      t.strictSame(await audited(() => by.delete(url)), denied)
      if (one !== 'todo') continue
      t.strictSame(await audited(() => by.get(url)), denied)
      t.strictSame(await audited(() => by.delete(`/api/v1/todos?ids=${id}`)), denied)
    }
    t.strictSame(await audited(() => bob.put('/api/v1/posts/999999', { title: 'x' })), [404])
  })

  await t.test('S77 what is done to accounts is audited, by whomever', async (t) => {
    const carol = await as('carol')
    const url = `/api/v1/users/${carol.id}`
    const about = `user ${carol.id}`
    const change = { phone: '+123' }
    t.strictSame(await audited(() => mod.put(url, change)), [
      403,
      ['access.denied', 'denied', mod.id, about],
    ])
    for (const by of [carol, boss])
      t.strictSame(await audited(() => by.put(url, change)), [
        200,
        ['account.update', 'success', by.id, about],
      ])
    t.strictSame(await audited(() => boss.delete(url)), [
      204,
      ['account.delete', 'success', boss.id, about],
    ])
  })

  await t.test('S41 a role that is taken away is gone on the next request', async (t) => {
    const dana = await as('dana', 'moderator')
    const url = `/api/v1/posts/${await make('posts', { title: 'a', content: 'b' })}`
    t.equal((await dana.put(url, { title: 'Moderated' })).status, 200)
    await backend.accounts.setRole(dana.id, 'user')
    t.equal((await dana.put(url, { title: 'Again' })).status, 403)
    t.equal((await dana.delete(url)).status, 403)
    t.equal((await alice.get(url)).body.title, 'Moderated')
    await backend.accounts.setRole(dana.id, 'admin')
    t.equal((await dana.delete(url)).status, 204)
  })
})
