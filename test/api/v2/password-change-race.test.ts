import { test } from 'tap'
import { start } from '../../helper.ts'
import { enter, events, join, login, me, openSessions, PASSWORD } from './session.ts'

const URL = '/api/v2/auth/password/change'

await test('S9 of two password changes at once exactly one wins', async (t) => {
  const node = await start(t)
  for (const name of ['one-session', 'two-sessions']) {
    const user = await join(node, name)
    const second = name === 'one-session' ? user : await enter(node, name)
    const passwords = ['another place to write', 'a third place to write']
    const replies = await Promise.all(
      [user, second].map(({ send }, i) =>
        send('POST', URL, { current_password: PASSWORD, new_password: passwords[i] }),
      ),
    )
    const won = replies.findIndex(({ status }) => status === 204)
    const lost = 1 - won
    t.strictSame(replies.map(({ status }) => String(status)).toSorted(), ['204', '403'], name)
    t.match(replies[lost], { body: { code: 'password_incorrect' } })
    t.match(await login(node, name, passwords[lost]), { status: 401 })
    t.match(await login(node, name, PASSWORD), { status: 401 })
    const winner = [user, second][won]
    t.match(await me(node, String(winner?.access)), { status: 200 })
    t.strictSame(await openSessions(node, user.id), [winner?.sid])
    t.match(await login(node, name, passwords[won]), { status: 200 })
  }
  const changes = await events(node, 'password.change')
  t.equal(changes.filter(({ outcome }) => outcome === 'success').length, 2)
})

await test('S40 a login with the old password at the same moment leaves no session', async (t) => {
  const node = await start(t)
  for (let i = 0; i < 5; i++) {
    const user = await join(node, `user-${i}`)
    const body = { current_password: PASSWORD, new_password: 'another place to write' }
    const [changed, ...logins] = await Promise.all([
      user.send('POST', URL, body),
      login(node, `user-${i}`),
      login(node, `user-${i}`),
    ])
    t.match(changed, { status: 204 })
    for (const { status } of logins) t.match(status, /200|401/)
    t.strictSame(await openSessions(node, user.id), [user.sid])
  }
})

await test('S40 a session that ends while its password is looked at changes nothing', async (t) => {
  const node = await start(t, { env: { BCRYPT_COST: '10' } })
  const body = { current_password: PASSWORD, new_password: 'another place to write' }
  const alice = await join(node, 'alice')
  const other = await enter(node, 'alice')
  const changing = alice.send('POST', URL, body)
  t.match(await other.send('DELETE', `/api/v2/auth/sessions/${alice.sid}`), { status: 204 })
  t.match(await changing, { status: 401, body: { code: 'token_revoked' } })
  t.match(await me(node, other.access), { status: 200 })
  t.match(await login(node, 'alice', PASSWORD), { status: 200 }, 'the password is what it was')
})
