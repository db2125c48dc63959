import { count, eq } from '../db/drizzle.ts'
import type { Store } from '../db/store.ts'
import type { SecondFactor } from './accounts/second-factor.ts'
import type { Secrets } from './secrets.ts'
import type { Keys } from './sessions/keys.ts'

/** Rows need a value of SECRET_KEY that is not given: starting would lock their owners out. */
export class SecretsMissing extends Error {
  constructor(passwords: number, keys: number) {
    super(
      `SECRET_KEY lacks a value that ${passwords} password(s) and ${keys} signing key(s) or second factor(s) were protected with. Add the old value behind the new one, separated by a comma.`,
    )
  }
}

/**
 * Checks that every secret which rows are protected with is there.
 * @throws SecretsMissing
 */
export function createSecretCheck({
  store,
  secrets,
  keys,
  secondFactor,
}: {
  store: Store
  secrets: Secrets
  keys: Keys
  secondFactor: SecondFactor
}) {
  const { users } = store.tables
  const bySecret = store.define('users_by_secret', (q) =>
    q
      .select({ secretId: users.passwordSecret, users: count() })
      .from(users)
      // One that nobody knows needs no key.
      .where(eq(users.passwordSet, true))
      .groupBy(users.passwordSecret),
  )

  return async () => {
    const counts = await store.read(bySecret)
    const locked = counts.filter(({ secretId }) => !secrets.has(secretId))
    const unreadable = (await keys.unreadable()) + (await secondFactor.unreadable())
    if (locked.length > 0 || unreadable > 0)
      throw new SecretsMissing(
        locked.reduce((sum, row) => sum + row.users, 0),
        unreadable,
      )
  }
}
