import { test, type Test } from 'tap'
import { start } from '../../helper.ts'
import { claimsOf, headerOf } from '../v1/forge.ts'
import { join, me, type Node, refresh, refused, renew, stillClock, tokensOf } from './session.ts'

const open = async (t: Test) => {
  const clock = stillClock()
  const node = await start(t, { clock })
  return { node, clock, alice: await join(node, 'alice') }
}
const live = async (node: Node, sid: string) =>
  (await tokensOf(node, sid)).filter(({ usedAt }) => usedAt === null).map(({ jti }) => jti)

await test('S34 a lost reply comes again, byte for byte, for 10 seconds', async (t) => {
  const { node, clock, alice } = await open(t)
  const first = await refresh(node, alice.refresh)
  for (const seconds of [0, 0.5, 4.5, 5]) {
    clock.advance(seconds)
    const again = await refresh(node, alice.refresh)
    t.match(again, { status: 200, headers: { 'cache-control': 'no-store' } })
    t.equal(again.text, first.text)
  }
  t.strictSame(await live(node, alice.sid), [claimsOf(first.body.refresh_token)['jti']])
  t.match(await me(node, first.body.access_token), { status: 200 })
  const next = await renew(node, first.body.refresh_token)
  t.match(await refresh(node, next.refresh), { status: 200 }, 'and the family lives on')
})

await test('S34 a replay does not make the 10 seconds longer', async (t) => {
  const { node, clock, alice } = await open(t)
  const { access_token: access } = (await refresh(node, alice.refresh)).body
  clock.advance(6)
  t.match(await refresh(node, alice.refresh), { status: 200 })
  clock.advance(6)
  refused(t, await refresh(node, alice.refresh), 401, 'refresh_token_reused')
  refused(t, await me(node, access), 401, 'token_revoked')
})

await test('S34 the same bytes come when the role has changed in between', async (t) => {
  const { node, alice } = await open(t)
  const first = await refresh(node, alice.refresh)
  await node.backend.accounts.setRole(alice.id, 'admin')
  t.equal((await refresh(node, alice.refresh)).text, first.text)
  t.match(claimsOf(first.body.access_token), { role: 'user' })
  const reply = await me(node, first.body.access_token)
  t.match(reply.body, { role: 'admin' }, 'S41 what it says counts for nothing')
  const next = await renew(node, first.body.refresh_token)
  t.match(claimsOf(next.access), { role: 'admin' })
})

await test('S34 the same bytes come when another key signs since', async (t) => {
  const { node, clock, alice } = await open(t)
  const { kid } = await node.backend.keys.rotate()
  clock.advance(295)
  const first = await refresh(node, alice.refresh)
  t.not(headerOf(first.body.access_token)['kid'], kid)
  clock.advance(6)
  const again = await refresh(node, alice.refresh)
  t.equal(again.text, first.text)
  const { databaseUrl } = node
  const restarted = await start(t, { databaseUrl, clock })
  t.equal((await refresh(restarted, alice.refresh)).text, first.text, 'after a restart, too')
  const next = await renew(node, again.body.refresh_token)
  for (const token of [next.access, next.refresh]) t.equal(headerOf(token)['kid'], kid)
  t.match(await me(restarted, next.access), { status: 200 })
})

await test('S36 who dies between commit and reply leaves one live child, which comes again', async (t) => {
  const { node, clock, alice } = await open(t)
  const lost = await refresh(node, alice.refresh)
  await node.app.close()
  const { databaseUrl } = node
  const restarted = await start(t, { databaseUrl, clock })
  clock.advance(9)
  const again = await refresh(restarted, alice.refresh)
  t.equal(again.text, lost.text)
  t.equal((await live(restarted, alice.sid)).length, 1)
  const next = await renew(restarted, again.body.refresh_token)
  t.match(await me(restarted, next.access), { status: 200 })
  t.equal((await live(restarted, alice.sid)).length, 1)
  refused(t, await refresh(restarted, alice.refresh), 401, 'refresh_token_reused')
})

await test('S36 a server that comes back too late takes it for reuse', async (t) => {
  const { node, clock, alice } = await open(t)
  await refresh(node, alice.refresh)
  const { databaseUrl } = node
  const restarted = await start(t, { databaseUrl, clock })
  clock.advance(11)
  refused(t, await refresh(restarted, alice.refresh), 401, 'refresh_token_reused')
})

await test('S30 what is kept of tokens is none', async (t) => {
  const { node, alice } = await open(t)
  const next = await renew(node, alice.refresh)
  const { store } = node.backend
  const dump = JSON.stringify(
    await Promise.all(
      Object.values(store.tables).map((table) => store.query((q) => q.select().from(table))),
    ),
  )
  t.ok(dump.includes(String(claimsOf(next.refresh)['jti'])), 'its id is')
  for (const token of [alice.access, alice.refresh, next.access, next.refresh]) {
    const [, , signature = token] = token.split('.')
    t.notOk(dump.includes(signature))
  }
})
