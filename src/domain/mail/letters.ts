import { createHash } from 'node:crypto'
import { and, eq, gt, lte, sql } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import type { Clock } from '../clock.ts'
import { foldEmail, mailboxOf } from '../accounts/address.ts'
import { asSpelledFirst, hasAddress, keysOf } from '../accounts/email-keys.ts'
import { digestOf, type SingleUseTokens } from '../single-use-tokens.ts'
import type { Composed, Task, Try } from './task.ts'
import type { Letter, Templates } from './templates.ts'

/** Seconds between two mails with a link to the same address: nobody fills somebody's mailbox. */
const PAUSE = 60
/** Seconds that a link must be good for at least when its mail is handed over again; else there is a new one. */
const WORTH = 300

type Whose = Pick<Composed, 'userId' | 'address'>
type Linked = Extract<Task, { task: 'email.verify' | 'password.reset' }>

interface LettersDeps {
  store: Store
  clock: Clock
  tokens: SingleUseTokens
  templates: Templates
}

/** Makes mails of what there is to tell, with what is true when they are sent. */
export function createLetters({ store, clock, tokens, templates }: LettersDeps) {
  const { users, invitations, loginFailures: pauses } = store.tables
  const pause = store.define('letter_pause', (q) =>
    q
      .insert(pauses)
      .values({ key: $('key'), failures: 0, notBefore: $('until'), lastFailureAt: $('now') })
      .onConflictDoUpdate({
        target: pauses.key,
        set: {
          notBefore: sql`${$('until', pauses.notBefore)}`,
          lastFailureAt: sql`${$('now', pauses.lastFailureAt)}`,
        },
        setWhere: lte(pauses.notBefore, $('now', pauses.notBefore)),
      })
      .returning({ key: pauses.key }),
  )
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
    { userId, address }: Whose & { userId: number },
    { keep }: Try,
  ) {
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

  async function verifyEmail(task: Extract<Task, { task: 'email.verify' }>, tried: Try) {
    const { userId, email: address } = task
    const [holder] = await store.read(byEmail, keysOf(address))
    if (holder && holder.id !== userId && holder.emailVerifiedAt)
      return addressed({ userId, address }, templates.addressTaken(holder), holder.email)
    const [user] = await store.read(byId, { userId })
    if (!user || ![user.pendingEmail, user.email].includes(address)) return undefined
    const link = await linkOf(task, { userId, address }, tried)
    return link && addressed({ userId, address }, templates.verifyEmail(user, link))
  }

  async function resetPassword(task: Extract<Task, { task: 'password.reset' }>, tried: Try) {
    const [user] = await store.read(byEmail, keysOf(task.email))
    if (!user?.email) return undefined
    const whose = { userId: user.id, address: user.email }
    const link = await linkOf(task, whose, tried)
    return link && addressed(whose, templates.resetPassword(user, link))
  }

  /** One that was revoked meanwhile is not sent. */
  async function invite({ to, token }: Extract<Task, { task: 'invitation' }>) {
    const [open] = await store.read(invitation, { digest: digestOf(token), now: clock.now() })
    return (
      open &&
      addressed({ userId: undefined, address: to }, templates.invitation(token, open.expiresAt))
    )
  }

  /** Whether an address may get another link now. */
  async function mayFollow({ task, email }: { task: string; email: string }): Promise<boolean> {
    const now = clock.now()
    const until = new Date(now.getTime() + PAUSE * 1000)
    const key = createHash('sha256')
      .update(`${task}\0${foldEmail(email)}`)
      .digest('base64url')
    return (await store.write(pause, { key, now, until })).length > 0
  }

  /**
   * What is tried again waits for nothing but its turn.
   * @returns undefined when there is nobody to tell (the account has gone, or the address of a link), or too soon
   */
  return async function compose(task: Task, tried: Try): Promise<Composed | undefined> {
    if ('email' in task && tried.attempts === 1 && !(await mayFollow(task))) return undefined
    if (task.task === 'email.verify') return verifyEmail(task, tried)
    if (task.task === 'password.reset') return resetPassword(task, tried)
    if (task.task === 'invitation') return invite(task)
    const [user] = await store.read(byId, { userId: task.userId })
    if (!user) return undefined
    const { to, userId } = task
    const at = new Date(task.at)
    return addressed(
      { userId, address: to },
      task.task === 'alert.change'
        ? templates.credentialChanged(user, { ...task, at })
        : templates.newDevice(user, { ...task, at }),
    )
  }
}

/** An address that was kept before it had to be that of a mailbox is mailed nothing: nobody knows whom it would reach. */
function addressed(
  { userId, address }: Whose,
  letter: Letter,
  holder: string | null = address,
): Composed | undefined {
  const to = mailboxOf(holder ?? '')
  return to === undefined ? undefined : { to, userId, address, ...letter }
}
