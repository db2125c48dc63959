import { and, eq, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import type { Status } from '../../db/schema/tables.ts'
import type { Actor, Role } from '../../base/actor.ts'
import type { Clock } from '../../base/clock.ts'
import { LastAdmin } from '../../base/errors.ts'
import { staleness } from '../sessions/freshness.ts'

/** Of the lock under which an admin goes. Any other number would do. */
const LOCK = 0x61_64_6d_6e

interface Standing {
  role: Role
  status: Status
}
const isActiveAdmin = ({ role, status }: Standing) => role === 'admin' && status === 'active'

/** What protects admins from whoever has the session or the key of another one, and a server from having no admin. */
export function createAdmins({ store, clock }: { store: Store; clock: Clock }) {
  const { users } = store.tables
  /** Of two that go at once the second waits here, and then finds that the first has gone. SQLite has one writer. */
  const lock =
    store.engine === 'postgres'
      ? store.define('admins_lock', (q) =>
          q
            .select({ locked: sql`pg_advisory_xact_lock(${sql.raw(String(LOCK))})::text` })
            .from(sql`(values (1)) as once`),
        )
      : undefined
  const left = store.define('admins_left', (q) =>
    q
      .select({ id: users.id })
      .from(users)
      .where(and(eq(users.role, 'admin'), eq(users.status, 'active')))
      .limit($('limit')),
  )

  return {
    /** Why somebody may not act on the account of somebody else; undefined when they may, as far as this goes. */
    refusal: (actor: Actor, { role }: Pick<Standing, 'role'>): Error | undefined =>
      role === 'admin'
        ? staleness(actor, clock.now(), 'act on the account of an admin')
        : undefined,

    /**
     * Sees to it that an active admin is left, in the transaction of what may have taken one away and after it.
     * @param after undefined when the account has gone
     * @throws LastAdmin
     */
    *stay(tx: Tx, before: Standing, after: Standing | undefined): Steps<void> {
      if (!isActiveAdmin(before) || (after && isActiveAdmin(after))) return
      if (lock) yield* tx.run(lock)
      const [another] = yield* tx.run(left, { limit: 1 })
      if (!another) throw new LastAdmin()
    },
  }
}
export type Admins = ReturnType<typeof createAdmins>
