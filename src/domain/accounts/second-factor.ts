import { TOTP, Secret } from 'otpauth'
import { and, eq, isNull, lt, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import { OtpIncorrect } from '../access-errors.ts'
import type { Actor } from '../actor.ts'
import type { Action, Audit } from '../audit.ts'
import type { Clock } from '../clock.ts'
import { FactorActive, FactorAbsent } from '../credential-errors.ts'
import type { Ids } from '../ids.ts'
import type { Alerts } from '../mail/alerts.ts'
import type { Secrets } from '../secrets.ts'
import { createRecoveryCodes, type Spend } from './recovery-codes.ts'

/** As authenticator apps expect it (RFC 6238): SHA-1, 6 digits, 30 seconds. */
const CODE = { issuer: 'Commonplace', algorithm: 'SHA1', digits: 6, period: 30 }
/** Steps that a clock may be off, either way (RFC 6238, section 5.2). */
const DRIFT = 1
const SECRET_BYTES = 20
const PURPOSE = 'totp'
const WHAT = 'The second factor'

interface SecondFactorDeps {
  store: Store
  clock: Clock
  ids: Ids
  audit: Audit
  secrets: Secrets
  alerts: Alerts
}

/** One-time passwords of an app (RFC 6238) beside the password, and recovery codes for who has lost the app. */
export function createSecondFactor({
  store,
  clock,
  ids,
  audit,
  secrets,
  alerts,
}: SecondFactorDeps) {
  const { totpFactors: factors } = store.tables
  const find = store.define('factor_find', (q) =>
    q
      .select()
      .from(factors)
      .where(eq(factors.userId, $('userId'))),
  )
  const all = store.define('factor_all', (q) => q.select().from(factors))
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
  const reseal = store.define('factor_reseal', (q) =>
    q
      .update(factors)
      .set({
        secret: sql`${$('sealed', factors.secret)}`,
        secretId: sql`${$('secretId', factors.secretId)}`,
      })
      .where(and(eq(factors.userId, $('userId')), eq(factors.secret, $('secret')))),
  )
  const drop = store.define('factor_drop', (q) =>
    q
      .delete(factors)
      .where(eq(factors.userId, $('userId')))
      .returning({ userId: factors.userId }),
  )
  const recovery = createRecoveryCodes({ store, ids })
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
  function* tell(tx: Tx, { id, origin }: Actor, action: Action): Steps<void> {
    yield* audit.within(tx, {
      action,
      outcome: 'success',
      actorId: id,
      target: { type: 'user', id },
      origin,
    })
    yield* alerts.changed(tx, id, WHAT)
  }

  return {
    /**
     * Offers a secret that asks for nothing until it is confirmed; an earlier offer ends.
     * @returns the secret in base32, and the URI that authenticator apps read
     * @throws FactorActive when there is a confirmed one: it must be removed first
     */
    async begin({ id: userId, username }: Actor): Promise<{ secret: string; uri: string }> {
      const totp = totpOf(ids.bytes(SECRET_BYTES))
      totp.label = username
      const [offered] = await store.write(offer, {
        userId,
        secret: secrets.seal(PURPOSE, Buffer.from(totp.secret.bytes)),
        secretId: secrets.current,
        now: clock.now(),
      })
      if (!offered) throw new FactorActive()
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
      await store.transaction(function* (tx) {
        const [active] = yield* tx.run(activate, { userId, secret, step, now: clock.now() })
        if (!active) throw new FactorActive()
        yield* recovery.replace(tx, userId, made)
        yield* tell(tx, actor, 'totp.enable')
      })
      return made
    },

    /** Takes the second factor away, with its recovery codes. @throws FactorAbsent */
    async remove(actor: Actor): Promise<void> {
      const { id: userId } = actor
      await store.transaction(function* (tx) {
        const [gone] = yield* tx.run(drop, { userId })
        if (!gone) throw new FactorAbsent()
        yield* recovery.replace(tx, userId, [])
        yield* tell(tx, actor, 'totp.disable')
      })
    },

    /** New recovery codes; those of before end. @throws FactorAbsent */
    async renewCodes(actor: Actor): Promise<string[]> {
      const { id: userId } = actor
      const [factor] = await store.read(find, { userId })
      if (!factor?.confirmedAt) throw new FactorAbsent()
      const made = recovery.make()
      await store.transaction(function* (tx) {
        yield* recovery.replace(tx, userId, made)
        yield* tell(tx, actor, 'recovery_codes.renew')
      })
      return made
    },

    /** Whether the account asks for a one-time password. */
    async isActive(userId: number): Promise<boolean> {
      const [factor] = await store.read(find, { userId })
      return factor !== undefined && factor.confirmedAt !== null
    },

    /**
     * Looks at a code of the app, or a recovery code.
     * @returns how to spend it, which fails for one that was spent meanwhile; undefined when it is wrong or used
     */
    async look(userId: number, otp: string): Promise<Spend | undefined> {
      const [factor] = await store.read(find, { userId })
      if (!factor?.confirmedAt) return undefined
      const { secret, lastStep } = factor
      const step = stepOf(secret, otp)
      if (step !== undefined) {
        if (step <= lastStep) return undefined
        return function* (tx) {
          return (yield* tx.run(useStep, { userId, secret, step })).length > 0
        }
      }
      return recovery.look(userId, otp)
    },

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
export type SecondFactor = ReturnType<typeof createSecondFactor>
