import { test } from 'tap'
import { engine } from '../database.ts'
import { openLeases } from './leases.ts'
import { textsOf } from '../domain/lists/plans.ts'

const sqliteOnly = { skip: engine === 'postgres' && 'PostgreSQL plans a prepared statement once' }

await test(
  'no parameter is one that SQLite would plan a statement anew for',
  sqliteOnly,
  async (t) => {
    const { store, all, insert, rename } = await openLeases(t)
    const { leases } = store.tables
    const one = store.define('test_one', (q) => q.select().from(leases).limit(1).offset(2))
    const builds = [all, insert, rename, one].map(({ name, build }) => [name, build] as const)
    const texts = await textsOf(store, new Map(builds))
    t.equal(texts.size, 4)
    const parameters = Array.from(texts.values(), (text) => text.match(/.\?/g) ?? []).flat()
    t.equal(parameters.length, 7)
    for (const parameter of parameters) t.equal(parameter, '+?')
  },
)
