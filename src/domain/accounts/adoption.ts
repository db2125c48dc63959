import { inArray, or } from '../../db/drizzle.ts'
import { manyRows } from '../../db/many-rows.ts'
import { type Steps, type Store, type Tx } from '../../db/store.ts'
import type { Status } from '../../db/schema/tables.ts'
import type { Role } from '../../base/actor.ts'
import type { Audit } from '../audit.ts'
import type { Clock } from '../../base/clock.ts'
import { ValidationFailed } from '../../base/errors.ts'
import { searchText } from '../search/search-text.ts'
import type { Secrets } from '../secrets.ts'
import { foldEmail } from './address.ts'
import { violation } from '../../base/text-rules.ts'
import { checkFields } from './fields.ts'
import { fold } from '../../base/text.ts'
import { skeletonOf } from './likeness.ts'
import { type Passwords, UNUSABLE } from './passwords.ts'

/** An account of another program. */
export interface Foreigner {
  username: string
  email?: string | null | undefined
  /** Whether that program has had the address confirmed. */
  email_verified?: boolean | null | undefined
  phone?: string | null | undefined
  /** As that program kept it. Absent, or one that Django calls unusable (`!`): its owner sets a password by mail. */
  password_hash?: string | null | undefined
  role?: Role | undefined
  status?: Status | undefined
  created_at?: Date | undefined
}

interface AdoptionDeps {
  store: Store
  clock: Clock
  audit: Audit
  passwords: Passwords
  secrets: Secrets
}

/** Accounts that come from another program, with their passwords: for operators. */
export function createAdoption({ store, clock, audit, passwords, secrets }: AdoptionDeps) {
  const { users } = store.tables

  /** @throws ValidationFailed */
  function rowOf(input: Foreigner) {
    const { username, email, phone } = checkFields({
      username: input.username,
      email: input.email ?? undefined,
      phone: input.phone ?? undefined,
    })
    if (input.email_verified === true && email === undefined)
      throw new ValidationFailed([
        violation('/email_verified', 'not_acceptable', 'is true without an email'),
      ])
    const { password_hash: foreign } = input
    const isSet = foreign !== undefined && foreign !== null && !foreign.startsWith('!')
    const adopted = isSet ? passwords.adopt(foreign) : undefined
    if (isSet && !adopted)
      throw new ValidationFailed([
        violation('/password_hash', 'not_acceptable', 'is of no kind that can be checked'),
      ])
    const now = clock.now()
    return {
      username,
      usernameKey: fold(username),
      // Names from before stay, as those of this server do, and no new one may be taken for them.
      usernameSkeleton: skeletonOf(username),
      searchText: searchText([username]),
      email: email ?? null,
      emailKey: email === undefined ? null : foldEmail(email),
      emailVerifiedAt: email !== undefined && input.email_verified === true ? now : null,
      phone: phone ?? null,
      passwordHash: adopted?.hash ?? UNUSABLE,
      passwordSecret: adopted?.secretId ?? secrets.current,
      passwordSet: isSet,
      role: input.role ?? 'user',
      status: input.status ?? 'active',
      createdAt: input.created_at ?? now,
      updatedAt: now,
    }
  }
  type Row = ReturnType<typeof rowOf>

  const insert = manyRows(store, 'adopted_insert', users, users.id)

  return {
    /** The columns of a new account. @throws ValidationFailed with every violation */
    rowOf,
    /** Which of these names and addresses (as they are compared) are accounts' already. At most 1,000 rows. */
    async taken(rows: readonly Row[]): Promise<Set<string>> {
      const names = rows.map(({ usernameKey }) => usernameKey)
      const emails = rows.flatMap(({ emailKey }) => emailKey ?? [])
      const found = await store.query((q) =>
        q
          .select({ usernameKey: users.usernameKey, emailKey: users.emailKey })
          .from(users)
          .where(or(inArray(users.usernameKey, names), inArray(users.emailKey, emails))),
      )
      return new Set(found.flatMap((row) => [row.usernameKey, row.emailKey ?? []].flat()))
    },
    /** Steps that create the accounts. A unique violation means that somebody was faster. */
    *insertRows(tx: Tx, rows: readonly Row[]): Steps<void> {
      for (const key of yield* insert(tx, rows))
        yield* audit.within(tx, {
          action: 'register',
          outcome: 'success',
          actorId: Number(key),
          target: { type: 'user', id: Number(key) },
        })
    },
  }
}
export type Adoption = ReturnType<typeof createAdoption>
