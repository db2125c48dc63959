import { sql } from '../db/drizzle.ts'
import { manyRows } from '../db/many-rows.ts'
import { $, type Steps, type Store, type Tx, wakeAll } from '../db/store.ts'
import type { Clock } from '../base/clock.ts'

export interface Change {
  /** `todo.updated` */
  type: `${string}.${'created' | 'updated' | 'deleted'}`
  resourceId: number
  /** Of whom the record is or was. */
  userId: number
}

/** Transactions that write the log wait for one another here (PostgreSQL), so that its ids are committed in order. */
const LOG_LOCK = 0x63_68_61_6e

/** The log of what happened to records: ids and types, no content. */
export function createChanges({ store, clock }: { store: Store; clock: Clock }) {
  const { changes } = store.tables
  const insert = store.define('change_insert', (q) =>
    q.insert(changes).values({
      type: sql`${$('type')}`,
      resourceId: sql`${$('resourceId')}`,
      userId: sql`${$('userId')}`,
      at: $('at'),
    }),
  )
  const insertMany = manyRows(store, 'change_insert_many', changes, changes.id)
  const lock =
    store.engine === 'postgres'
      ? store.define('change_lock', (q) =>
          q
            .select({
              locked: sql`pg_advisory_xact_lock(${sql.raw(String(LOG_LOCK))})::text`,
              told: wakeAll(store),
            })
            .from(sql`(values (1)) as once`),
        )
      : undefined

  /** Appends to the log. It must be the last step of its transaction: whoever comes after waits for its commit. */
  function* record(tx: Tx, happened: readonly Change[]): Steps<void> {
    const [first, ...others] = happened
    if (!first) return
    const at = clock.now()
    if (lock) yield* tx.run(lock)
    if (others.length === 0) {
      yield* tx.run(insert, { ...first, at })
      return
    }
    yield* insertMany(
      tx,
      happened.map((change) => ({ ...change, at })),
    )
  }

  return { record }
}
export type Changes = ReturnType<typeof createChanges>
