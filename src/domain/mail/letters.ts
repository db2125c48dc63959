import { createHash } from 'node:crypto'
import { and, eq, gt, lte, sql } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import type { Clock } from '../clock.ts'
import { foldEmail, mailboxOf } from '../accounts/address.ts'
import { asSpelledFirst, hasAddress, keysOf } from '../accounts/email-keys.ts'
import { digestOf, type SingleUseTokens } from '../single-use-tokens.ts'
import type { Mail, Task } from './outbox.ts'
import type { Letter, Templates } from './templates.ts'

/** Seconds between two mails with a link to the same address: nobody fills somebody's mailbox. */
const PAUSE = 60

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

  async function verifyEmail({ userId, email }: Extract<Task, { task: 'email.verify' }>) {
    const [holder] = await store.read(byEmail, keysOf(email))
    if (holder && holder.id !== userId && holder.emailVerifiedAt)
      return addressed(holder.email, templates.addressTaken(holder))
    const [user] = await store.read(byId, { userId })
    if (!user || ![user.pendingEmail, user.email].includes(email)) return undefined
    const token = tokens.make()
    await store.transaction((tx) => tokens.give(tx, token, 'email.verify', { userId, data: email }))
    return addressed(email, templates.verifyEmail(user, token))
  }

  async function resetPassword({ email }: Extract<Task, { task: 'password.reset' }>) {
    const [user] = await store.read(byEmail, keysOf(email))
    if (!user?.email) return undefined
    const token = tokens.make()
    const { id: userId, email: address } = user
    await store.transaction((tx) =>
      tokens.give(tx, token, 'password.reset', { userId, data: address }),
    )
    return addressed(address, templates.resetPassword(user, token))
  }

  /** One that was revoked meanwhile is not sent. */
  async function invite({ to, token }: Extract<Task, { task: 'invitation' }>) {
    const [open] = await store.read(invitation, { digest: digestOf(token), now: clock.now() })
    return open && addressed(to, templates.invitation(token, open.expiresAt))
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
   * @param attempts 1 for the first try: what is tried again waits for nothing but its turn
   * @returns undefined when there is nobody to tell (the account has gone, or the address of a link), or too soon
   */
  return async function compose(task: Task, attempts: number): Promise<Mail | undefined> {
    if ('email' in task && attempts === 1 && !(await mayFollow(task))) return undefined
    if (task.task === 'email.verify') return verifyEmail(task)
    if (task.task === 'password.reset') return resetPassword(task)
    if (task.task === 'invitation') return invite(task)
    const [user] = await store.read(byId, { userId: task.userId })
    if (!user) return undefined
    const { to } = task
    const at = new Date(task.at)
    return addressed(
      to,
      task.task === 'alert.change'
        ? templates.credentialChanged(user, task.what, at)
        : templates.newDevice(user, { ...task, at }),
    )
  }
}

/** An address that was kept before it had to be that of a mailbox is mailed nothing: nobody knows whom it would reach. */
function addressed(address: string | null, letter: Letter): Mail | undefined {
  const to = mailboxOf(address ?? '')
  return to === undefined ? undefined : { to, ...letter }
}
