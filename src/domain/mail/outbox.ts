import { and, asc, eq, inArray, lte, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import type { Clock } from '../clock.ts'
import type { Secrets } from '../secrets.ts'
import type { Letter } from './templates.ts'

export interface Mail extends Letter {
  /** The mailbox, its domain in ASCII. */
  to: string
}
/** Hands a mail over. @throws when it was not taken: it is tried again */
export type Deliver = (mail: Mail) => Promise<void>

/** What there is to tell. It becomes a mail when it is sent, so that no token waits in the queue, and one that is late is fresh. */
export type Task =
  | { task: 'email.verify'; userId: number; email: string }
  | { task: 'password.reset'; email: string }
  /** It has its token: nobody could ask for it again. */
  | { task: 'invitation'; to: string; token: string }
  | (Alert & { task: 'alert.login'; ip: string; userAgent: string | undefined })
  | (Alert & { task: 'alert.change'; what: string })

interface Alert {
  userId: number
  /** Settled when it happens, not when it is sent. */
  to: string
  at: string
}

/** Mails that are handed over at once. */
const STEP = 10
/** Seconds that a mail belongs to whoever took it. */
const LEASE = 120
/** Seconds between tries: 30 s, doubling to 4 h; after so many tries (some three days) the mail is given up. */
const WAIT = { first: 30, longest: 4 * 3600 }
const TRIES = 25

const PURPOSE = 'mail'

interface OutboxDeps {
  store: Store
  clock: Clock
  secrets: Secrets
  /** Undefined when there is nothing to send after all. */
  compose: (task: Task, attempts: number) => Promise<Mail | undefined>
  /** Absent where nothing can be mailed: then nothing is written down either. */
  deliver: Deliver | undefined
  /** Told of what could not be handed over: never the mail itself, which may hold a token. */
  onFailure: (error: unknown, attempts: number) => void
}

/**
 * What there is to tell is written down in the transaction of what it tells of, and handed over later: whether the mail server answers
 * changes no reply. A mail goes at least once: twice, when a node ends between handing it over and striking it out.
 */
export function createOutbox({ store, clock, secrets, compose, deliver, onFailure }: OutboxDeps) {
  const { mails } = store.tables
  const insert = store.define('mail_insert', (q) =>
    q.insert(mails).values({ sealed: $('sealed'), nextAttemptAt: $('now'), createdAt: $('now') }),
  )
  const due = lte(mails.nextAttemptAt, $('now', mails.nextAttemptAt))
  /** Takes those that are due: of two nodes that try, the second finds the time moved on. */
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
              .limit(STEP),
          ),
        ),
      )
      .returning({ id: mails.id, sealed: mails.sealed, attempts: mails.attempts }),
  )
  const waiting = store.define('mail_waiting', (q) =>
    q.select({ id: mails.id }).from(mails).where(due).limit(1),
  )
  const strike = store.define('mail_strike', (q) => q.delete(mails).where(eq(mails.id, $('id'))))
  const postpone = store.define('mail_postpone', (q) =>
    q
      .update(mails)
      .set({ nextAttemptAt: sql`${$('at', mails.nextAttemptAt)}` })
      .where(eq(mails.id, $('id'))),
  )
  const after = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000)
  let underway: Promise<number> | undefined

  async function handOver({
    id,
    sealed,
    attempts,
  }: {
    id: number
    sealed: string
    attempts: number
  }) {
    try {
      // The cast: `enqueue` sealed it.
      const task = JSON.parse(secrets.open(PURPOSE, sealed).toString()) as Task
      const mail = await compose(task, attempts)
      if (mail) await deliver?.(mail)
      await store.write(strike, { id })
    } catch (error) {
      onFailure(error, attempts)
      if (attempts >= TRIES) await store.write(strike, { id })
      else
        await store.write(postpone, {
          id,
          at: after(Math.min(WAIT.first * 2 ** (attempts - 1), WAIT.longest)),
        })
    }
  }

  async function run(): Promise<number> {
    let count = 0
    // A look first: it costs no commit when there is nothing, which is nearly always.
    while ((await store.read(waiting, { now: clock.now() })).length > 0) {
      const rows = await store.write(take, { now: clock.now(), until: after(LEASE) })
      count += rows.length
      await Promise.all(rows.map(handOver))
    }
    return count
  }

  return {
    /** Whether mails can be sent. */
    available: deliver !== undefined,
    /** Writes down what there is to tell, as a step of what it tells of. */
    *enqueue(tx: Tx, task: Task): Steps<void> {
      if (!deliver) return
      const sealed = secrets.seal(PURPOSE, JSON.stringify(task))
      yield* tx.run(insert, { sealed, now: clock.now() })
    },
    /** Hands over what is due; one call at a time. @returns how many were tried */
    deliver(): Promise<number> {
      underway ??= run().finally(() => (underway = undefined))
      return underway
    },
  }
}
export type Outbox = ReturnType<typeof createOutbox>
