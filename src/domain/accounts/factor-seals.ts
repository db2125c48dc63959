import { and, eq, sql } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import type { Secrets } from '../secrets.ts'

/** What the secrets of second factors are sealed for. */
export const PURPOSE = 'totp'

/** The seals on the secrets of second factors: moved with SECRET_KEY, and looked at before the start. */
export function createFactorSeals({ store, secrets }: { store: Store; secrets: Secrets }) {
  const { totpFactors: factors } = store.tables
  const all = store.define('factor_all', (q) => q.select().from(factors))
  const reseal = store.define('factor_reseal', (q) =>
    q
      .update(factors)
      .set({
        secret: sql`${$('sealed', factors.secret)}`,
        secretId: sql`${$('secretId', factors.secretId)}`,
      })
      .where(and(eq(factors.userId, $('userId')), eq(factors.secret, $('secret')))),
  )

  return {
    /** Seals every secret again under the first value of SECRET_KEY. @returns how many were not */
    async rewrap(): Promise<number> {
      const stale = (await store.read(all)).filter(({ secretId }) => secretId !== secrets.current)
      await store.transaction(function* (tx) {
        for (const { userId, secret } of stale)
          yield* tx.run(reseal, {
            userId,
            secret,
            sealed: secrets.seal(PURPOSE, secrets.open(PURPOSE, secret)),
            secretId: secrets.current,
          })
      })
      return stale.length
    },
    /** Of how many secrets the value of SECRET_KEY is not among ours. */
    async unreadable(): Promise<number> {
      return (await store.read(all)).filter(({ secretId }) => !secrets.has(secretId)).length
    },
  }
}
