import { createHash } from 'node:crypto'
import { and, desc, eq, gt, notInArray, sql } from '../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../db/store.ts'
import type { Clock } from '../base/clock.ts'
import { LinkInvalid } from '../base/credential-errors.ts'
import type { Ids } from '../base/ids.ts'

/** What a token is for, for how many seconds it is good, and how many of one user are at a time. */
const RULES = {
  'email.verify': { life: 24 * 3600, most: 3 },
  'password.reset': { life: 30 * 60, most: 3 },
  export: { life: 5 * 60, most: 1 },
} as const
export type Purpose = keyof typeof RULES

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
  const isTheirs = and(eq(t.userId, $('userId')), eq(t.purpose, $('purpose')))
  const revoke = store.define('single_use_revoke', (q) => q.delete(t).where(isTheirs))
  /** Ends all but the newest. */
  const thin = store.define('single_use_thin', (q) =>
    q
      .delete(t)
      .where(
        and(
          isTheirs,
          notInArray(
            t.digest,
            q
              .select({ digest: t.digest })
              .from(t)
              .where(isTheirs)
              .orderBy(desc(t.createdAt), desc(t.digest))
              .limit($('left')),
          ),
        ),
      ),
  )
  const good = store.define('single_use_good', (q) =>
    q
      .select({ expiresAt: t.expiresAt })
      .from(t)
      .where(and(isTheirs, gt(t.expiresAt, $('now', t.expiresAt))))
      .orderBy(t.expiresAt),
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
    /**
     * Makes a token good. Of more than there may be at a time, those of the same user and purpose that were first end.
     * @returns until when
     */
    *give(tx: Tx, token: string, purpose: Purpose, { userId, data }: Redeemed): Steps<Date> {
      const now = clock.now()
      const expiresAt = new Date(now.getTime() + RULES[purpose].life * 1000)
      yield* tx.run(thin, { userId, purpose, left: RULES[purpose].most - 1 })
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
    /** When there is room for another that ends none which is still good; undefined when there is. */
    async roomFrom(userId: number, purpose: Purpose): Promise<Date | undefined> {
      const live = await store.read(good, { userId, purpose, now: clock.now() })
      return live.length < RULES[purpose].most ? undefined : live[0]?.expiresAt
    },
    /** Spends a token, and with it the others of its user that are for the same. @throws LinkInvalid when it is none, was used, has expired or is for something else */
    *redeem(tx: Tx, token: string, purpose: Purpose): Steps<Redeemed> {
      const [row] = yield* tx.run(take, { digest: digestOf(token), purpose, now: clock.now() })
      if (!row) throw new LinkInvalid()
      yield* tx.run(revoke, { userId: row.userId, purpose })
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
