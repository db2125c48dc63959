import { test } from 'tap'
import { eq } from '../../src/db/drizzle.ts'
import { freshDatabase } from '../database.ts'
import {
  commonplace,
  here,
  inside,
  logsIn,
  ORIGIN,
  PASSWORD,
  refused,
  register,
} from './command.ts'

await test('S90 user show, email: an address waits for its owner', async (t) => {
  const url = await freshDatabase(t)
  await register(url, 'alice')
  const show = async () =>
    JSON.parse((await here(['user', 'show', 'ALICE', '--json'], { url })).stdout)
  t.match(await show(), { id: 1, username: 'alice', role: 'user', email: null })
  t.match(await here(['user', 'show', 'alice'], { url }), {
    code: 0,
    stdout: /^id: 1\nusername: alice\n[^]*\nemail: -\npending email: -\n/,
  })
  t.match(await here(['user', 'email', 'alice', 'a@example.com'], { url }), {
    code: 0,
    stdout: 'alice has to confirm a@example.com first.\n',
  })
  t.match(await show(), { email: null, pending_email: 'a@example.com' })
  t.match(await here(['user', 'email', 'alice', '--none'], { url }), {
    code: 0,
    stdout: 'alice has no email address now.\n',
  })
  t.match(await show(), { email: null, pending_email: null })
  refused(t, await here(['user', 'email', 'alice'], { url }), /Give an address, or --none/)
  refused(t, await here(['user', 'email', 'alice', 'nowhere'], { url }), /email/)
  refused(t, await here(['user', 'email', 'bob', '--none'], { url }), /There is no user bob/)
  refused(t, await here(['user', 'show', 'bob'], { url }), /There is no user bob/)
  await register(url, 'carol')
  await inside(url, ({ accounts }) =>
    accounts.register({ username: 'dora', password: PASSWORD, email: 'd@example.com' }),
  )
  t.match(await here(['user', 'email', 'dora', 'D@example.com'], { url }), {
    stdout: /^dora has /,
  })
})

await test('S90 user email, invite create: whose the address is already is told', async (t) => {
  const url = await freshDatabase(t)
  await register(url, 'alice')
  await inside(url, ({ accounts }) =>
    accounts.register({ username: 'bob', password: PASSWORD, email: 'b@example.com' }),
  )
  const give = () => here(['user', 'email', 'alice', 'b@example.com'], { url })
  const invite = (email: string) => here(['invite', 'create', '--email', email], { url })
  const shared = /\nBut b@example\.com is the address of bob too, unconfirmed: /
  t.match(await give(), { code: 0, stdout: shared })
  t.match(await invite('b@example.com'), { code: 0, stdout: shared })
  await inside(url, ({ store }) =>
    store.query((q) =>
      q
        .update(store.tables.users)
        .set({ emailVerifiedAt: new Date() })
        .where(eq(store.tables.users.id, 2)),
    ),
  )
  const confirmed = /\nBut \S+ is the confirmed address of bob: no other account can have it\.\n$/
  t.match(await give(), { code: 0, stdout: confirmed })
  t.match(await invite('B@EXAMPLE.com'), { code: 0, stdout: confirmed })
  t.notMatch((await here(['user', 'email', 'alice', 'a@example.com'], { url })).stdout, /But/)
  t.notMatch((await invite('a@example.com')).stdout, /But/, "what only waits is nobody's")
  t.notMatch((await here(['user', 'email', 'bob', 'B@example.com'], { url })).stdout, /But/)
})

await test('S82 user password says which address it has ended', async (t) => {
  const url = await freshDatabase(t)
  await register(url, 'alice')
  await here(['user', 'email', 'alice', 'a@example.com'], { url })
  const set = () => commonplace(['user', 'password', 'alice'], { url, input: `${PASSWORD} again` })
  t.match(await set(), {
    code: 0,
    stdout:
      /\na@example\.com waited to be confirmed, and is forgotten: .* commonplace user email alice a@example\.com\n/,
  })
  t.match(await inside(url, ({ accounts }) => accounts.find(1)), { pendingEmail: undefined })
  t.notMatch((await set()).stdout, /forgotten/)
})

await test('S93 user show says that no mail arrives, and why', async (t) => {
  const url = await freshDatabase(t)
  await register(url, 'alice')
  const show = (...options: string[]) => here(['user', 'show', 'alice', ...options], { url })
  t.match(await show(), { code: 0, stdout: /\nundeliverable: -\n/ })
  await here(['user', 'email', 'alice', 'a@example.com'], { url })
  const at = '2026-11-20T16:33:06.000Z'
  await inside(url, ({ store }) =>
    store.query((q) =>
      q.update(store.tables.users).set({
        undeliverableEmail: 'a@example.com',
        undeliverableReply: '550 5.1.1 no such mailbox',
        undeliverableAt: new Date(at),
      }),
    ),
  )
  t.match(await show(), {
    stdout: `\nundeliverable: a@example.com, since ${at}: 550 5.1.1 no such mailbox\n`,
  })
  t.match(JSON.parse((await show('--json')).stdout), {
    undeliverable: { address: 'a@example.com', reply: '550 5.1.1 no such mailbox', at },
  })
})

await test('S90 user sessions: listed, and ended', async (t) => {
  const url = await freshDatabase(t)
  await register(url, 'alice')
  const list = () => here(['user', 'sessions', 'alice'], { url })
  t.match(await list(), { code: 0, stdout: 'alice has no session.\n' })
  t.ok(await logsIn(url, 'alice', PASSWORD))
  t.match(await list(), { code: 0, stdout: /^CREATED AT .*IP .*\n\S+Z .*192\.0\.2\.1/ })
  const json = await here(['user', 'sessions', 'alice', '--json'], { url })
  t.match(JSON.parse(json.stdout), [{ ip: ORIGIN.ip, user_agent: null }])
  t.match(await here(['user', 'sessions', 'alice', '--end'], { url }), {
    code: 0,
    stdout: 'All sessions of alice have ended.\n',
  })
  t.match(await list(), { stdout: 'alice has no session.\n' })
})

await test('S90 user delete: only with --yes', async (t) => {
  const url = await freshDatabase(t)
  await register(url, 'alice', 'bob')
  refused(t, await here(['user', 'delete', 'bob'], { url }), /Nothing was deleted: say --yes/)
  refused(t, await here(['user', 'delete', 'carol', '--yes'], { url }), /There is no user carol/)
  t.equal(await inside(url, ({ accounts }) => accounts.count()), 2)
  t.match(await here(['user', 'delete', 'bob', '--yes'], { url }), {
    code: 0,
    stdout: 'bob is deleted, with everything it owned.\n',
  })
  t.equal(await inside(url, ({ accounts }) => accounts.count()), 1)
})
