import { test } from 'tap'
import { memoryStorage } from '../../client/src/index.ts'
import { ALICE, serve } from './node.ts'

await test('what takes a form is sent one', async (t) => {
  const node = await serve(t)
  const storage = memoryStorage()
  const { login, GET, POST } = node.client({ storage })
  await login(ALICE)
  const { accessToken: token = '', refreshToken = '' } = (await storage.get()) ?? {}
  t.match((await POST('/auth/introspect', { body: { token } })).data, {
    active: true,
    username: 'alice',
  })
  const awkward = { token: 'a=b&c d+é' }
  t.strictSame((await POST('/auth/introspect', { body: awkward })).data, { active: false })

  // As one had to write it where the client sends JSON only.
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const bodySerializer = (body: { token: string }) => `token=${body.token}`
  const written = await POST('/auth/introspect', { body: { token }, headers, bodySerializer })
  t.equal(written.data.active, true)

  node.clock.advance(901)
  t.equal((await POST('/auth/introspect', { body: { token } })).data.active, false)
  t.equal(node.count('POST /auth/refresh'), 1, 'sent once more, body and all')

  const used = await storage.get()
  t.not(used?.refreshToken, refreshToken)
  const body = { token: used?.refreshToken ?? '' }
  const { data, response } = await POST('/auth/revoke', { body })
  t.strictSame([data, response.status], [undefined, 200])
  await t.rejects(GET('/me'), { code: 'token_revoked' })

  await t.rejects(POST('/auth/revoke', { body, signal: AbortSignal.abort() }), {
    name: 'AbortError',
  })
})
