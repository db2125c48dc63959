import { createHash } from 'node:crypto'
import { and, eq, gt, sql } from '../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../db/store.ts'
import type { Clock } from './clock.ts'
import { LinkInvalid } from './credential-errors.ts'
import type { Ids } from './ids.ts'

/** What a token is for, and for how many seconds it is good. */
const LIVES = {
  'email.verify': 24 * 3600,
  'password.reset': 30 * 60,
  export: 5 * 60,
} as const
export type Purpose = keyof typeof LIVES

export interface Redeemed {
  userId: number
  data: string | undefined
}

/** 240 random bits in base64url, 40 characters: with them a link fits a line of a terminal. */
export const mailedToken = (ids: Ids): string => ids.bytes(30).toString('base64url')

/**
 * Tokens that are good once, for one purpose, for one user: 256 random bits in base64url (43 characters), or 240 in mails, of which the
 * database knows the digest alone.
 */
export function createSingleUseTokens({
  store,
  clock,
  ids,
}: {
  store: Store
  clock: Clock
  ids: Ids
}) {
  const { singleUseTokens: t } = store.tables
  const insert = store.define('single_use_insert', (q) =>
    q.insert(t).values({
      digest: $('digest'),
      purpose: $('purpose'),
      userId: sql`${$('userId')}`,
      data: $('data'),
      createdAt: $('now'),
      expiresAt: $('expiresAt'),
    }),
  )
  const take = store.define('single_use_take', (q) =>
    q
      .delete(t)
      .where(
        and(
          eq(t.digest, $('digest')),
          eq(t.purpose, $('purpose')),
          gt(t.expiresAt, $('now', t.expiresAt)),
        ),
      )
      .returning({ userId: t.userId, data: t.data }),
  )
  const find = store.define('single_use_find', (q) =>
    q
      .select({ userId: t.userId, data: t.data })
      .from(t)
      .where(
        and(
          eq(t.digest, $('digest')),
          eq(t.purpose, $('purpose')),
          gt(t.expiresAt, $('now', t.expiresAt)),
        ),
      ),
  )
  const revoke = store.define('single_use_revoke', (q) =>
    q.delete(t).where(and(eq(t.userId, $('userId')), eq(t.purpose, $('purpose')))),
  )
  const present = (row: { userId: number; data: string | null }): Redeemed => ({
    userId: row.userId,
    data: row.data ?? undefined,
  })

  return {
    /** A new token, which `give` makes good. */
    make: (): string => ids.bytes(32).toString('base64url'),
    /** A new token for a link in a mail. */
    makeMailed: (): string => mailedToken(ids),
    /** Makes a token good; earlier ones of the same user and purpose are not any more. @returns until when */
    *give(tx: Tx, token: string, purpose: Purpose, { userId, data }: Redeemed): Steps<Date> {
      const now = clock.now()
      const expiresAt = new Date(now.getTime() + LIVES[purpose] * 1000)
      yield* tx.run(revoke, { userId, purpose })
      yield* tx.run(insert, {
        digest: digestOf(token),
        purpose,
        userId,
        data: data ?? null,
        now,
        expiresAt,
      })
      return expiresAt
    },
    /** Ends those of a user that are for this. */
    *end(tx: Tx, userId: number, purpose: Purpose): Steps<void> {
      yield* tx.run(revoke, { userId, purpose })
    },
    /** Spends a token. @throws LinkInvalid when it is none, was used, has expired or is for something else */
    *redeem(tx: Tx, token: string, purpose: Purpose): Steps<Redeemed> {
      const [row] = yield* tx.run(take, { digest: digestOf(token), purpose, now: clock.now() })
      if (!row) throw new LinkInvalid()
      return present(row)
    },
    /** Whether a token could be spent. */
    async isGood(token: string, purpose: Purpose): Promise<boolean> {
      const found = await store.read(find, { digest: digestOf(token), purpose, now: clock.now() })
      return found.length > 0
    },
    /** Looks at a token without spending it. @throws LinkInvalid */
    async look(token: string, purpose: Purpose): Promise<Redeemed> {
      const [row] = await store.read(find, { digest: digestOf(token), purpose, now: clock.now() })
      if (!row) throw new LinkInvalid()
      return present(row)
    },
  }
}
export type SingleUseTokens = ReturnType<typeof createSingleUseTokens>

/** What the database knows of a token. */
export const digestOf = (token: string) => createHash('sha256').update(token).digest('base64url')
