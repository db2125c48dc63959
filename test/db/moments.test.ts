import { asc } from '../../src/db/drizzle.ts'
import { test } from 'tap'
import { FIRST, LAST } from '../../src/db/schema/column-kit.ts'
import { engine, freshDatabase, openStore } from '../database.ts'
import { alter } from './bare.ts'

const ZONES = engine === 'postgres' ? ['UTC', 'America/New_York', 'Asia/Kathmandu'] : ['UTC']

await test('every moment that RFC 3339 names comes back as it was, whatever zone the server is in', async (t) => {
  const moments = [
    FIRST,
    new Date('0049-12-31T23:59:59.999Z'),
    new Date('0099-12-31T23:59:59.999Z'),
    new Date('1583-01-01T00:00:00.001Z'),
    new Date(0),
    new Date('2026-07-01T12:00:00.120Z'),
    LAST,
  ]
  for (const zone of ZONES) {
    const url = await freshDatabase(t)
    if (engine === 'postgres') {
      const name = new URL(url).pathname.slice(1)
      await alter(url, `ALTER DATABASE ${name} SET timezone = '${zone}'`)
    }
    const store = await openStore(url)
    t.teardown(() => store.close())
    const { leases } = store.tables
    const rows = moments.map((until) => ({ name: until.toISOString(), holder: zone, until }))
    await store.transaction((tx) => tx.query((q) => q.insert(leases).values(rows)))
    const found = await store.query((q) => q.select().from(leases).orderBy(asc(leases.until)))
    t.strictSame(found, rows, zone)
  }
})
