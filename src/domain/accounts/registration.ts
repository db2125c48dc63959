import { sql } from '../../db/drizzle.ts'
import { $, type Steps, type Tx } from '../../db/store.ts'
import type { Actor, Origin, Role } from '../../base/actor.ts'
import { searchText } from '../search/search-text.ts'
import { type Account, columnsOf, refuseTaken, type Row, toAccount } from './account.ts'
import type { AccountDeps } from './account-deps.ts'
import { foldEmail } from './address.ts'
import type { Admission } from './admission.ts'
import { checkFields } from './fields.ts'
import { fold } from '../../base/text.ts'
import type { Invitations } from './invitations.ts'
import { scriptFaults, skeletonOf } from './likeness.ts'

export interface Registration {
  username: string
  password: string
  email?: string | undefined
  phone?: string | undefined
}
export interface SignUp extends Registration {
  /** The token of an invitation. */
  invitation?: string | undefined
}
export interface RegistrationOptions {
  origin?: Origin
  role?: Role
  emailPending?: boolean
  /** Whether the password is to be changed before anything else. */
  mustChange?: boolean
  /** The admin who makes it for somebody else. */
  by?: Actor
}
type RegistrationDeps = AccountDeps & {
  admission: Admission
  invitations: Pick<Invitations, 'accept'>
  emails: {
    /** Makes an address an account's own. */
    own(tx: Tx, userId: number, email: string): Steps<Row>
  }
}
interface Making extends RegistrationOptions {
  mustConfirm?: boolean
  /** What else happens with it, in the same transaction. @returns what has become of the account */
  after?: (tx: Tx, created: Row) => Steps<Row>
}

/** How an account comes to be. */
export function createRegistration({
  store,
  clock,
  audit,
  passwords,
  policy,
  outbox,
  admission,
  invitations,
  emails,
  signedIn,
  distinct,
}: RegistrationDeps) {
  const { users } = store.tables
  const insert = store.define('account_insert', (q) =>
    q
      .insert(users)
      .values({
        username: $('username'),
        usernameKey: $('usernameKey'),
        usernameSkeleton: $('usernameSkeleton'),
        searchText: $('searchText'),
        email: $('email'),
        emailKey: $('emailKey'),
        pendingEmail: $('pendingEmail'),
        passwordMustChange: sql`${$('mustChange', users.passwordMustChange)}`,
        emailMustConfirm: sql`${$('mustConfirm', users.emailMustConfirm)}`,
        phone: $('phone'),
        passwordHash: $('passwordHash'),
        passwordSecret: $('passwordSecret'),
        role: $('role'),
        status: 'active',
        createdAt: $('now'),
        updatedAt: $('now'),
      })
      .returning(columnsOf(users)),
  )

  async function make(
    input: Registration,
    {
      origin,
      role = 'user',
      emailPending = false,
      mustChange = false,
      mustConfirm = false,
      by,
      after,
    }: Making,
  ): Promise<Account> {
    const { username, password, email, phone } = checkFields(input, [
      ...scriptFaults(input.username),
      ...policy.check(input.password, input),
    ])
    const { hash, secretId } = await passwords.hash(password)
    const row = await store
      .transaction(function* (tx) {
        if (by) yield* signedIn.hold(tx, by, 'admin')
        const [created] = yield* tx.run(insert, {
          username,
          usernameKey: fold(username),
          usernameSkeleton: skeletonOf(username),
          searchText: searchText([username]),
          email: (!emailPending && email) || null,
          emailKey: !emailPending && email !== undefined ? foldEmail(email) : null,
          pendingEmail: (emailPending && email) || null,
          mustChange,
          mustConfirm,
          phone: phone ?? null,
          passwordHash: hash,
          passwordSecret: secretId,
          role,
          now: clock.now(),
        })
        yield* distinct(tx, created!.id, username)
        yield* audit.within(tx, {
          action: by ? 'account.create' : 'register',
          outcome: 'success',
          actorId: by?.id ?? created!.id,
          target: { type: 'user', id: created!.id },
          origin,
        })
        // Whether the address is taken shows in the mail alone, which its owner gets.
        if (emailPending && email)
          yield* outbox.enqueue(tx, { task: 'email.verify', userId: created!.id, email })
        return after ? yield* after(tx, created!) : created!
      })
      .catch(refuseTaken)
    return toAccount(row)
  }

  return {
    /**
     * Creates an account for whoever the operator or an admin says. With `emailPending` the address is kept for its owner to confirm, and
     * whether another account has it cannot be told from what happens.
     * @throws ValidationFailed with every violation, UsernameTaken, EmailTaken, Overloaded
     */
    register: (input: Registration, options: RegistrationOptions = {}): Promise<Account> =>
      make(input, options),

    /**
     * Creates an account for whoever asks, where the operator lets them. What they were invited to they get: a role, and the address that the
     * invitation was mailed to, as theirs.
     * @throws RegistrationClosed, InvitationRequired, InvitationInvalid, and as `register`
     */
    async signUp(
      { invitation: token, ...input }: SignUp,
      { origin, emailPending }: { origin: Origin; emailPending: boolean },
    ): Promise<Account> {
      const invitation = await admission.open(token)
      const { role, email, isConfirmed, mustConfirm } = admission.admit(input.email, invitation)
      return make(
        { ...input, email: isConfirmed ? undefined : email },
        {
          origin,
          role,
          // Where some domains may register, nobody is to find out which of their addresses are there.
          emailPending: emailPending || mustConfirm,
          mustConfirm,
          *after(tx, created) {
            if (token !== undefined) yield* invitations.accept(tx, token, created.id, origin)
            return isConfirmed && email ? yield* emails.own(tx, created.id, email) : created
          },
        },
      )
    },
  }
}
