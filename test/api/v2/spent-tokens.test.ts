import { test, type Test } from 'tap'
import { start } from '../../helper.ts'
import { bearer } from '../v1/forge.ts'
import { ACCESS, API, open as openPages, REFRESH } from './cookie-page.ts'
import { events, join, me, openSessions, refused, renew, stillClock } from './session.ts'

const FORM = 'application/x-www-form-urlencoded'

async function open(t: Test) {
  const clock = stillClock()
  const node = await start(t, { clock })
  const alice = await join(node, 'alice')
  const next = await renew(node, alice.refresh)
  const sid = alice.sid
  const isOpen = async () => (await openSessions(node, alice.id)).includes(sid)
  const v2 = (method: string, path: string) =>
    node.request(method, `/api/v2/auth/${path}`, bearer(alice.refresh))
  return { node, clock, alice, next, isOpen, v2, reuses: () => events(node, 'refresh.reuse') }
}

/** Where a refresh token is taken, but for the one place that rotates it. */
const PLACES: Array<[method: string, url: string, refusal: object]> = [
  ['GET', '/api/v2/auth/csrf', { body: { code: 'token_revoked' } }],
  ['HEAD', '/api/v2/auth/csrf', {}],
  ['POST', '/api/v2/auth/logout', { body: { code: 'token_revoked' } }],
  ['POST', '/api/v1/logout', { body: { message: 'Token has been revoked' } }],
  ['DELETE', '/api/v1/logout', { body: { message: 'Token has been revoked' } }],
  ['POST', '/api/v1/refresh', { body: { message: 'Token has been revoked' } }],
]

await test('S88 a spent refresh token is good for nothing, and nothing happens in the moment it was spent', async (t) => {
  const { node, next, alice, isOpen, reuses } = await open(t)
  for (const [method, url, refusal] of PLACES)
    t.match(
      await node.request(method, url, bearer(alice.refresh)),
      { status: 401, ...refusal },
      `${method} ${url}`,
    )
  const body = { refresh_token: alice.refresh }
  t.match(await node.request('POST', '/api/v1/refresh', { body }), { status: 401 })
  t.same([await isOpen(), await reuses()], [true, []])
  t.match(await me(node, next.access), { status: 200 })
  t.match(await node.request('POST', '/api/v2/auth/logout', bearer(next.refresh)), { status: 204 })
})

for (const [method, url] of PLACES)
  await test(`S88 S32 after the grace it is a reuse: ${method} ${url}`, async (t) => {
    const { node, clock, alice, next, isOpen, reuses } = await open(t)
    clock.advance(11)
    const reply = await node.request(method, url, bearer(alice.refresh))
    t.equal(reply.status, 401)
    if (method !== 'HEAD') t.match(reply.text, /has been used before/)
    t.equal(await isOpen(), false)
    t.match(await reuses(), [{ outcome: 'failure', actorId: alice.id, targetId: alice.sid }])
    refused(t, await me(node, next.access), 401, 'token_revoked')
    const again = await node.request(method, url, bearer(alice.refresh))
    t.equal(again.status, 401)
    t.equal((await reuses()).length, 1, 'once')
  })

await test('S88 S32 a token whose successor was spent, too, is a reuse at once', async (t) => {
  const { node, next, isOpen, v2, reuses } = await open(t)
  await renew(node, next.refresh)
  refused(t, await v2('POST', 'logout'), 401, 'refresh_token_reused')
  t.same([await isOpen(), (await reuses()).length], [false, 1])
})

await test('S88 to revoke a spent token does nothing, and is answered like what is no token', async (t) => {
  const { node, clock, alice, next, isOpen, reuses } = await open(t)
  for (const seconds of [0, 11]) {
    clock.advance(seconds)
    const before = (await events(node, 'token.revoke')).length
    const [spent, none] = await Promise.all(
      [alice.refresh, 'x'].map((token) =>
        node.request('POST', '/api/v2/auth/revoke', {
          body: new URLSearchParams({ token }).toString(),
          headers: { 'content-type': FORM },
        }),
      ),
    )
    t.match(spent, { status: 200, text: '' })
    t.same(spent?.text, none?.text)
    t.same([await isOpen(), await reuses()], [true, []])
    t.equal((await events(node, 'token.revoke')).length, before)
    t.match(await me(node, next.access), { status: 200 })
  }
})

await test('S88 the same in a cookie, where what is no page of ours ends nothing', async (t) => {
  const clock = stillClock()
  const { page, request, audit } = await openPages(t, { clock })
  const alice = page()
  await alice.login()
  const spent = alice.cookies.get(REFRESH)
  await alice.send('POST /auth/refresh')
  const cookie = `${REFRESH}=${spent}`
  const ask = (method: string, path: string) =>
    request(method, `/api/v2/auth/${path}`, {
      headers: { cookie, origin: API, 'x-csrf-token': alice.csrf() },
    })
  refused(t, await ask('GET', 'csrf'), 401, 'token_revoked')
  refused(t, await ask('POST', 'logout'), 401, 'token_revoked')
  t.match(await alice.send('GET /me'), { status: 200 })
  const beside = { cookie: `${cookie}; ${ACCESS}=${alice.cookies.get(ACCESS)}` }
  const csrf = await request('GET', '/api/v2/auth/csrf', { headers: beside })
  t.match(csrf, { status: 200 }, 'the access token beside it is good for itself')
  clock.advance(11)
  const strange = await request('POST', '/api/v2/auth/logout', { headers: { cookie } })
  refused(t, strange, 403, 'csrf_failed')
  t.match(await alice.send('GET /me'), { status: 200 })
  refused(t, await ask('POST', 'logout'), 401, 'refresh_token_reused')
  t.match(await alice.send('GET /me'), { status: 401 })
  t.equal((await audit()).filter((line) => line.startsWith('refresh.reuse')).length, 1)
})
