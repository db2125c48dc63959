import type { Store } from '../../db/store.ts'
import type { Clock } from '../../base/clock.ts'
import { OtpRequired } from '../../base/access-errors.ts'
import { Overloaded, TooManyAttempts } from '../../base/errors.ts'
import { network, site } from '../../base/network.ts'
import { createFailures, digest, type FailureKeys } from './failures.ts'
import type { Familiar } from './familiar.ts'

/** From this failure on, guesses wait: 1 s, doubling to the longest (seconds). */
const SLOWED = {
  /** One address at one account: slow for long. */
  address: { from: 5, longest: 900 },
  /** Everyone at one account, by each of its two names. */
  account: { from: 50, longest: 30 },
}
type Scope = keyof typeof SLOWED

/** Failures of a device before it is one like any other: whoever has copied its mark gets no more guesses than these. */
const DEVICE_FAILURES = 10

/**
 * Whom a guess is aimed at: an account by the kind of name that was given, or a name that no account has. By id, so that somebody
 * in a stolen session gets no new guesses by renaming the account; by kind, so that nobody finds out which email belongs to whom.
 */
export type Guessed = { by: 'username' | 'email' } & ({ id: number } | { name: string })

/** Where a guess comes from. */
export interface Source {
  ip: string
  /** The id of a device from which somebody has logged in to this account: its mark has been looked at. */
  device?: string | undefined
}

interface Attempt {
  /** Tells that the password was right: the failures are forgotten. */
  succeeded(): Promise<void>
  /** Tells that it was wrong. */
  failed(): Promise<void>
  /** Tells that it was not tried (the server was too busy): nothing is counted. */
  abandoned(): Promise<void>
}
interface AttemptsDeps {
  store: Store
  clock: Clock
  familiar: Familiar
}

/**
 * Slows guessing down, on all nodes together: per account and address, and per account alone.
 * Below the threshold failures are only counted, so that many honest logins at once are not in each other's way. Past it every
 * attempt takes its turn by one conditional update before the password is looked at, so parallel guesses gain nothing.
 *
 * Strangers from many networks could take every turn of an account. So who comes from a network or a device from which somebody has
 * logged in to it needs none (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"); and every site has one guess of its own
 * a day, at once. An owner on the move comes from another site each time and is let in each time; a guesser gains one guess a day by a
 * site. More cannot be had: of callers who cannot be told apart before their passwords are looked at, as many are looked at in a
 * while as are to wait no longer than that, so whoever shares a site with a guesser has the turns of the account only.
 */
export function createAttempts({ store, clock, familiar }: AttemptsDeps) {
  const failures = createFailures({ store, clock })

  const wait = (scope: Scope, failed: number) => {
    const { from, longest } = SLOWED[scope]
    return failed < from ? 0 : Math.min(2 ** (failed - from), longest)
  }
  /** Until when the next one waits; undefined when it need not. */
  const waitAfter = (scope: Scope, failed: number) => {
    const seconds = wait(scope, failed)
    return seconds === 0 ? undefined : new Date(clock.now().getTime() + seconds * 1000)
  }
  function refusal(until: Date) {
    const left = until.getTime() - clock.now().getTime()
    return new TooManyAttempts(Math.max(1, Math.ceil(left / 1000)))
  }

  /**
   * Whether somebody need not wait for the turn of the account. A device pays with one of its failures, before anything is tried.
   * @param taken receives the key of what it costs
   */
  async function isKnown(guessed: Guessed, { ip, device }: Source, key: string, taken: string[]) {
    if (!('id' in guessed)) return false
    if (await familiar.knows(guessed.id, ip)) return true
    if (device === undefined) return false
    taken.push(key)
    return (await failures.count(key)) <= DEVICE_FAILURES
  }

  /**
   * @returns whether there is anything that a success forgets, and whether the turns of the account go on without this guess
   * @throws TooManyAttempts
   */
  async function takeTurns(guessed: Guessed, source: Source, keys: FailureKeys, taken: string[]) {
    const rows = await failures.find(keys)
    const slowed = (scope: Scope) => {
      const row = rows.find(({ key }) => key === keys[scope])
      return row && wait(scope, row.failures) > 0 ? row : undefined
    }
    const take = async (
      { key, failures: before }: { key: string; failures: number },
      of: Scope,
    ) => {
      const next = waitAfter(of, before + 1) ?? clock.now()
      const isMine = await failures.take(key, next)
      if (isMine) taken.push(key)
      return isMine
    }
    const [address, account] = [slowed('address'), slowed('account')]
    if (address && !(await take(address, 'address'))) throw refusal(address.notBefore)
    if (!account) return { isCounted: rows.length > 0, isApart: false }
    if (await isKnown(guessed, source, keys.device, taken))
      return { isCounted: true, isApart: true }
    if (await take(account, 'account')) return { isCounted: true, isApart: false }
    if (!(await failures.spend(keys.turn))) throw refusal(account.notBefore)
    taken.push(keys.turn)
    return { isCounted: true, isApart: true }
  }

  async function begin(guessed: Guessed, source: Source): Promise<Attempt> {
    const { ip, device = '' } = source
    const account = JSON.stringify(guessed)
    const keys = {
      account: digest(account),
      address: digest(account, network(ip)),
      turn: digest(account, 'turn', site(ip)),
      device: digest(account, 'device', device),
    }
    const taken: string[] = []
    const abandoned = async () => {
      for (const key of taken) await failures.giveBack(key)
    }
    const { isCounted, isApart } = await takeTurns(guessed, source, keys, taken).catch(
      async (error: unknown) => {
        await abandoned()
        throw error
      },
    )
    return {
      abandoned,
      async succeeded() {
        if (isCounted) await failures.forget(keys)
      },
      async failed() {
        await store.transaction(function* (tx) {
          for (const scope of ['address', 'account'] as const) {
            if (taken.includes(keys[scope])) continue
            yield* failures.countWithin(tx, keys[scope], (now) =>
              // Whoever needed no turn of the account puts off nobody who does.
              scope === 'account' && isApart ? undefined : waitAfter(scope, now),
            )
          }
        })
      },
    }
  }

  return {
    /**
     * One guess at the secret of an account from somewhere. `judge` looks at it: what it returns is the outcome of a right one,
     * undefined means wrong.
     * @throws TooManyAttempts with the seconds to wait, 1 to 900, before `judge` is asked; and what `judge` throws. Overloaded
     * means that it was not looked at, OtpRequired that it was right as far as it went: nothing is counted then.
     */
    async guess<T>(
      guessed: Guessed,
      source: Source,
      judge: () => Promise<T | undefined>,
    ): Promise<T | undefined> {
      const attempt = await begin(guessed, source)
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
