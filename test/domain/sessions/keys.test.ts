import { createPrivateKey } from 'node:crypto'
import { test, type Test } from 'tap'
import { loadConfig } from '../../../src/config/index.ts'
import type { Store } from '../../../src/db/store.ts'
import { randomIds } from '../../../src/base/ids.ts'
import { createSecrets } from '../../../src/domain/secrets.ts'
import { createKeys } from '../../../src/domain/sessions/keys.ts'
import type { Claims } from '../../../src/domain/sessions/tokens.ts'
import { engine, freshDatabase, openStore } from '../../database.ts'
import { movableClock } from '../../helper.ts'

const DAY = 86_400
const { secretKeys } = loadConfig({ NODE_ENV: 'test' })
const claims: Claims = {
  iss: 'i',
  sub: '1',
  aud: 'commonplace',
  exp: 2,
  nbf: 1,
  iat: 1,
  jti: 'j',
  sid: 's',
  type: 'access',
}
const kidOf = (token = '') =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid as string

/** Some nodes over one database. */
async function nodes(t: Test, ...secrets: Array<readonly string[]>) {
  const url = await freshDatabase(t)
  const clock = movableClock()
  const opened = await Promise.all(
    secrets.map(async (values) => {
      const store = await openStore(url)
      t.teardown(() => store.close())
      const state = { reads: 0, broken: false }
      const watched: Store = {
        ...store,
        async read(...args) {
          state.reads += 1
          if (state.broken) throw new Error('the database is away')
          return store.read(...args)
        },
      }
      const ring = createSecrets(values, randomIds)
      const deps = { store: watched, clock, ids: randomIds, secrets: ring, longestLife: 30 * DAY }
      return { store, state, keys: createKeys(deps) }
    }),
  )
  return { clock, opened }
}

await test('S24 another node publishes, signs with and accepts the next key in time', async (t) => {
  const { clock, opened } = await nodes(t, secretKeys, secretKeys)
  const [one, other] = opened
  if (!one || !other) return
  await one.keys.ensure()
  await other.keys.ensure()
  const [first] = await one.keys.list()
  t.match(await other.keys.list(), [{ kid: first?.kid, state: 'signing' }], 'one key for both')

  const next = await one.keys.rotate()
  t.match(next, { state: 'next', retiresAt: undefined })
  t.match(
    (await other.keys.jwks()).keys.map(({ kid }) => kid),
    [first?.kid, next.kid],
    'published at once',
  )
  clock.advance(299)
  t.equal(kidOf((await other.keys.sign([claims]))[0]), first?.kid)
  t.match(await other.keys.list(), [{ state: 'signing' }, { state: 'next' }])
  clock.advance(31)
  const [token] = await other.keys.sign([claims])
  t.equal(kidOf(token), next.kid)
  t.match(await one.keys.publicKey(next.kid), /^-----BEGIN PUBLIC KEY/)
  t.match(await one.keys.list(), [{ state: 'retired' }, { state: 'signing' }])
  t.match(await one.keys.publicKey(first?.kid), /^-----BEGIN/, 'the old one still verifies')
})

await test('S24 all who come at once with a key that is new here wait for one reading', async (t) => {
  const { clock, opened } = await nodes(t, secretKeys, secretKeys)
  const [one, other] = opened
  if (!one || !other) return
  await one.keys.ensure()
  await other.keys.ensure()
  const { kid } = await one.keys.rotate()
  clock.advance(310)
  const before = other.state.reads
  const found = await Promise.allSettled(
    Array.from({ length: 20 }, () => other.keys.publicKey(kid)),
  )
  t.ok(found.every(({ status }) => status === 'fulfilled'))
  t.equal(other.state.reads - before, 1)
})

await test('S23 unknown keys do not become queries', async (t) => {
  const { opened } = await nodes(t, secretKeys)
  const [node] = opened
  if (!node) return
  await node.keys.ensure()
  const before = node.state.reads
  for (let i = 0; i < 50; i++)
    await t.rejects(node.keys.publicKey(`unknown-${i}`), { code: 'TOKEN_INVALID' })
  for (const kid of [undefined, null, 7, ['x'], {}])
    await t.rejects(node.keys.publicKey(kid), { code: 'TOKEN_INVALID' })
  const most = engine === 'sqlite' ? 0 : 5
  t.ok(node.state.reads - before <= most, 'at most one a second, none on SQLite')
})

await test('S24 a failure to read the keys is not taken for an answer', async (t) => {
  const { clock, opened } = await nodes(t, secretKeys, secretKeys)
  const [one, other] = opened
  if (!one || !other) return
  await one.keys.ensure()
  await other.keys.ensure()
  const kid = kidOf((await one.keys.sign([claims]))[0])
  const { signingKeys } = other.store.tables
  const remove = other.store.define('test_remove', (q) => q.delete(signingKeys))
  await other.store.write(remove)
  clock.advance(31)
  one.state.broken = true
  await t.rejects(one.keys.publicKey(kid), { message: 'the database is away' })
  one.state.broken = false
  await t.rejects(one.keys.publicKey(kid), { code: 'TOKEN_INVALID' }, 'it has been removed')
})

await test('S30 the private part in a dump is of no use without the secret', async (t) => {
  const { opened } = await nodes(t, secretKeys)
  const [node] = opened
  if (!node) return
  await node.keys.ensure()
  const [row] = await node.store.query((q) => q.select().from(node.store.tables.signingKeys))
  const dump = JSON.stringify(row)
  t.notMatch(dump, /PRIVATE|MC4CAQAw/)
  t.throws(() => createPrivateKey(row?.privateKey ?? ''))
  const strange = createSecrets(['strange'.repeat(8)], randomIds)
  t.throws(() => strange.open('signing-key', row?.privateKey ?? ''), { name: 'SecretAbsent' })
  const ours = createSecrets(secretKeys, randomIds)
  t.match(ours.open('signing-key', row?.privateKey ?? '').toString(), /BEGIN PRIVATE KEY/)
})

await test('S30 rewrapping moves every private part under the new secret', async (t) => {
  const [older, newer] = ['older'.repeat(8), 'newer'.repeat(8)]
  const { clock, opened } = await nodes(t, [older], [newer, older], [newer])
  const [before, during, after] = opened
  if (!before || !during || !after) return
  await before.keys.ensure()
  await before.keys.rotate()
  const [first] = await before.keys.sign([claims])
  t.equal(await after.keys.unreadable(), 2)
  t.equal(await during.keys.unreadable(), 0)
  t.equal(await during.keys.rewrap(), 2)
  t.equal(await during.keys.rewrap(), 0, 'once is enough')
  t.equal(await after.keys.unreadable(), 0)
  t.equal(await before.keys.unreadable(), 2)
  await after.keys.ensure()
  t.strictSame(await after.keys.sign([claims]), [first], 'the same key, the same bytes')
  clock.advance(301)
  t.not(kidOf((await after.keys.sign([claims]))[0]), kidOf(first))
})
