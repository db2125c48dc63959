import { asc, eq, sql } from '../../src/db/drizzle.ts'
import type { Test } from 'tap'
import { $, type Store } from '../../src/db/store.ts'
import { freshDatabase, openStore } from '../database.ts'

export const MOMENT = new Date('2026-11-20T16:33:06.902Z')

/** Statements over the smallest table there is. A `name` that is there already is refused. */
export function declareLeases(store: Store) {
  const { leases } = store.tables
  return {
    put: store.define('test_put', (q) =>
      q.insert(leases).values({ name: $('name'), holder: 'test', until: MOMENT }),
    ),
    rename: store.define('test_rename', (q) =>
      q
        .update(leases)
        .set({ name: sql`${$('to')}` })
        .where(eq(leases.name, $('name')))
        .returning(),
    ),
    all: store.define('test_all', (q) =>
      q.select({ name: leases.name }).from(leases).orderBy(asc(leases.name)),
    ),
  }
}

/** A store over a new database, with those statements, closed with the test. */
export async function openLeases(t: Test, url?: string) {
  url ??= await freshDatabase(t)
  const store = await openStore(url)
  let closed: Promise<void> | undefined
  const close = async () => {
    closed = Promise.resolve()
    await store.close()
  }
  t.teardown(() => closed ?? store.close())
  const statements = declareLeases(store)
  return {
    url,
    store,
    close,
    ...statements,
    put: (name: string | null) => store.write(statements.put, { name }),
    insert: statements.put,
    names: async () => (await store.read(statements.all)).map(({ name }) => name),
  }
}
