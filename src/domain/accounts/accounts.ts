import { and, asc, eq, or } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import type { Actor, Origin, Role } from '../actor.ts'
import type { Audit } from '../audit.ts'
import type { Clock } from '../clock.ts'
import { createTotal, type Window } from '../content/pages.ts'
import { Forbidden } from '../access-errors.ts'
import { NotFound } from '../errors.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { type Account, columnsOf, refuseTaken, toAccount } from './account.ts'
import { createChanges } from './changes.ts'
import { checkFields, fold, foldEmail } from './fields.ts'
import type { PasswordPolicy } from './password-policy.ts'
import type { Passwords } from './passwords.ts'

export interface Registration {
  username: string
  password: string
  email?: string | undefined
  phone?: string | undefined
}
export interface AccountChanges {
  username?: string | undefined
  /** null clears it */
  email?: string | null | undefined
  /** null clears it */
  phone?: string | null | undefined
}
export interface AccountDeps {
  store: Store
  clock: Clock
  audit: Audit
  sessions: Sessions
  passwords: Passwords
  policy: PasswordPolicy
}

/** User accounts: registered by anyone, changed by themselves or an admin. */
export function createAccounts({ store, clock, audit, sessions, passwords, policy }: AccountDeps) {
  const { users, auditEvents } = store.tables
  const shown = columnsOf(users)
  const { change, ...operators } = createChanges({
    store,
    clock,
    audit,
    sessions,
    passwords,
    policy,
  })
  const insert = store.define('account_insert', (q) =>
    q
      .insert(users)
      .values({
        username: $('username'),
        usernameKey: $('usernameKey'),
        email: $('email'),
        emailKey: $('emailKey'),
        phone: $('phone'),
        passwordHash: $('passwordHash'),
        passwordSecret: $('passwordSecret'),
        role: $('role'),
        status: 'active',
        createdAt: $('now'),
        updatedAt: $('now'),
      })
      .returning(shown),
  )
  const byId = store.define('account_by_id', (q) =>
    q
      .select(shown)
      .from(users)
      .where(eq(users.id, $('id'))),
  )
  const byName = store.define('account_by_name', (q) =>
    q
      .select(shown)
      .from(users)
      .where(eq(users.usernameKey, $('usernameKey'))),
  )
  const page = store.define('account_page', (q) =>
    q.select(shown).from(users).orderBy(asc(users.id)).limit($('limit')).offset($('offset')),
  )
  const total = createTotal(store, users)
  const remove = store.define('account_remove', (q) =>
    q
      .delete(users)
      .where(eq(users.id, $('id')))
      .returning({ id: users.id }),
  )
  /** Failed logins name the account as their target only. */
  const anonymise = store.define('audit_anonymise', (q) =>
    q
      .update(auditEvents)
      .set({ ip: null, userAgent: null })
      .where(
        or(
          eq(auditEvents.actorId, $('id')),
          and(
            eq(auditEvents.targetType, 'user'),
            eq(auditEvents.targetId, $('target')),
            eq(auditEvents.action, 'login'),
          ),
        ),
      ),
  )
  async function find(id: number): Promise<Account> {
    const [row] = await store.read(byId, { id })
    if (!row) throw new NotFound('User')
    return toAccount(row)
  }
  /** @throws NotFound when absent, Forbidden when it is neither the actor's own nor the actor an admin. */
  async function reach(actor: Actor, id: number, verb: 'edit' | 'delete') {
    if (actor.id === id || actor.role === 'admin') return
    await find(id)
    await audit.record({
      action: 'access.denied',
      outcome: 'denied',
      actorId: actor.id,
      target: { type: 'user', id },
      origin: actor.origin,
    })
    throw new Forbidden(`You can only ${verb} your own users`)
  }

  return {
    /**
     * Creates an account. `role` and an absent origin are for the operator's command line.
     * @throws ValidationFailed with every violation, UsernameTaken, EmailTaken, Overloaded
     */
    async register(input: Registration, origin?: Origin, role: Role = 'user'): Promise<Account> {
      const { username, password, email, phone } = checkFields(
        input,
        policy.check(input.password, input),
      )
      const { hash, secretId } = await passwords.hash(password)
      const row = await store
        .transaction(function* (tx) {
          const [created] = yield* tx.run(insert, {
            username,
            usernameKey: fold(username),
            email: email ?? null,
            emailKey: email === undefined ? null : foldEmail(email),
            phone: phone ?? null,
            passwordHash: hash,
            passwordSecret: secretId,
            role,
            now: clock.now(),
          })
          yield* audit.within(tx, {
            action: 'register',
            outcome: 'success',
            actorId: created!.id,
            target: { type: 'user', id: created!.id },
            origin,
          })
          return created!
        })
        .catch(refuseTaken)
      return toAccount(row)
    },

    /** @throws NotFound */
    find,
    /** @throws NotFound */
    async findByName(username: string): Promise<Account> {
      const [row] = await store.read(byName, { usernameKey: fold(username) })
      if (!row) throw new NotFound('User')
      return toAccount(row)
    },
    /** Oldest first. */
    async list(window: Window) {
      return { items: (await store.read(page, { ...window })).map(toAccount), total: await total() }
    },
    count: total,

    /** @throws ValidationFailed, NotFound, Forbidden, UsernameTaken, EmailTaken */
    async update(actor: Actor, id: number, changes: AccountChanges): Promise<Account> {
      const { username, email, phone } = checkFields(changes)
      await reach(actor, id, 'edit')
      return change(
        id,
        {
          ...(username !== undefined && { username, usernameKey: fold(username) }),
          ...(email !== undefined && { email, emailKey: email && foldEmail(email) }),
          ...(phone !== undefined && { phone }),
        },
        {
          action: 'account.update',
          outcome: 'success',
          actorId: actor.id,
          origin: actor.origin,
        },
      )
    },

    /**
     * Deletes an account with everything it owns; its sessions end with it. The audit trail keeps event, time and id.
     * @throws NotFound, Forbidden
     */
    async remove(actor: Actor, id: number): Promise<void> {
      await reach(actor, id, 'delete')
      await store.transaction(function* (tx) {
        const [gone] = yield* tx.run(remove, { id })
        if (!gone) throw new NotFound('User')
        yield* tx.run(anonymise, { id, target: String(id) })
        yield* audit.within(tx, {
          action: 'account.delete',
          outcome: 'success',
          actorId: actor.id,
          target: { type: 'user', id },
          // Whoever deletes their own account leaves no address behind.
          origin: actor.id === id ? undefined : actor.origin,
        })
      })
    },
    setRole: operators.setRole,
    setStatus: operators.setStatus,
    /** Sets a new password and ends all sessions. For operators. @throws ValidationFailed, NotFound, Overloaded */
    setPassword: async (id: number, password: string) =>
      operators.setPassword(await find(id), password),
  }
}
export type Accounts = ReturnType<typeof createAccounts>
