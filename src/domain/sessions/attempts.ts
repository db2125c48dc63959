import { createHash } from 'node:crypto'
import { and, eq, inArray, lte, sql } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import type { Clock } from '../clock.ts'
import { OtpRequired } from '../access-errors.ts'
import { Overloaded, TooManyAttempts } from '../errors.ts'
import { network } from '../network.ts'

/** From this failure on, guesses wait: 1 s, doubling to the longest (seconds). */
const SLOWED = {
  /** One address at one account: slow for long. */
  address: { from: 5, longest: 900 },
  /** Everyone at one account: nobody can lock another out for longer than this. */
  account: { from: 100, longest: 30 },
}
type Scope = keyof typeof SLOWED

/**
 * Whom a guess is aimed at: an account by the kind of name that was given, or a name that no account has. By id, so that somebody
 * in a stolen session gets no new guesses by renaming the account; by kind, so that nobody finds out which email belongs to whom.
 */
export type Guessed = { by: 'username' | 'email' } & ({ id: number } | { name: string })

interface Attempt {
  /** Tells that the password was right: the failures are forgotten. */
  succeeded(): Promise<void>
  /** Tells that it was wrong. */
  failed(): Promise<void>
  /** Tells that it was not tried (the server was too busy): nothing is counted. */
  abandoned(): Promise<void>
}

/**
 * Slows guessing down, on all nodes together: per account and address, and per account alone.
 * Below the threshold failures are only counted, so that many honest logins at once are not in each other's way. Past it every
 * attempt takes its turn by one conditional update before the password is looked at, so parallel guesses gain nothing.
 */
export function createAttempts({ store, clock }: { store: Store; clock: Clock }) {
  const { loginFailures: t } = store.tables
  const find = store.define('attempts_find', (q) =>
    q
      .select()
      .from(t)
      .where(inArray(t.key, [$('account'), $('address')])),
  )
  const take = store.define('attempts_take', (q) =>
    q
      .update(t)
      .set({
        failures: sql`${t.failures} + 1`,
        notBefore: sql`${$('next', t.notBefore)}`,
        lastFailureAt: sql`${$('now', t.lastFailureAt)}`,
      })
      .where(and(eq(t.key, $('key')), lte(t.notBefore, $('now', t.notBefore))))
      .returning({ key: t.key }),
  )
  const giveBack = store.define('attempts_give_back', (q) =>
    q
      .update(t)
      .set({ failures: sql`${t.failures} - 1`, notBefore: sql`${$('now', t.notBefore)}` })
      .where(eq(t.key, $('key'))),
  )
  const count = store.define('attempts_count', (q) =>
    q
      .insert(t)
      .values({ key: $('key'), failures: 1, notBefore: $('now'), lastFailureAt: $('now') })
      .onConflictDoUpdate({
        target: t.key,
        set: {
          failures: sql`${t.failures} + 1`,
          lastFailureAt: sql`${$('now', t.lastFailureAt)}`,
        },
      })
      .returning({ failures: t.failures }),
  )
  const hold = store.define('attempts_hold', (q) =>
    q
      .update(t)
      .set({ notBefore: sql`${$('until', t.notBefore)}` })
      .where(eq(t.key, $('key'))),
  )
  const forget = store.define('attempts_forget', (q) =>
    q.delete(t).where(inArray(t.key, [$('account'), $('address')])),
  )

  const wait = (scope: Scope, failures: number) => {
    const { from, longest } = SLOWED[scope]
    return failures < from ? 0 : Math.min(2 ** (failures - from), longest)
  }
  const after = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000)

  /** @throws TooManyAttempts */
  async function begin(guessed: Guessed, ip: string): Promise<Attempt> {
    const account = JSON.stringify(guessed)
    const keys: Record<Scope, string> = {
      account: digest(account),
      address: digest(account, network(ip)),
    }
    const scopes: Scope[] = ['address', 'account']
    const known = await store.read(find, keys)
    const taken: Scope[] = []
    const abandoned = async () => {
      for (const scope of taken) await store.write(giveBack, { key: keys[scope], now: clock.now() })
    }
    for (const scope of scopes) {
      const row = known.find(({ key }) => key === keys[scope])
      if (!row || wait(scope, row.failures) === 0) continue
      const next = after(wait(scope, row.failures + 1))
      const [mine] = await store.write(take, { key: row.key, next, now: clock.now() })
      if (!mine) {
        await abandoned()
        const left = row.notBefore.getTime() - clock.now().getTime()
        throw new TooManyAttempts(Math.max(1, Math.ceil(left / 1000)))
      }
      taken.push(scope)
    }
    return {
      abandoned,
      async succeeded() {
        if (known.length > 0) await store.write(forget, keys)
      },
      async failed() {
        const now = clock.now()
        await store.transaction(function* (tx) {
          for (const scope of scopes) {
            if (taken.includes(scope)) continue
            const [row] = yield* tx.run(count, { key: keys[scope], now })
            const seconds = wait(scope, row?.failures ?? 0)
            if (seconds > 0) yield* tx.run(hold, { key: keys[scope], until: after(seconds) })
          }
        })
      },
    }
  }

  return {
    /**
     * One guess at the secret of an account from an address. `judge` looks at it: what it returns is the outcome of a right one,
     * undefined means wrong.
     * @throws TooManyAttempts with the seconds to wait, 1 to 900, before `judge` is asked; and what `judge` throws. Overloaded
     * means that it was not looked at, OtpRequired that it was right as far as it went: nothing is counted then.
     */
    async guess<T>(
      guessed: Guessed,
      ip: string,
      judge: () => Promise<T | undefined>,
    ): Promise<T | undefined> {
      const attempt = await begin(guessed, ip)
      let outcome: T | undefined
      try {
        outcome = await judge()
      } catch (error) {
        if (error instanceof Overloaded || error instanceof OtpRequired) await attempt.abandoned()
        throw error
      }
      if (outcome === undefined) await attempt.failed()
      else await attempt.succeeded()
      return outcome
    },
  }
}
export type Attempts = ReturnType<typeof createAttempts>

const digest = (...parts: string[]) =>
  createHash('sha256').update(parts.join('\0')).digest('base64url')
