import { test } from 'tap'
import { start } from '../../helper.ts'
import { keyOf } from '../credentials.ts'
import { DOORS, knock, messageOf } from './forge.ts'
import { rename } from './outage.ts'

const BUSY = { status: 503, headers: { 'retry-after': '1', 'cache-control': 'no-store' } }
const SAID = 'The server is busy, try again later'

for (const table of ['token_blacklist', 'sessions', 'refresh_tokens', 'users', 'signing_keys'])
  await test(`S43 nobody gets in while ${table} cannot be read, and everybody after`, async (t) => {
    const node = await start(t)
    const alice = await node.as('alice')
    const tokens = { access: alice.accessToken, refresh: alice.refreshToken }
    t.match(await alice.get('/api/v1/protected'), { status: 200 }, 'it is remembered')

    await rename(node.databaseUrl, table, `${table}_away`)
    // The keys are read again twice a minute where another node may have changed them.
    node.clock.advance(31)
    for (const door of DOORS) {
      const reply = await knock(node, door, tokens[door.type])
      t.match(reply, BUSY, `${table}: ${door.name}`)
      t.equal(messageOf(reply), SAID)
    }
    t.match(await node.request('GET', '/healthz'), { status: 200 }, 'the process is well')

    await rename(node.databaseUrl, `${table}_away`, table)
    for (const door of DOORS) {
      const fresh = await node.login('alice', alice.id)
      const token = door.type === 'access' ? fresh.accessToken : fresh.refreshToken
      t.match(await knock(node, door, token), { status: 200 }, door.name)
    }
  })

await test('S43 a database that is closed is a 503, never a way in', async (t) => {
  const node = await start(t)
  const alice = await node.as('alice')
  t.match(await alice.get('/api/v1/protected'), { status: 200 })
  const { key } = await keyOf(node, alice, ['account:read'])
  const byKey = { headers: { 'x-api-key': key } }
  // Twice: the first time tells the last use, the second is remembered.
  for (let i = 0; i < 2; i++)
    t.match(await node.request('GET', '/api/v1/protected', byKey), { status: 200 })
  const { store } = node.backend
  await store.close()
  // The teardown closes it once more.
  t.teardown(() => Object.assign(store, { close: async () => undefined }))
  for (const door of DOORS) {
    const token = door.type === 'access' ? alice.accessToken : alice.refreshToken
    const reply = await knock(node, door, token)
    t.match(reply, BUSY, door.name)
    t.equal(messageOf(reply), SAID)
    t.notMatch(reply.text, 'alice')
  }
  t.match(await node.request('GET', '/api/v1/protected', byKey), BUSY)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const revocation = { headers: form, body: `token=${alice.refreshToken}` }
  t.match(await node.request('POST', '/api/v2/auth/revoke', revocation), BUSY)
})
