import { test } from 'tap'
import { tokenIn } from '../../mail-server.ts'
import { NEW_PASSWORD, scene } from './mailing.ts'

const OWNERS = 'owner@example.com'
type Scene = Awaited<ReturnType<typeof scene>>

const bearer = ({ accessToken }: { accessToken: string }) => ({
  authorization: `Bearer ${accessToken}`,
})
const tokensOf = (mails: Awaited<ReturnType<Scene['delivered']>>) => mails.map(tokenIn)
const reset = (post: Scene['post'], token: string | undefined) =>
  post('password/reset', { token, new_password: NEW_PASSWORD })

await test('S85 a stranger who uses an address first holds back nothing of its owner', async (t) => {
  const { register, delivered, post, me, clock } = await scene(t)
  const stranger = await register('stranger', OWNERS)
  t.equal((await delivered()).length, 1)
  clock.advance(3)
  const owner = await register('owner', OWNERS)
  const [mail, ...others] = await delivered()
  t.match(mail?.text, /Hello owner,/)
  t.same(others, [])
  for (let i = 0; i < 3; i++) {
    t.match(await post('email/resend', undefined, bearer(stranger)), { status: 429 })
    clock.advance(3)
  }
  t.match(await post('email/verify', { token: mail && tokenIn(mail) }), { status: 204 })
  t.match(await me(owner), { email: OWNERS, pending_email: null })
  t.match(await me(stranger), { email: null })
})

await test('S85 what is forgotten within the pause is mailed once when it is over', async (t) => {
  const { verified, delivered, post, clock, backend } = await scene(t)
  await verified('owner', OWNERS)
  for (let i = 0; i < 5; i++) {
    t.match(await post('password/forgot', { email: OWNERS }), { status: 202 })
    await delivered()
  }
  const waiting = () => backend.store.query((q) => q.select().from(backend.store.tables.mails))
  t.match(await waiting(), [{ attempts: 0 }], 'one of the four, which was no try')
  clock.advance(58)
  t.same(await delivered(), [])
  clock.advance(3)
  const [token, ...others] = tokensOf(await delivered())
  t.same(others, [])
  t.match(await reset(post, token), { status: 204 })
  await delivered()
  clock.advance(3600)
  t.same(await delivered(), [])
  t.same(await waiting(), [])
})

await test('S85 what strangers ask for ends no link that is good', async (t) => {
  const { verified, delivered, post, clock } = await scene(t)
  await verified('owner', OWNERS)
  const tokens: string[] = []
  for (let i = 0; i < 5; i++) {
    await post('password/forgot', { email: OWNERS })
    tokens.push(...tokensOf(await delivered()))
    clock.advance(62)
  }
  t.equal(tokens.length, 3, 'more would end the first')
  clock.advance(30 * 60 - 5 * 62 - 1)
  t.same(await delivered(), [])
  clock.advance(2)
  tokens.push(...tokensOf(await delivered()))
  t.equal(tokens.length, 4, 'the next comes when the first is over')
  t.match(await reset(post, tokens[0]), { status: 422 })
  t.match(await reset(post, tokens[1]), { status: 204 })
  for (const token of tokens)
    t.match(await reset(post, token), { status: 422, body: { code: 'link_invalid' } })
})

await test('S85 the first link is good however often somebody asks for another', async (t) => {
  const { verified, delivered, post, clock, logsIn } = await scene(t)
  await verified('owner', OWNERS)
  await post('password/forgot', { email: OWNERS })
  const [first] = tokensOf(await delivered())
  clock.advance(62)
  await post('password/forgot', { email: OWNERS })
  t.equal((await delivered()).length, 1)
  clock.advance(3)
  t.match(await reset(post, first), { status: 204 })
  t.equal(await logsIn('owner', NEW_PASSWORD), 200)
})

await test('S85 registering again, or going back to an address, ends in a link that works', async (t) => {
  const { register, delivered, post, me } = await scene(t)
  const first = await register('owner', OWNERS)
  const [stale] = tokensOf(await delivered())
  t.match(await first.delete('/api/v2/me'), { status: 204 })
  const second = await register('owner', OWNERS)
  const [token] = tokensOf(await delivered())
  t.match(await post('email/verify', { token: stale }), { status: 422 })

  const mails = []
  for (const email of ['other@example.com', OWNERS]) {
    await second.patch('/api/v2/me', { email })
    mails.push(...(await delivered()))
  }
  t.match(mails, [{ to: [{ address: 'other@example.com' }] }], 'the other waits, and need not come')
  t.match(await post('email/verify', { token: mails[0] && tokenIn(mails[0]) }), { status: 422 })
  t.match(await post('email/verify', { token }), { status: 204 })
  t.match(await me(second), { email: OWNERS, pending_email: null })
})

await test('S85 three confirmation links are good at a time, and one that is used ends the others', async (t) => {
  const { register, delivered, post, clock } = await scene(t)
  const owner = await register('owner', OWNERS)
  const tokens = tokensOf(await delivered())
  for (let i = 0; i < 3; i++) {
    clock.advance(61)
    t.match(await post('email/resend', undefined, bearer(owner)), { status: 202 })
    tokens.push(...tokensOf(await delivered()))
  }
  t.equal(tokens.length, 4)
  const verify = async (token: string | undefined) => (await post('email/verify', { token })).status
  t.equal(await verify(tokens[0]), 422)
  t.equal(await verify(tokens[1]), 204)
  t.same(await Promise.all(tokens.map(verify)), [422, 422, 422, 422])
})
