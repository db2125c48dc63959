import { and, eq, gt, isNotNull } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import { mailboxOf } from '../accounts/address.ts'
import { asSpelledFirst, hasAddress, keysOf } from '../accounts/email-keys.ts'
import type { Clock } from '../../base/clock.ts'
import { digestOf, type SingleUseTokens } from '../single-use-tokens.ts'
import type { MailBudget } from './budget.ts'
import {
  CODE_WRONG,
  SUSPENDED,
  type Composed,
  type Postponed,
  type Task,
  type Try,
  type Unmailable,
} from './task.ts'
import type { Letter, Link, Templates } from './templates.ts'

/** Seconds between two mails with a link for one account to one mailbox: nobody fills somebody's mailbox. */
const PAUSE = 60
/** Seconds between two mails that somebody tries codes: there would be one for each. */
const TRIES_PAUSE = 3600
/** Seconds that a link must be good for at least when its mail is handed over again; else there is a new one. */
const WORTH = 300

/** Our own words, where else those of a mail server stand. */
const NO_MAILBOX = 'This is not the address of one mailbox: nothing is mailed to it'

type Linked = Extract<Task, { task: 'email.verify' | 'password.reset' }>

interface LettersDeps {
  store: Store
  clock: Clock
  tokens: SingleUseTokens
  templates: Templates
  budget: MailBudget
}

/** A letter that could be sent. */
interface Draft {
  kind: string
  /** Undefined where there is no account yet. */
  userId: number | undefined
  address: string | null
  /** Seconds before the next such mail. */
  pause?: number
  /** When there is room for what it brings; undefined when there is. */
  roomFrom?: () => Promise<Date | undefined>
  /** Undefined when its link has been used, or has ended. */
  write: (tried: Try) => Letter | Promise<Letter | undefined>
}

/** Makes mails of what there is to tell, with what is true when they are sent. */
export function createLetters({ store, clock, tokens, templates, budget }: LettersDeps) {
  const { users, invitations, totpFactors } = store.tables
  const shown = {
    id: users.id,
    username: users.username,
    email: users.email,
    pendingEmail: users.pendingEmail,
    emailVerifiedAt: users.emailVerifiedAt,
  }
  const byId = store.define('letter_by_id', (q) =>
    q
      .select(shown)
      .from(users)
      .where(and(eq(users.id, $('userId')), eq(users.status, 'active'))),
  )
  /** Whoever is suspended is told that, and nothing else. */
  const suspended = store.define('letter_suspended', (q) =>
    q
      .select(shown)
      .from(users)
      .where(eq(users.id, $('userId'))),
  )
  const factor = store.define('letter_factor', (q) =>
    q
      .select({ id: totpFactors.id })
      .from(totpFactors)
      .where(and(eq(totpFactors.userId, $('userId')), isNotNull(totpFactors.confirmedAt))),
  )
  const byEmail = store.define('letter_by_email', (q) =>
    q
      .select(shown)
      .from(users)
      .where(and(hasAddress(users), eq(users.status, 'active')))
      .orderBy(asSpelledFirst(users)),
  )

  const invitation = store.define('letter_invitation', (q) =>
    q
      .select({ expiresAt: invitations.expiresAt })
      .from(invitations)
      .where(
        and(
          eq(invitations.digest, $('digest')),
          gt(invitations.expiresAt, $('now', invitations.expiresAt)),
        ),
      ),
  )

  /**
   * The link of a mail. A try that failed may have arrived for all that: a copy has the same link, which is good no longer for it.
   * @returns undefined when the link has been used meanwhile, or ended: then there is nothing to send
   */
  async function linkOf(
    task: Linked,
    { userId, address }: { userId: number; address: string },
    { keep }: Try,
  ): Promise<Link | undefined> {
    const { task: purpose } = task
    const enough = new Date(clock.now().getTime() + WORTH * 1000)
    if (task.link && new Date(task.link.until) > enough) {
      const isGood = await tokens.isGood(task.link.token, purpose)
      return isGood ? { token: task.link.token, until: new Date(task.link.until) } : undefined
    }
    const token = tokens.makeMailed()
    const until = await store.transaction(function* (tx) {
      const expiresAt = yield* tokens.give(tx, token, purpose, { userId, data: address })
      yield* keep(tx, { ...task, link: { token, until: expiresAt.toISOString() } })
      return expiresAt
    })
    return { token, until }
  }

  async function verifyEmail(task: Extract<Task, { task: 'email.verify' }>) {
    const { task: kind, userId, email: address } = task
    const [holder] = await store.read(byEmail, keysOf(address))
    if (holder && holder.id !== userId && holder.emailVerifiedAt)
      return {
        kind: 'address.taken',
        userId: holder.id,
        address: holder.email,
        pause: PAUSE,
        write: () => templates.addressTaken(holder),
      }
    const [user] = await store.read(byId, { userId })
    const isWanted =
      user?.pendingEmail === address || (user?.email === address && !user.emailVerifiedAt)
    if (!user || !isWanted) return undefined
    const write = async (tried: Try) => {
      const link = await linkOf(task, { userId, address }, tried)
      return link && templates.verifyEmail(user, link)
    }
    return { kind, userId, address, pause: PAUSE, write }
  }

  async function resetPassword(task: Extract<Task, { task: 'password.reset' }>) {
    const { task: kind } = task
    const [user] = await store.read(byEmail, keysOf(task.email))
    if (!user?.email) return undefined
    const { id: userId, email: address } = user
    const write = async (tried: Try) => {
      const link = await linkOf(task, { userId, address }, tried)
      const [kept] = user.emailVerifiedAt ? await store.read(factor, { userId }) : []
      return link && templates.resetPassword(user, link, kept !== undefined)
    }
    return {
      kind,
      userId,
      address,
      pause: PAUSE,
      // Anybody may ask: what they ask for ends no link of the owner.
      roomFrom: () => tokens.roomFrom(userId, kind),
      write,
    }
  }

  /** One that was revoked meanwhile is not sent. */
  async function invite({ task: kind, to, token }: Extract<Task, { task: 'invitation' }>) {
    const [open] = await store.read(invitation, { digest: digestOf(token), now: clock.now() })
    if (!open) return undefined
    const write = () => templates.invitation(token, open.expiresAt)
    return { kind, userId: undefined, address: to, write }
  }

  async function alert(task: Extract<Task, { userId: number; to: string }>) {
    const { userId, to: address } = task
    const isSuspension = task.task === 'alert.notice' && task.what === SUSPENDED
    const [user] = await store.read(isSuspension ? suspended : byId, { userId })
    if (!user) return undefined
    const at = new Date(task.at)
    const whose = { userId, address }
    if (isSuspension)
      return { ...whose, kind: SUSPENDED, write: () => templates.suspended(user, at) }
    if (task.task === 'alert.login')
      return { ...whose, kind: task.task, write: () => templates.newDevice(user, { ...task, at }) }
    const { what } = task
    if (task.task === 'alert.change')
      return {
        ...whose,
        kind: what,
        write: () => templates.credentialChanged(user, { ...task, at }),
      }
    const pause = task.what === CODE_WRONG ? TRIES_PAUSE : 0
    return { ...whose, kind: what, pause, write: () => templates.noticed(user, what, at) }
  }

  /** Undefined when there is nobody to tell: the account has gone, or the address of a link. */
  function draft(task: Task): Promise<Draft | undefined> {
    if (task.task === 'email.verify') return verifyEmail(task)
    if (task.task === 'password.reset') return resetPassword(task)
    return task.task === 'invitation' ? invite(task) : alert(task)
  }

  /**
   * What is tried again waits for nothing but its turn.
   * @returns undefined when there is nobody to tell, or when another such mail waits already
   */
  return async function compose(
    task: Task,
    tried: Try,
  ): Promise<Composed | Postponed | Unmailable | undefined> {
    const drafted = await draft(task)
    if (!drafted?.address) return undefined
    const { userId, address, pause, roomFrom, write } = drafted
    const mailbox = mailboxOf(address)
    if (mailbox === undefined) return { userId, address, fault: NO_MAILBOX }
    if (tried.attempts === 1) {
      const errand = { ...drafted, mailbox }
      const until = (await roomFrom?.()) ?? (await budget.take(errand, pause))
      if (until) return (await budget.waitUntil(errand, until)) ? { until } : undefined
    }
    const letter = await write(tried)
    return letter && { to: mailbox, userId, address, ...letter }
  }
}
