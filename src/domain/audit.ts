import { $, type Steps, type Store, type Tx } from '../db/store.ts'
import type { Outcome } from '../db/tables.ts'
import type { Origin } from './actor.ts'
import type { Clock } from './clock.ts'

export type Action =
  | 'register'
  | 'login'
  | 'logout'
  | 'account.update'
  | 'account.delete'
  | 'role.change'
  | 'status.change'
  | 'password.change'
  | 'post.update'
  | 'post.delete'
  | 'book.update'
  | 'book.delete'
  | 'access.denied'

export interface Event {
  action: Action
  outcome: Outcome
  actorId?: number | undefined
  target?: { type: string; id: number | string } | undefined
  /** Absent when an operator acts from the command line. */
  origin?: Origin | undefined
}

/** The audit trail: appended, never changed, and kept when the account that it is about is deleted. */
export function createAudit({ store, clock }: { store: Store; clock: Clock }) {
  const { auditEvents } = store.tables
  const insert = store.define('audit_insert', (q) =>
    q.insert(auditEvents).values({
      at: $('at'),
      action: $('action'),
      outcome: $('outcome'),
      actorId: $('actorId'),
      targetType: $('targetType'),
      targetId: $('targetId'),
      ip: $('ip'),
      userAgent: $('userAgent'),
      requestId: $('requestId'),
    }),
  )
  const row = ({ action, outcome, actorId, target, origin }: Event) => ({
    at: clock.now(),
    action,
    outcome,
    actorId: actorId ?? null,
    targetType: target?.type ?? null,
    targetId: target === undefined ? null : String(target.id),
    ip: origin?.ip ?? null,
    userAgent: origin?.userAgent ?? null,
    requestId: origin?.requestId ?? null,
  })
  return {
    async record(event: Event): Promise<void> {
      await store.write(insert, row(event))
    },
    /** The same, inside a transaction with what it tells of. */
    *within(tx: Tx, event: Event): Steps<void> {
      yield* tx.run(insert, row(event))
    },
  }
}
export type Audit = ReturnType<typeof createAudit>
