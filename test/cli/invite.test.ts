import { test } from 'tap'
import { freshDatabase } from '../database.ts'
import { commonplace, here, inside, PASSWORD, refused } from './command.ts'

await test('S90 invite: the link is shown once, and is good for an account', async (t) => {
  const url = await freshDatabase(t)
  const made = await commonplace(['invite', 'create', '--role', 'moderator'], { url })
  t.match(made, {
    code: 0,
    stderr: '',
    stdout: /^Invitation 1 is good until \S+Z:\nhttp:\/\/localhost:3000\/i#[\w-]{40}\n$/,
  })
  const list = await here(['invite', 'list'], { url })
  t.match(list.stdout, /^ID  ROLE .*\n1 +moderator .*\n$/)
  const [, token = ''] = made.stdout.trim().split('#')
  t.notMatch(list.stdout, token)
  const origin = { ip: '192.0.2.1', userAgent: undefined, requestId: 'test' }
  const account = { username: 'alice', password: PASSWORD, invitation: token }
  await inside(url, async ({ accounts }) => {
    t.match(await accounts.signUp(account, { origin, emailPending: true }), { role: 'moderator' })
  })
  t.match(await here(['invite', 'list'], { url }), { stdout: 'There is no open invitation.\n' })
})

await test('S90 invite: mailed where there is mail, and revoked', async (t) => {
  const url = await freshDatabase(t)
  const env = { SMTP_URL: 'smtp://127.0.0.1:1' }
  t.match(await here(['invite', 'create', '--email', 'a@example.com'], { url, env }), {
    code: 0,
    stdout: /^Invitation 1 is good until \S+ and will be mailed to a@example.com\.\n$/,
  })
  const json = await here(['invite', 'list', '--json'], { url })
  t.match(JSON.parse(json.stdout), [
    { id: 1, role: 'user', email: 'a@example.com', created_by: null, expires_at: /Z$/ },
  ])
  t.match(await here(['invite', 'revoke', '1'], { url }), {
    code: 0,
    stdout: 'Invitation 1 is revoked.\n',
  })
  refused(t, await here(['invite', 'revoke', '1'], { url }), /There is no open invitation 1/)
  const highest = ['invite', 'revoke', '2147483647']
  refused(t, await here(highest, { url }), /There is no open invitation 2147483647/)
  refused(t, await here(['invite', 'create', '--email', 'nowhere'], { url }), /email/)
  const closed = await here(['invite', 'create'], { url, env: { REGISTRATION: 'closed' } })
  refused(t, closed, /Nobody can register on this server: an admin makes the accounts/)
  t.match(await inside(url, ({ invitations }) => invitations.list()), [])
})
