import { test } from 'tap'
import { createRecent } from '../../../src/domain/sessions/recent.ts'
import type { Principal } from '../../../src/domain/sessions/principal.ts'

const principal: Principal = {
  id: 1,
  username: 'alice',
  role: 'user',
  sessionId: 's',
  tokenId: 't',
  type: 'access',
  expiresAt: 0,
  issuedAt: 0,
  authenticatedAt: 0,
  rotating: false,
  spent: false,
}

await test('S38 what was found out is kept until anything is written, and no longer', async (t) => {
  let stamp: number | undefined = 1
  const recent = createRecent({ stamp: () => stamp })
  recent.remember('a', principal, recent.stamp())
  t.equal(recent.recall('a'), principal)
  t.equal(recent.recall('A'), undefined, 'under its whole text')
  stamp = 2
  t.equal(recent.recall('a'), undefined)
  stamp = 1
  t.equal(recent.recall('a'), undefined, 'it was forgotten')

  const before = recent.stamp()
  stamp = 3
  recent.remember('a', principal, before)
  t.equal(recent.recall('a'), undefined, 'a write between reading and keeping counts')
})

await test('S38 where nobody can tell what was written, nothing is kept', async (t) => {
  const recent = createRecent({ stamp: () => undefined })
  recent.remember('a', principal, recent.stamp())
  t.equal(recent.recall('a'), undefined)
})

await test('what is kept is bounded: the oldest goes first', async (t) => {
  const recent = createRecent({ stamp: () => 1 })
  for (let i = 0; i < 10_001; i++) recent.remember(`token-${i}`, principal, 1)
  t.equal(recent.recall('token-0'), undefined)
  for (const i of [1, 5000, 10_000]) t.equal(recent.recall(`token-${i}`), principal)
})
