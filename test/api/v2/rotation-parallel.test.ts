import { test } from 'tap'
import { start } from '../../helper.ts'
import { bearer, claimsOf } from '../v1/forge.ts'
import { events, join, me, openSessions, refresh, renew, tokensOf } from './session.ts'

for (const count of [12, 20])
  await test(`S33 ${count} refreshes with one token at once give one successor to all`, async (t) => {
    const node = await start(t)
    const alice = await join(node, 'alice')
    const replies = await Promise.all(
      Array.from({ length: count }, () => refresh(node, alice.refresh)),
    )
    t.strictSame(
      replies.map(({ status }) => status),
      Array(count).fill(200),
    )
    t.equal(new Set(replies.map(({ text }) => text)).size, 1, 'byte for byte')
    const [reply] = replies
    const kept = await tokensOf(node, alice.sid)
    t.strictSame(
      kept.filter(({ usedAt }) => usedAt === null).map(({ jti }) => jti),
      [claimsOf(reply?.body.refresh_token)['jti']],
      'exactly one child is live',
    )
    t.equal(kept.length, 2, 'and there is no other')
    t.match(await me(node, reply?.body.access_token), { status: 200 })
    const next = await renew(node, reply?.body.refresh_token)
    t.match(await me(node, next.access), { status: 200 })
    t.strictSame(await events(node, 'refresh.reuse'), [])
  })

await test('S32 S33 of many that come too late none gets anything, and the session ends once', async (t) => {
  const node = await start(t)
  const alice = await join(node, 'alice')
  const next = await renew(node, alice.refresh)
  node.clock.advance(11)
  const replies = await Promise.all(
    Array.from({ length: 12 }, (_, i) => refresh(node, i === 6 ? next.refresh : alice.refresh)),
  )
  const codes = replies.map(({ body }) => String(body.code))
  t.equal(codes.filter((code) => code === 'refresh_token_reused').length, 1)
  for (const { status } of replies) t.match(status, /200|401/)
  t.strictSame(await openSessions(node, alice.id), [])
  t.equal((await events(node, 'refresh.reuse')).length, 1)
  for (const { body, status } of replies)
    if (status === 200) t.match(await me(node, body.access_token), { status: 401 })
})

await test('a refresh and a logout at once: the session is over, whoever came first', async (t) => {
  const node = await start(t)
  for (let i = 0; i < 10; i++) {
    const user = await join(node, `user-${i}`)
    const [renewed, out] = await Promise.all([
      refresh(node, user.refresh),
      user.send('POST', '/api/v2/auth/logout'),
    ])
    t.match(out, { status: 204 })
    t.match(renewed.status, /200|401/)
    t.strictSame(await openSessions(node, user.id), [])
    if (renewed.status === 200) {
      t.match(await me(node, renewed.body.access_token), { status: 401 })
      t.match(await refresh(node, renewed.body.refresh_token), { body: { code: 'token_revoked' } })
    }
  }
})

await test('a refresh and what ends all sessions at once: none is left', async (t) => {
  const node = await start(t)
  const { accounts } = node.backend
  const ends: Array<(id: number) => Promise<unknown>> = [
    (id) => accounts.setStatus(id, 'suspended'),
    (id) => accounts.setPassword(id, 'another place to write'),
  ]
  for (const [i, end] of ends.entries()) {
    const user = await join(node, `user-${i}`)
    const [renewed] = await Promise.all([refresh(node, user.refresh), end(user.id)])
    t.match(renewed.status, /200|401/)
    t.strictSame(await openSessions(node, user.id), [])
    if (renewed.status === 200)
      t.match(await node.request('GET', '/api/v1/me', bearer(renewed.body.access_token)), {
        status: 401,
      })
  }
})
