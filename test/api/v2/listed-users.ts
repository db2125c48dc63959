import type { Test } from 'tap'
import { type Reply, start } from '../../helper.ts'

export const USERS = '/api/v2/users'
/** What only admins see of a user in a list. */
export const PRIVATE = [
  'email',
  'pending_email',
  'undeliverable',
  'phone',
  'role',
  'status',
  'must_change_password',
  'updated_at',
]

/** An admin, four users who registered a second apart, and how each list is read. */
export async function openUsers(t: Test) {
  const node = await start(t)
  const { as, clock, backend } = node
  const root = await as('root.of.all', 'admin')
  for (const name of ['dora', 'Alice', 'berta', 'Carl']) {
    clock.advance(1)
    await as(name)
  }
  const alice = await as('Alice')
  await backend.accounts.update(
    { ...alice, role: 'user', sessionId: '', origin: { ip: '', userAgent: '', requestId: '' } },
    alice.id,
    { email: 'alice@example.com', phone: '+4915112345678' },
  )
  return { ...node, root, alice, carl: await as('Carl') }
}
export const namesOf = ({ body }: Reply) =>
  body.data.map(({ username }: { username: string }) => username).join(' ')
