import { count, getTableName } from '../../db/drizzle.ts'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { Store } from '../../db/store.ts'

/** A part of a list: `limit` 1 to 500, `offset` 0 to 100,000. */
export interface Window {
  limit: number
  offset: number
}

/** How many rows a table has. Counted again only when a write may have changed it: counting a million rows takes a while. */
export function createTotal(store: Store, table: PgTable): () => Promise<number> {
  const name = getTableName(table)
  const statement = store.define(`${name}_total`, (q) => q.select({ count: count() }).from(table))
  const watch = store.watch(name, 'users')
  let known: { total: number; stamp: number | undefined } | undefined
  return async () => {
    const stamp = watch.stamp()
    if (known && stamp !== undefined && known.stamp === stamp) return known.total
    const [row] = await store.read(statement)
    known = { total: row?.count ?? 0, stamp }
    return known.total
  }
}
