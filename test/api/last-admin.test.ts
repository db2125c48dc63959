import { test, type Test } from 'tap'
import { and, eq } from '../../src/db/drizzle.ts'
import { start, type Started } from '../helper.ts'
import type { Client } from './refusals.ts'

const WORDS = 'This is the last active admin: make somebody else one first'

type Door = (by: Client, about: Client) => ReturnType<Client['send']>
/** Every way over HTTP in which an admin can cease to be one. */
const DOORS: Record<string, Door> = {
  'v2 demotes': (by, { id }) => by.patch(`/api/v2/users/${id}`, { role: 'moderator' }),
  'v2 suspends': (by, { id }) => by.patch(`/api/v2/users/${id}`, { status: 'suspended' }),
  'v2 deletes': (by, { id }) => by.delete(`/api/v2/users/${id}`),
  'v1 deletes': (by, { id }) => by.delete(`/api/v1/users/${id}`),
}
/** And in which they do it themselves. */
const OWN_DOORS: Record<string, Door> = {
  ...DOORS,
  'both at once': (by) => by.patch(`/api/v2/users/${by.id}`, { role: 'user', status: 'suspended' }),
  'v2 /me deletes': (by) => by.delete('/api/v2/me'),
}

async function activeAdmins({ backend: { store } }: Started) {
  const { users } = store.tables
  const rows = await store.query((q) =>
    q
      .select({ id: users.id })
      .from(users)
      .where(and(eq(users.role, 'admin'), eq(users.status, 'active'))),
  )
  return rows.map(({ id }) => id)
}

function refused(t: Test, reply: Awaited<ReturnType<Client['send']>>, about: string) {
  const expected = reply.body?.code
    ? { status: 409, body: { code: 'last_admin', detail: WORDS } }
    : { status: 400, body: { error: 'Bad Request', message: WORDS } }
  t.match(reply, expected, about)
}

await test('S86 the last active admin stays, whatever they do', async (t) => {
  const started = await start(t)
  const { as, backend } = started
  const boss = await as('boss', 'admin')
  // Who is suspended administers nothing, nor does a moderator.
  const gone = await as('gone', 'admin')
  await backend.accounts.setStatus(gone.id, 'suspended')
  await as('mod', 'moderator')
  const before = await backend.accounts.find(boss.id)
  for (const [name, door] of Object.entries(OWN_DOORS)) {
    refused(t, await door(boss, boss), name)
    t.strictSame(await backend.accounts.find(boss.id), before, name)
    t.match(await boss.get('/api/v2/me'), { status: 200 }, 'the session goes on')
  }
  t.match(await boss.patch(`/api/v2/users/${boss.id}`, { role: 'admin' }), { status: 200 })
  t.match(await boss.delete(`/api/v2/users/${gone.id}`), { status: 204 }, 'they are not active')
})

for (const [name, door] of Object.entries(DOORS))
  await test(`S86 of admins who do it to each other at once one stays: ${name}`, async (t) => {
    const one = await start(t)
    // Another server over the same database: nothing in a process can tell them apart.
    const { databaseUrl, clock } = one
    const other = await start(t, { databaseUrl, clock })
    for (let round = 0; round < 4; round++) {
      const pair = [
        await one.as(`a-${round}`, 'admin'),
        await other.as(`b-${round}`, 'admin'),
      ] as const
      for (const id of await activeAdmins(one))
        if (!pair.some((admin) => admin.id === id)) await one.backend.accounts.setRole(id, 'user')
      const replies = await Promise.all([door(pair[0], pair[1]), door(pair[1], pair[0])])
      const left = await activeAdmins(one)
      t.equal(left.length, 1, 'one is left')
      const done = replies.filter(({ status }) => status < 300)
      t.equal(done.length, 1)
      // Whoever was too late was told so, or is nobody any more.
      for (const reply of replies)
        if (reply.status !== 401 && reply.status !== 403 && reply.status >= 300)
          refused(t, reply, name)
    }
  })

await test('S86 admins who all leave at once leave one behind', async (t) => {
  const one = await start(t)
  const { databaseUrl, clock } = one
  const other = await start(t, { databaseUrl, clock })
  const leaving: Array<() => ReturnType<Client['send']>> = []
  for (let i = 0; i < 2; i++) {
    const deleted = await one.as(`deleted-${i}`, 'admin')
    leaving.push(() => deleted.delete('/api/v2/me'))
    const demoted = await other.as(`demoted-${i}`, 'admin')
    leaving.push(() => demoted.patch(`/api/v2/users/${demoted.id}`, { role: 'user' }))
    const suspended = await other.as(`suspended-${i}`, 'admin')
    leaving.push(() => suspended.patch(`/api/v2/users/${suspended.id}`, { status: 'suspended' }))
  }
  const replies = await Promise.all(leaving.map((leave) => leave()))
  t.equal(replies.filter(({ status }) => status < 300).length, leaving.length - 1)
  for (const reply of replies.filter(({ status }) => status >= 300)) refused(t, reply, 'the last')
  t.equal((await activeAdmins(one)).length, 1)
})
