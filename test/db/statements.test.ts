import { test } from 'tap'
import { loadConfig } from '../../src/config/index.ts'
import { createHasher } from '../../src/domain/accounts/hasher.ts'
import { createBackend } from '../../src/domain/backend.ts'
import { systemClock } from '../../src/base/clock.ts'
import { randomIds } from '../../src/base/ids.ts'
import { createSecrets } from '../../src/domain/secrets.ts'
import { freshDatabase, openStore } from '../database.ts'
import { plansOf, recorded } from '../domain/lists/plans.ts'

await test('whatever a backend declares, its database prepares', async (t) => {
  const url = await freshDatabase(t)
  const { store, builds } = recorded(await openStore(url))
  const config = loadConfig({ NODE_ENV: 'test' })
  const hasher = createHasher()
  const backend = createBackend({
    store,
    clock: systemClock,
    ids: randomIds,
    secrets: createSecrets(config.secretKeys, randomIds),
    hasher,
    deliver: async () => undefined,
    rules: { ...config, issuer: config.publicUrl },
  })
  t.teardown(async () => {
    await hasher.close()
    await backend.close()
  })
  const plans = await plansOf(t, { url, store, builds })
  t.ok(plans.size > 200, `${plans.size} statements`)
})

await test('a statement is used with the store that declared it', async (t) => {
  const store = await openStore(await freshDatabase(t))
  t.teardown(() => store.close())
  const { leases } = store.tables
  const other = await openStore(await freshDatabase(t))
  t.teardown(() => other.close())
  const all = store.define('test_all', (q) => q.select().from(leases))
  t.strictSame(await store.read(all), [])
  if (store.engine === 'sqlite')
    await t.rejects(other.read(all), { message: 'statement test_all belongs to another store' })
})

await test('two databases in memory have timelines and keys of their own', async (t) => {
  const stores = await Promise.all([1, 2].map(() => openStore('sqlite::memory:')))
  t.teardown(() => Promise.all(stores.map((store) => store.close())))
  t.equal(new Set(stores.map((store) => store.timeline().id)).size, 2)
  for (const store of stores)
    t.strictSame(await store.query((q) => q.select().from(store.tables.signingKeys)), [])
})
