import { TOTP, Secret } from 'otpauth'
import { and, eq, isNull, lt, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import { OtpIncorrect, OtpRequired } from '../../base/access-errors.ts'
import type { Actor } from '../../base/actor.ts'
import type { Action, Audit } from '../audit.ts'
import type { Clock } from '../../base/clock.ts'
import { FactorActive, FactorAbsent } from '../../base/credential-errors.ts'
import type { Ids } from '../../base/ids.ts'
import type { Alerts } from '../mail/alerts.ts'
import type { Secrets } from '../secrets.ts'
import type { SignedIn } from '../sessions/signed-in.ts'
import { createFreshness } from '../sessions/freshness.ts'
import { createFactorSeals, PURPOSE } from './factor-seals.ts'
import { createRecoveryCodes, type Spend } from './recovery-codes.ts'

/** As authenticator apps expect it (RFC 6238): SHA-1, 6 digits, 30 seconds. */
const CODE = { issuer: 'Commonplace', algorithm: 'SHA1', digits: 6, period: 30 }
/** Steps that a clock may be off, either way (RFC 6238, section 5.2). */
const DRIFT = 1
const SECRET_BYTES = 20
const WHAT = 'The second factor'

interface SecondFactorDeps {
  store: Store
  clock: Clock
  ids: Ids
  audit: Audit
  secrets: Secrets
  alerts: Alerts
  signedIn: SignedIn
}

/** One-time passwords of an app (RFC 6238) beside the password, and recovery codes for who has lost the app. */
export function createSecondFactor({
  store,
  clock,
  ids,
  audit,
  secrets,
  alerts,
  signedIn,
}: SecondFactorDeps) {
  const { totpFactors: factors } = store.tables
  const find = store.define('factor_find', (q) =>
    q
      .select()
      .from(factors)
      .where(eq(factors.userId, $('userId'))),
  )
  const offer = store.define('factor_offer', (q) =>
    q
      .insert(factors)
      .values({
        userId: sql`${$('userId')}`,
        secret: $('secret'),
        secretId: $('secretId'),
        createdAt: $('now'),
      })
      .onConflictDoUpdate({
        target: factors.userId,
        set: {
          secret: sql`excluded.secret`,
          secretId: sql`excluded.secret_id`,
          createdAt: sql`excluded.created_at`,
        },
        setWhere: isNull(factors.confirmedAt),
      })
      .returning({ userId: factors.userId }),
  )
  const activate = store.define('factor_activate', (q) =>
    q
      .update(factors)
      .set({
        confirmedAt: sql`${$('now', factors.confirmedAt)}`,
        lastStep: sql`${$('step', factors.lastStep)}`,
      })
      .where(
        and(
          eq(factors.userId, $('userId')),
          eq(factors.secret, $('secret')),
          isNull(factors.confirmedAt),
        ),
      )
      .returning({ userId: factors.userId }),
  )
  const useStep = store.define('factor_use_step', (q) =>
    q
      .update(factors)
      .set({ lastStep: sql`${$('step', factors.lastStep)}` })
      .where(
        and(
          eq(factors.userId, $('userId')),
          eq(factors.secret, $('secret')),
          lt(factors.lastStep, $('step', factors.lastStep)),
        ),
      )
      .returning({ userId: factors.userId }),
  )
  const drop = store.define('factor_drop', (q) =>
    q
      .delete(factors)
      .where(eq(factors.userId, $('userId')))
      .returning({ userId: factors.userId }),
  )
  const recovery = createRecoveryCodes({ store, ids })
  const freshness = createFreshness({ store })
  const totpOf = (bytes: Buffer) =>
    new TOTP({ ...CODE, secret: new Secret({ buffer: Uint8Array.from(bytes).buffer }) })
  /** The time step whose code this is, at most one away from now. */
  function stepOf(sealed: string, typed: string): number | undefined {
    // Apps show the digits in groups.
    const otp = typed.replaceAll(/\s/g, '')
    // The library compares bytes, and throws where six characters are more than six of them.
    if (!/^\d{6}$/.test(otp)) return undefined
    const timestamp = clock.now().getTime()
    const totp = totpOf(secrets.open(PURPOSE, sealed))
    const delta = totp.validate({ token: otp, timestamp, window: DRIFT })
    return delta === null ? undefined : TOTP.counter({ period: CODE.period, timestamp }) + delta
  }
  function* tell(tx: Tx, by: Actor | undefined, id: number, action: Action): Steps<void> {
    yield* audit.within(tx, {
      action,
      outcome: 'success',
      actorId: by?.id,
      target: { type: 'user', id },
      origin: by?.origin,
    })
    yield* alerts.changed(tx, id, WHAT)
  }
  /** Takes the second factor away, with its recovery codes. @throws FactorAbsent */
  function* takeAway(tx: Tx, by: Actor | undefined, userId: number): Steps<void> {
    const [gone] = yield* tx.run(drop, { userId })
    if (!gone) throw new FactorAbsent()
    yield* recovery.replace(tx, userId, [])
    yield* tell(tx, by, userId, 'totp.disable')
  }
  async function isActive(userId: number): Promise<boolean> {
    return isConfirmed(await store.read(find, { userId }))
  }
  async function look(userId: number, otp: string): Promise<Spend | undefined> {
    const [factor] = await store.read(find, { userId })
    if (!factor?.confirmedAt) return undefined
    const { secret, lastStep } = factor
    const step = stepOf(secret, otp)
    if (step === undefined) return recovery.look(userId, otp)
    if (step <= lastStep) return undefined
    return function* (tx) {
      return (yield* tx.run(useStep, { userId, secret, step })).length > 0
    }
  }

  return {
    /**
     * Offers a secret that asks for nothing until it is confirmed; an earlier offer ends.
     * @returns the secret in base32, and the URI that authenticator apps read
     * @throws FactorActive when there is a confirmed one; TokenRevoked, as all that follows, when the session ended meanwhile
     */
    async begin(actor: Actor): Promise<{ secret: string; uri: string }> {
      const totp = totpOf(ids.bytes(SECRET_BYTES))
      totp.label = actor.username
      await signedIn.transaction(actor, function* (tx) {
        const [offered] = yield* tx.run(offer, {
          userId: actor.id,
          secret: secrets.seal(PURPOSE, Buffer.from(totp.secret.bytes)),
          secretId: secrets.current,
          now: clock.now(),
        })
        if (!offered) throw new FactorActive()
        yield* alerts.noticed(tx, actor.id, 'A second factor was begun')
      })
      return { secret: totp.secret.base32, uri: totp.toString() }
    },

    /**
     * Confirms the offered secret with its first code: from now on every login needs one.
     * @returns the recovery codes, which are shown this once
     * @throws FactorAbsent when nothing was offered, FactorActive, OtpIncorrect
     */
    async confirm(actor: Actor, otp: string): Promise<string[]> {
      const { id: userId } = actor
      const [factor] = await store.read(find, { userId })
      if (!factor) throw new FactorAbsent()
      if (factor.confirmedAt) throw new FactorActive()
      const { secret } = factor
      const step = stepOf(secret, otp)
      if (step === undefined) throw new OtpIncorrect()
      const made = recovery.make()
      await signedIn.transaction(actor, function* (tx) {
        const [active] = yield* tx.run(activate, { userId, secret, step, now: clock.now() })
        if (!active) throw new FactorActive()
        yield* recovery.replace(tx, userId, made)
        yield* freshness.endOthers(tx, userId, actor.sessionId)
        yield* tell(tx, actor, userId, 'totp.enable')
      })
      return made
    },

    /** Takes the actor's away, with its recovery codes. @throws FactorAbsent */
    remove: (actor: Actor): Promise<void> =>
      signedIn.transaction(actor, (tx) => takeAway(tx, actor, actor.id)),
    takeAway,

    /** New recovery codes; those of before end. @throws FactorAbsent */
    async renewCodes(actor: Actor): Promise<string[]> {
      const { id: userId } = actor
      const [factor] = await store.read(find, { userId })
      if (!factor?.confirmedAt) throw new FactorAbsent()
      const made = recovery.make()
      await signedIn.transaction(actor, function* (tx) {
        yield* recovery.replace(tx, userId, made)
        yield* tell(tx, actor, userId, 'recovery_codes.renew')
      })
      return made
    },

    /** Whether the account asks for a one-time password. */
    isActive,
    /**
     * Looks at a code of the app, or a recovery code.
     * @returns how to spend it, which fails for one that was spent meanwhile; undefined when it is wrong or used
     */
    look,
    /**
     * Looks at what is shown beside a password that was right.
     * @returns how to spend it, which fails for one that was spent meanwhile, and where a factor has come meanwhile that nobody was asked
     * for; undefined when it is wrong or used
     * @throws OtpRequired when a factor is on, and nothing was shown
     */
    async ask(userId: number, otp: string | undefined): Promise<Spend | undefined> {
      if (await isActive(userId)) {
        if (otp === undefined) throw new OtpRequired()
        return look(userId, otp)
      }
      return function* (tx) {
        return !isConfirmed(yield* tx.run(find, { userId }))
      }
    },

    ...createFactorSeals({ store, secrets }),
  }
}
export type SecondFactor = ReturnType<typeof createSecondFactor>

const isConfirmed = ([factor]: ReadonlyArray<{ confirmedAt: Date | null }>) =>
  factor !== undefined && factor.confirmedAt !== null
