import { createHash } from 'node:crypto'
import { eq, lte, sql } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import { foldEmail } from '../accounts/address.ts'
import type { Clock } from '../../base/clock.ts'

/** Mails of one kind in so many seconds, for one account, and to one mailbox. */
const SHARE = { most: 10, seconds: 3600 }

/** What a mail is for, whose it is, and the mailbox that it goes to. */
export interface Errand {
  kind: string
  /** Undefined where there is no account yet: then the mailbox alone counts. */
  userId: number | undefined
  /** As it will be delivered. Two that differ in upper and lower case are one here, as they are for accounts: nearly every server takes them so. */
  mailbox: string
}
interface Limit {
  key: string
  most: number
  seconds: number
}

/**
 * How many mails may go. Each kind has a budget of its own: whoever uses up one of them holds back nothing else, neither the link that
 * an owner asks for nor what an owner must know. What is too much is sent when there is room again, and of one kind once.
 */
export function createMailBudget({ store, clock }: { store: Store; clock: Clock }) {
  const { loginFailures: t } = store.tables
  const isOver = lte(t.notBefore, $('now', t.notBefore))
  const count = store.define('mail_budget_count', (q) =>
    q
      .insert(t)
      .values({ key: $('key'), failures: 1, notBefore: $('until'), lastFailureAt: $('now') })
      .onConflictDoUpdate({
        target: t.key,
        set: {
          failures: sql`case when ${isOver} then 1 else ${t.failures} + 1 end`,
          notBefore: sql`case when ${isOver} then ${$('until', t.notBefore)} else ${t.notBefore} end`,
          lastFailureAt: sql`${$('now', t.lastFailureAt)}`,
        },
        setWhere: sql`${isOver} or ${t.failures} < ${$('most', t.failures)}`,
      })
      .returning({ key: t.key }),
  )
  const find = store.define('mail_budget_find', (q) =>
    q
      .select({ until: t.notBefore })
      .from(t)
      .where(eq(t.key, $('key'))),
  )

  async function endOf(key: string): Promise<Date | undefined> {
    const [row] = await store.read(find, { key })
    return row && row.until > clock.now() ? row.until : undefined
  }

  return {
    /**
     * Takes a mail from the budgets of its account and of its mailbox, or from neither.
     * @param pause seconds before the next of the kind for this account to this mailbox
     * @returns undefined when it may go, else when there is room for it
     */
    async take(errand: Errand, pause = 0): Promise<Date | undefined> {
      const { kind, userId, mailbox } = errand
      const limits: Limit[] = [
        ...(pause > 0 ? [{ key: pauseOf(errand), most: 1, seconds: pause }] : []),
        ...(userId === undefined
          ? []
          : [{ key: digest('account', kind, String(userId)), ...SHARE }]),
        { key: digest('mailbox', kind, foldEmail(mailbox)), ...SHARE },
      ]
      const now = clock.now()
      let spent: string | undefined
      await store
        .transaction(function* (tx) {
          for (const { key, most, seconds } of limits) {
            const until = new Date(now.getTime() + seconds * 1000)
            const [mine] = yield* tx.run(count, { key, most, until, now })
            spent = mine ? undefined : key
            // Thrown, so that what was taken of the others is given back.
            if (!mine) throw new Spent()
          }
        })
        .catch((error: unknown) => {
          if (!(error instanceof Spent)) throw error
        })
      return spent === undefined ? undefined : ((await endOf(spent)) ?? now)
    },
    /** Claims to be the one of its kind that waits until then. @returns whether there was none */
    async waitUntil({ kind, userId, mailbox }: Errand, until: Date): Promise<boolean> {
      const key = digest('waiting', kind, String(userId), foldEmail(mailbox))
      return (await store.write(count, { key, most: 1, until, now: clock.now() })).length > 0
    },
    /** When the pause of such a mail is over; undefined when there is none. */
    pausedUntil: (errand: Errand): Promise<Date | undefined> => endOf(pauseOf(errand)),
  }
}
export type MailBudget = ReturnType<typeof createMailBudget>

class Spent extends Error {}

const digest = (...parts: string[]) =>
  createHash('sha256')
    .update(`mail\0${parts.join('\0')}`)
    .digest('base64url')
const pauseOf = ({ kind, userId, mailbox }: Errand) =>
  digest('pause', kind, String(userId), foldEmail(mailbox))
