import { and, desc, eq, gte, ne } from '../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../db/store.ts'
import type { Outcome } from '../db/schema/tables.ts'
import type { Origin } from '../base/actor.ts'
import type { Clock } from '../base/clock.ts'
import { toleratesFull } from './full-disk.ts'
import type { ResourceName } from './resources/index.ts'

export type Action =
  | 'register'
  | 'login'
  | 'login.provider'
  | 'logout'
  | 'logout.others'
  | 'logout.all'
  | 'session.end'
  | 'reauthenticate'
  | 'token.revoke'
  | 'refresh.reuse'
  | 'account.create'
  | 'account.update'
  | 'account.delete'
  | 'account.export'
  | 'role.change'
  | 'status.change'
  | 'password.change'
  | 'password.reset'
  | 'email.verify'
  | 'email.undeliverable'
  | 'invitation.create'
  | 'invitation.accept'
  | 'invitation.revoke'
  | 'api_key.create'
  | 'api_key.delete'
  | 'identity.link'
  | 'identity.unlink'
  | 'totp.enable'
  | 'totp.disable'
  | 'recovery_codes.renew'
  /** Of somebody else's record. */
  | `${ResourceName}.${'update' | 'delete'}`
  | 'access.denied'

/** So many failures and refusals within so many minutes, from one address or at one target, are a burst. */
const BURST = { failures: 5, minutes: 5 }

export interface Event {
  action: Action
  outcome: Outcome
  actorId?: number | undefined
  target?: { type: string; id: number | string } | undefined
  /** A login from a device or a network that is new to the account. */
  unfamiliar?: boolean
  /** What followed from it: at most 200 characters that we wrote, and that identify nobody. */
  detail?: string | undefined
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
      burst: $('burst'),
      unfamiliar: $('unfamiliar'),
      detail: $('detail'),
    }),
  )
  const failed = and(
    ne(auditEvents.outcome, 'success'),
    gte(auditEvents.at, $('since', auditEvents.at)),
  )
  const fromAddress = store.define('audit_failures_from_address', (q) =>
    q
      .select({ id: auditEvents.id })
      .from(auditEvents)
      .where(and(eq(auditEvents.ip, $('ip')), failed))
      .limit(BURST.failures - 1),
  )
  const atTarget = store.define('audit_failures_at_target', (q) =>
    q
      .select({ id: auditEvents.id })
      .from(auditEvents)
      .where(
        and(
          eq(auditEvents.targetType, $('targetType')),
          eq(auditEvents.targetId, $('targetId')),
          failed,
        ),
      )
      .orderBy(desc(auditEvents.id))
      .limit(BURST.failures - 1),
  )
  const row = ({ action, outcome, actorId, target, unfamiliar, detail, origin }: Event) => ({
    at: clock.now(),
    action,
    outcome,
    actorId: actorId ?? null,
    targetType: target?.type ?? null,
    targetId: target === undefined ? null : String(target.id),
    ip: origin?.ip ?? null,
    userAgent: origin?.userAgent ?? null,
    requestId: origin?.requestId ?? null,
    unfamiliar: unfamiliar ?? false,
    detail: detail ?? null,
  })
  /** Whether the failure that is about to be recorded is one of many. */
  function* isBurst(tx: Tx, { at, ip, targetType, targetId }: ReturnType<typeof row>) {
    const since = new Date(at.getTime() - BURST.minutes * 60_000)
    const enough = BURST.failures - 1
    if (ip !== null && (yield* tx.run(fromAddress, { ip, since })).length === enough) return true
    if (targetId === null) return false
    return (yield* tx.run(atTarget, { targetType, targetId, since })).length === enough
  }
  /** Records an event inside a transaction with what it tells of. */
  function* within(tx: Tx, event: Event): Steps<void> {
    const values = row(event)
    const burst = event.outcome !== 'success' && (yield* isBurst(tx, values))
    yield* tx.run(insert, { ...values, burst })
  }

  return {
    /** What was denied stays denied where there is no room to record it. */
    async record(event: Event): Promise<void> {
      const recorded = store.transaction((tx) => within(tx, event))
      await (event.outcome === 'denied' ? recorded.catch(toleratesFull) : recorded)
    },
    within,
  }
}
export type Audit = ReturnType<typeof createAudit>
