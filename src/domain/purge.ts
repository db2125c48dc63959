import type { SQL } from 'drizzle-orm'
import { getTableName, inArray, lt, sql } from '../db/drizzle.ts'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { $, type Statement, type Store } from '../db/store.ts'
import type { Clock } from '../base/clock.ts'
import type { Leases } from './leases.ts'

/** Rows that one statement removes: 100,000 at once would stop the server for a quarter of a second. */
const STEP = 500
/** Seconds that a node keeps the purge to itself; it renews the lease with every step. */
const LEASE = 600
/** Failed logins are forgotten this many hours after the last one. */
const FAILURES_KEPT = 24
/** How far an import has come is known this many hours after its last batch. */
const IMPORTS_KEPT = 30 * 24
/** Days after which a device or a network is new again. */
const FAMILIAR = 180

export interface PurgeDeps {
  store: Store
  clock: Clock
  leases: Leases
  /** Days. */
  auditRetention: number
  /** Hours. */
  eventsRetention: number
}
/** Rows removed, by table. */
export type Purged = Record<string, number>

/** Removes what has expired, in bounded steps, on one node at a time. */
export function createPurge({ store, clock, leases, auditRetention, eventsRetention }: PurgeDeps) {
  const t = store.tables
  const step = (name: string, table: PgTable, key: PgColumn, expired: SQL) =>
    store.define(`purge_${name}`, (q) =>
      q
        .delete(table)
        .where(inArray(key, q.select({ key }).from(table).where(expired).limit(STEP)))
        .returning({ key }),
    )
  /** Of the log of changes goes what comes before the first that is to stay, and never the last: both say how far it reaches. */
  const first = sql`(select id, at from changes order by id limit ${sql.raw(String(STEP + 1))}) as first`
  const log = store.define('purge_changes', (q) =>
    q
      .delete(t.changes)
      .where(
        lt(
          t.changes.id,
          sql`coalesce((select min(id) from ${first} where at >= ${$('before', t.changes.at)}), (select max(id) from ${first}))`,
        ),
      )
      .returning({ key: t.changes.id }),
  )
  const before = (column: PgColumn) => lt(column, $('before', column))
  const jobs: Array<{ name: string; statement: Statement<unknown[]>; age: number }> = [
    { table: t.tokenBlacklist, key: t.tokenBlacklist.jti, at: t.tokenBlacklist.expiresAt, age: 0 },
    { table: t.refreshTokens, key: t.refreshTokens.jti, at: t.refreshTokens.expiresAt, age: 0 },
    {
      table: t.idempotencyKeys,
      key: t.idempotencyKeys.key,
      at: t.idempotencyKeys.expiresAt,
      age: 0,
    },
    {
      table: t.singleUseTokens,
      key: t.singleUseTokens.digest,
      at: t.singleUseTokens.expiresAt,
      age: 0,
    },
    { table: t.invitations, key: t.invitations.id, at: t.invitations.expiresAt, age: 0 },
    {
      table: t.familiarOrigins,
      key: t.familiarOrigins.digest,
      at: t.familiarOrigins.lastSeenAt,
      age: FAMILIAR * 24,
    },
    { table: t.sessions, key: t.sessions.id, at: t.sessions.expiresAt, age: 0 },
    { table: t.signingKeys, key: t.signingKeys.kid, at: t.signingKeys.retiresAt, age: 0 },
    {
      table: t.loginFailures,
      key: t.loginFailures.key,
      at: t.loginFailures.lastFailureAt,
      age: FAILURES_KEPT,
    },
    { table: t.imports, key: t.imports.id, at: t.imports.updatedAt, age: IMPORTS_KEPT },
    {
      table: t.auditEvents,
      key: t.auditEvents.id,
      at: t.auditEvents.at,
      age: auditRetention * 24,
    },
  ].map(({ table, key, at, age }) => {
    const name = getTableName(table)
    return { name, statement: step(name, table, key, before(at)), age }
  })
  jobs.push({ name: 'changes', statement: log, age: eventsRetention })

  /**
   * Removes everything that has expired.
   * @returns the rows removed by table, or undefined when another node is at it.
   */
  return (): Promise<Purged | undefined> =>
    leases.alone('purge', LEASE, async (renew) => {
      const purged: Purged = {}
      for (const { name, statement, age } of jobs) {
        purged[name] = 0
        const limit = new Date(clock.now().getTime() - age * 3_600_000)
        for (let removed = STEP; removed === STEP;) {
          if (!(await renew())) return undefined
          removed = (await store.write(statement, { before: limit })).length
          purged[name] += removed
        }
      }
      return purged
    })
}
