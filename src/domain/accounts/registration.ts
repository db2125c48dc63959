import { $ } from '../../db/store.ts'
import type { Origin, Role } from '../actor.ts'
import { searchText } from '../search/search-text.ts'
import { type Account, columnsOf, refuseTaken, toAccount } from './account.ts'
import type { AccountDeps } from './accounts.ts'
import { foldEmail } from './address.ts'
import { checkFields, fold } from './fields.ts'

export interface Registration {
  username: string
  password: string
  email?: string | undefined
  phone?: string | undefined
}
export interface RegistrationOptions {
  origin?: Origin
  role?: Role
  emailPending?: boolean
}

/** How an account comes to be. */
export function createRegistration({
  store,
  clock,
  audit,
  passwords,
  policy,
  outbox,
}: AccountDeps) {
  const { users } = store.tables
  const insert = store.define('account_insert', (q) =>
    q
      .insert(users)
      .values({
        username: $('username'),
        usernameKey: $('usernameKey'),
        searchText: $('searchText'),
        email: $('email'),
        emailKey: $('emailKey'),
        pendingEmail: $('pendingEmail'),
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

  /**
   * Creates an account. `role` and an absent origin are for the operator's command line. With `emailPending` the address is kept
   * for its owner to confirm, and whether another account has it cannot be told from what happens.
   * @throws ValidationFailed with every violation, UsernameTaken, EmailTaken, Overloaded
   */
  return async function register(
    input: Registration,
    { origin, role = 'user', emailPending = false }: RegistrationOptions = {},
  ): Promise<Account> {
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
          searchText: searchText([username]),
          email: (!emailPending && email) || null,
          emailKey: !emailPending && email !== undefined ? foldEmail(email) : null,
          pendingEmail: (emailPending && email) || null,
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
        // Whether the address is taken shows in the mail alone, which its owner gets.
        if (emailPending && email)
          yield* outbox.enqueue(tx, { task: 'email.verify', userId: created!.id, email })
        return created!
      })
      .catch(refuseTaken)
    return toAccount(row)
  }
}
