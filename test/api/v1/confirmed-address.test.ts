import { test } from 'tap'
import { start } from '../../helper.ts'
import { tokenIn } from '../../mail-server.ts'
import { PASSWORD, scene } from '../v2/mailing.ts'

const OWN = 'alice@example.com'
const THIEF = 'thief@example.com'

await test('S82 a confirmed address gives way to a confirmed one alone, by v1 as by v2', async (t) => {
  const all = await scene(t)
  const { backend, post, delivered, verified, logsIn, clock } = all
  const alice = await verified('alice', OWN)
  const url = `/api/v1/users/${alice.id}`
  const to = (mails: Awaited<ReturnType<typeof delivered>>) =>
    mails.map((mail) => mail.to?.[0]?.address)
  const boss = await all.as('boss', 'admin')

  for (const client of [alice, boss]) {
    const reply = await client.put(url, { email: THIEF })
    t.match(reply, { status: 200, body: { email: OWN } })
    t.match(await all.me(alice), { email: OWN, pending_email: THIEF })
  }
  t.strictSame(await logsIn(THIEF), 401)
  clock.advance(120)
  await delivered()
  await backend.accounts.setPassword(alice.id, PASSWORD)
  await delivered()
  clock.advance(120)
  for (const email of [THIEF, OWN]) await post('password/forgot', { email })
  t.strictSame(to(await delivered()), [OWN], 'the way back in')

  const again = await all.login('alice', alice.id)
  t.match(await again.put(url, { email: null }), { body: { email: null } }, 'taken away')
  t.match(await again.put(url, { email: THIEF }), { body: { email: null } }, 'but for nobody else')
  const mail = (await delivered()).find((one) => one.to?.[0]?.address === THIEF)
  t.match(await post('email/verify', { token: mail && tokenIn(mail) }), { status: 204 })
  t.match(await again.get('/api/v1/me'), { body: { email: THIEF } })

  await verified('bob', 'bob@example.com')
  const taken = await again.put(url, { email: 'BOB@example.com' })
  t.match(taken, { status: 400, body: { message: 'Email already exists' } })
  t.match(await all.me(again), { email: THIEF, pending_email: null })
})

await test('S82 by v1 an address that nobody has confirmed is replaced at once, as is any where no mail is sent', async (t) => {
  const all = await scene(t)
  const { id } = await all.backend.accounts.register({
    username: 'carol',
    password: PASSWORD,
    email: 'carol@example.com',
  })
  const carol = await all.login('carol', id)
  const next = { email: 'next@example.com' }
  t.match(await carol.put(`/api/v1/users/${id}`, next), { status: 200, body: next })

  const silent = await start(t)
  const dave = await silent.as('dave')
  for (const email of ['one@example.com', 'two@example.com'])
    t.match(await dave.put(`/api/v1/users/${dave.id}`, { email }), { status: 200, body: { email } })
})
