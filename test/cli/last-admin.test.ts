import { test } from 'tap'
import { freshDatabase } from '../database.ts'
import { actorOf, codeOf } from '../api/credentials.ts'
import { commonplace, here, inside, logsIn, PASSWORD, refused, register } from './command.ts'

await test('S86 the last active admin stays on the command line, too, unless forced', async (t) => {
  const url = await freshDatabase(t)
  await register(url, 'alice', 'bob')
  await inside(url, async ({ accounts }) => {
    for (const id of [1, 2]) await accounts.setRole(id, 'admin')
    await accounts.setStatus(2, 'suspended')
  })
  const alice = () => inside(url, ({ accounts }) => accounts.findByName('alice'))
  const before = await alice()
  for (const act of [
    ['role', 'alice', 'moderator'],
    ['suspend', 'alice'],
  ])
    refused(t, await here(['user', ...act], { url }), /last active admin.*or use --force\.$/m)
  t.strictSame(await alice(), before, 'nothing has changed')
  t.match(await here(['user', 'role', 'alice', 'admin'], { url }), { code: 0 })

  t.match(await here(['user', 'restore', 'bob'], { url }), { code: 0 })
  t.match(await here(['user', 'suspend', 'alice'], { url }), { code: 0 }, 'bob is there')
  t.match(await here(['user', 'role', 'bob', 'user', '--force'], { url }), { code: 0 })
  t.match(await inside(url, ({ accounts }) => accounts.findByName('bob')), { role: 'user' })
  t.match(await here(['user', 'restore', 'alice'], { url }), { code: 0 })
  t.match(await here(['user', 'suspend', 'alice', '--force'], { url }), { code: 0 })
  t.match(await alice(), { role: 'admin', status: 'suspended' })
})

await test('S86 user factor remove: who lost factor and codes logs in with the password', async (t) => {
  const url = await freshDatabase(t)
  await register(url, 'alice')
  t.ok(await logsIn(url, 'alice', PASSWORD))
  refused(
    t,
    await here(['user', 'factor', 'remove', 'alice'], { url }),
    /alice has no second factor\./,
  )
  await inside(url, async (backend) => {
    const { secondFactor, clock } = backend
    const person = actorOf({ id: 1, username: 'alice' })
    const { secret } = await secondFactor.begin(person)
    await secondFactor.confirm(person, codeOf(secret, { clock: { ...clock, advance() {} } }))
  })
  t.notOk(await logsIn(url, 'alice', PASSWORD))

  t.strictSame(await commonplace(['user', 'factor', 'remove', 'Alice'], { url }), {
    code: 0,
    stdout: 'alice has no second factor any more, and all their sessions have ended.\n',
    stderr: '',
  })
  const { factors, codes, open, events } = await inside(url, async ({ store }) => {
    const { totpFactors, recoveryCodes, sessions, auditEvents } = store.tables
    const rows = await store.query((q) => q.select().from(sessions))
    return {
      factors: await store.query((q) => q.select().from(totpFactors)),
      codes: await store.query((q) => q.select().from(recoveryCodes)),
      open: rows.filter(({ endedAt }) => endedAt === null),
      events: await store.query((q) => q.select().from(auditEvents).orderBy(auditEvents.id)),
    }
  })
  t.strictSame([factors, codes, open], [[], [], []])
  t.match(events.at(-1), { action: 'totp.disable', actorId: null, targetId: '1' })
  t.ok(await logsIn(url, 'alice', PASSWORD))
  refused(t, await here(['user', 'factor', 'remove', 'nobody'], { url }), /no user nobody/)
})
