import { and, asc, eq, inArray, lte, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../secrets.ts'
import type { Timers } from '../../base/timers.ts'
import { Undeliverable } from './refusals.ts'
import type { Recipient, Standing } from './standing.ts'
import {
  type Composed,
  CONNECTIONS,
  type Deliver,
  type Outcome,
  type Postponed,
  type Task,
  type Try,
  type Unmailable,
} from './task.ts'

/** Seconds that a mail belongs to whoever took it, for longer than that: no other node has it at the same time. */
const LEASE = 900
/** Seconds that a mail server has for what it is about to take when we end. */
const GRACE = 2
/** Seconds between tries: 30 s, doubling to 4 h; after so many tries (some three days) the mail is given up. */
const WAIT = { first: 30, longest: 4 * 3600 }
const TRIES = 25

const PURPOSE = 'mail'

interface OutboxDeps {
  store: Store
  clock: Clock
  timers: Timers
  secrets: Secrets
  /** Undefined when there is nothing to send after all. */
  compose: (task: Task, tried: Try) => Promise<Composed | Postponed | Unmailable | undefined>
  /** Absent where nothing can be mailed: then nothing is written down either. */
  deliver: Deliver | undefined
  standing: Standing
}

/**
 * What there is to tell is written down in the transaction of what it tells of, and handed over later: whether the mail server answers
 * changes no reply. A mail goes at least once: twice, when a node ends between handing it over and striking it out.
 */
export function createOutbox(deps: OutboxDeps) {
  const { store, clock, timers, secrets, compose, deliver, standing } = deps
  const { mails } = store.tables
  const insert = store.define('mail_insert', (q) =>
    q.insert(mails).values({ sealed: $('sealed'), nextAttemptAt: $('now'), createdAt: $('now') }),
  )
  const due = lte(mails.nextAttemptAt, $('now', mails.nextAttemptAt))
  /** Takes the one that has been due for longest: of two nodes that try, the second finds the time moved on. */
  const take = store.define('mail_take', (q) =>
    q
      .update(mails)
      .set({
        attempts: sql`${mails.attempts} + 1`,
        nextAttemptAt: sql`${$('until', mails.nextAttemptAt)}`,
      })
      .where(
        and(
          due,
          inArray(
            mails.id,
            q
              .select({ id: mails.id })
              .from(mails)
              .where(due)
              .orderBy(asc(mails.nextAttemptAt), asc(mails.id))
              .limit(1),
          ),
        ),
      )
      .returning({
        id: mails.id,
        sealed: mails.sealed,
        attempts: mails.attempts,
        createdAt: mails.createdAt,
      }),
  )
  const waiting = store.define('mail_waiting', (q) =>
    q.select({ id: mails.id }).from(mails).where(due).limit(1),
  )
  const reseal = store.define('mail_reseal', (q) =>
    q
      .update(mails)
      .set({ sealed: sql`${$('sealed', mails.sealed)}` })
      .where(eq(mails.id, $('id'))),
  )
  const strike = store.define('mail_strike', (q) => q.delete(mails).where(eq(mails.id, $('id'))))
  const postpone = store.define('mail_postpone', (q) =>
    q
      .update(mails)
      .set({ nextAttemptAt: sql`${$('at', mails.nextAttemptAt)}` })
      .where(eq(mails.id, $('id'))),
  )
  /** It was no try. */
  const hold = store.define('mail_hold', (q) =>
    q
      .update(mails)
      .set({
        attempts: sql`${mails.attempts} - 1`,
        nextAttemptAt: sql`${$('until', mails.nextAttemptAt)}`,
      })
      .where(eq(mails.id, $('id'))),
  )
  const after = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000)
  const seal = (task: Task) => secrets.seal(PURPOSE, JSON.stringify(task))
  const workers = new Set<Promise<void>>()
  const listeners: Array<(outcome: Outcome) => void> = []
  const hangUp = new AbortController()
  let closing = false

  interface Taken {
    id: number
    sealed: string
    attempts: number
    createdAt: Date
  }
  /** Nobody who sees it can tell how many mails there are, and a database that was restored gives none of it again. */
  const messageId = ({ id, createdAt }: Taken) =>
    secrets.mac('mail.id', `${id} ${createdAt.toISOString()}`).split('.').at(-1)!

  /** What there is to do with a mail after a try. */
  async function settle(
    { id, attempts }: Taken,
    recipient: Recipient | undefined,
    error: unknown,
  ): Promise<Outcome['outcome']> {
    if (recipient && error instanceof Undeliverable) {
      await store.transaction(function* (tx) {
        yield* tx.run(strike, { id })
        yield* standing.refused(tx, recipient, error.reply)
      })
      return 'undeliverable'
    }
    if (attempts >= TRIES) {
      await store.write(strike, { id })
      return 'given_up'
    }
    const at = after(Math.min(WAIT.first * 2 ** (attempts - 1), WAIT.longest))
    await store.write(postpone, { id, at })
    return 'postponed'
  }

  async function handOver(row: Taken) {
    const { id, attempts } = row
    let task: Task | undefined
    let recipient: Recipient | undefined
    let outcome: Outcome['outcome'] = 'sent'
    let fault: { error?: unknown } = {}
    try {
      // The cast: `enqueue` sealed it.
      task = JSON.parse(secrets.open(PURPOSE, row.sealed).toString()) as Task
      const composed = await compose(task, {
        attempts,
        *keep(tx, kept) {
          yield* tx.run(reseal, { id, sealed: seal(kept) })
        },
      })
      if (!composed || 'until' in composed) {
        await (composed ? store.write(hold, { id, ...composed }) : store.write(strike, { id }))
        return
      }
      recipient = composed
      if ('fault' in composed) throw new Undeliverable(composed.fault, composed.address)
      await deliver?.({ ...composed, id: messageId(row) }, hangUp.signal)
      await store.transaction(function* (tx) {
        yield* tx.run(strike, { id })
        yield* standing.accepted(tx, composed)
      })
    } catch (error) {
      fault = { error }
      outcome = await settle(row, recipient, error)
    }
    const userId = recipient?.userId ?? (task && 'userId' in task ? task.userId : undefined)
    for (const tell of listeners) tell({ outcome, kind: task?.task, userId, attempts, ...fault })
  }

  /** One mail after another, each taken just before it is handed over, until none is due. */
  async function work() {
    while (await isWaiting())
      for (const row of await store.write(take, { now: clock.now(), until: after(LEASE) }))
        await handOver(row)
  }
  // A look first: it costs no commit when there is nothing, which is nearly always.
  const isWaiting = async () =>
    !closing && (await store.read(waiting, { now: clock.now() })).length > 0

  return {
    /** Whether mails can be sent. */
    available: deliver !== undefined,
    /** Writes down what there is to tell, as a step of what it tells of. */
    *enqueue(tx: Tx, task: Task): Steps<void> {
      if (deliver) yield* tx.run(insert, { sealed: seal(task), now: clock.now() })
    },
    /** Hands over what is due. A mail that takes long holds up no other, but for its connection. */
    async deliver(): Promise<void> {
      if (await isWaiting())
        while (workers.size < CONNECTIONS) {
          const worker: Promise<void> = work().finally(() => workers.delete(worker))
          workers.add(worker)
        }
      await Promise.all(workers)
    },
    /** Calls `listener` with what becomes of each try. */
    onOutcome(listener: (outcome: Outcome) => void): void {
      listeners.push(listener)
    },
    /**
     * Takes no more, and ends soon: what a mail server has not said within GRACE seconds is not waited for, and the mail comes again, with the
     * same Message-ID and the same link.
     */
    async close(): Promise<void> {
      closing = true
      const cancel = timers.every(GRACE * 1000, () => hangUp.abort())
      await Promise.allSettled(workers)
      cancel()
    },
  }
}
export type Outbox = ReturnType<typeof createOutbox>
