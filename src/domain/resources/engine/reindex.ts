import { eq, sql } from '../../../db/drizzle.ts'
import type { Steps, Store, Tx } from '../../../db/store.ts'
import { $ } from '../../../db/store.ts'

/** Rises when a derived column of any table means something else than before. */
const VERSION = 1
/** Rows of one transaction: few enough not to be in the way of others. */
const STEP = 100

/** A table with columns that follow from others. */
export interface Indexed {
  name: string
  /** The ids of the rows behind one, in their order. */
  after(tx: Tx, id: number, limit: number): Steps<number[]>
  /** Brings the derived columns of one row in line with the others. */
  settle(tx: Tx, id: number): Steps<void>
  /** Whether all could be settled, so that no later start looks at them again; absent where nothing can be in the way. */
  isDone?(): boolean
}

/**
 * Fills the derived columns of rows that were written before those columns were, or under an earlier version of their rules: once,
 * before the server is ready, and quick when there is nothing to do.
 */
export function createReindex(store: Store, tables: readonly Indexed[]) {
  const { derivations } = store.tables
  const find = store.define('derivations_find', (q) =>
    q
      .select()
      .from(derivations)
      .where(eq(derivations.name, $('name'))),
  )
  const keep = store.define('derivations_keep', (q) =>
    q
      .insert(derivations)
      .values({ name: $('name'), version: VERSION })
      .onConflictDoUpdate({ target: derivations.name, set: { version: sql`${VERSION}` } }),
  )

  return async function reindex(): Promise<void> {
    for (const { name, after, settle, isDone } of tables) {
      const [known] = await store.read(find, { name })
      if (known?.version === VERSION) continue
      for (let last: number | undefined = 0; last !== undefined;) {
        const from: number = last
        last = await store.transaction(function* (tx) {
          const ids = yield* after(tx, from, STEP)
          for (const id of ids) yield* settle(tx, id)
          return ids.at(-1)
        })
      }
      if (isDone?.() !== false) await store.write(keep, { name })
    }
  }
}
