import { createHash } from 'node:crypto'
import { Secret } from 'otpauth'
import { and, eq, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import type { Ids } from '../../base/ids.ts'

const CODES = 10
/** 80 bits each: nobody guesses one, and a digest is all that need be kept. */
const BYTES = 10

/** A code that was found right; it is spent inside the transaction of what it lets in. @returns false when it was spent meanwhile */
export type Spend = (tx: Tx) => Steps<boolean>

/** Codes on paper, each good once in the place of one of the app. */
export function createRecoveryCodes({ store, ids }: { store: Store; ids: Ids }) {
  const { recoveryCodes: t } = store.tables
  const drop = store.define('recovery_drop', (q) => q.delete(t).where(eq(t.userId, $('userId'))))
  const insert = store.define('recovery_insert', (q) =>
    q.insert(t).values({ digest: $('digest'), userId: sql`${$('userId')}` }),
  )
  const mine = and(eq(t.digest, $('digest')), eq(t.userId, $('userId')))
  const find = store.define('recovery_find', (q) =>
    q.select({ digest: t.digest }).from(t).where(mine),
  )
  const use = store.define('recovery_use', (q) =>
    q.delete(t).where(mine).returning({ digest: t.digest }),
  )
  const digestOf = (userId: number, code: string) =>
    createHash('sha256')
      .update(`${userId} ${code.toLowerCase().replaceAll(/[\s-]/g, '')}`)
      .digest('base64url')

  return {
    /** Ten new ones, as people type them: in groups of four. */
    make: (): string[] =>
      Array.from({ length: CODES }, () => {
        const { base32 } = new Secret({ buffer: Uint8Array.from(ids.bytes(BYTES)).buffer })
        return base32.toLowerCase().replaceAll(/.{4}(?=.)/g, '$&-')
      }),
    /** Makes these good, and no others. */
    *replace(tx: Tx, userId: number, codes: readonly string[]): Steps<void> {
      yield* tx.run(drop, { userId })
      for (const code of codes) yield* tx.run(insert, { userId, digest: digestOf(userId, code) })
    },
    /** @returns how to spend it; undefined when it is wrong or spent. Case, spaces and hyphens do not matter. */
    async look(userId: number, code: string): Promise<Spend | undefined> {
      const key = { userId, digest: digestOf(userId, code) }
      const [found] = await store.read(find, key)
      if (!found) return undefined
      return function* (tx) {
        return (yield* tx.run(use, key)).length > 0
      }
    },
  }
}
