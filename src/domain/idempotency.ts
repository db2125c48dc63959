import { createHash } from 'node:crypto'
import { and, eq, isNull, lte, sql } from '../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../db/store.ts'
import type { Actor } from '../base/actor.ts'
import type { Clock } from '../base/clock.ts'
import { IdempotencyKeyInUse, IdempotencyKeyReused } from '../base/write-errors.ts'
import type { Ids } from '../base/ids.ts'

/** Milliseconds that a reply is kept. */
const KEPT = 24 * 3_600_000
/** Milliseconds after which a reservation was left by a crash, unless it is renewed. */
const RESERVED = 60_000
/** A reservation that vanishes between two steps was given up: so often it is tried again. */
const TRIES = 3

/** What was answered, to be answered again. */
export interface KeptReply {
  status: number
  headers: Record<string, string>
  body: string
}
/** What a key is good for: the same key elsewhere, or of somebody else, is another one. */
export interface KeyedRequest {
  actor: Pick<Actor, 'id'>
  method: string
  path: string
  key: string
  /** What must be the same when the key comes again. */
  body: string
}
/** The right to run a request and to keep its reply. */
export interface Reservation {
  key: string
  holder: string
}

/**
 * The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header): whoever sends a request again with the key of the
 * first time gets the reply of the first time, and nothing happens twice.
 */
export function createIdempotency({ store, clock, ids }: { store: Store; clock: Clock; ids: Ids }) {
  const { idempotencyKeys: keys } = store.tables
  const nothing = { status: null, headers: null, body: null }
  const reserve = store.define('idempotency_reserve', (q) =>
    q
      .insert(keys)
      .values({
        key: $('key'),
        userId: sql`${$('userId')}`,
        fingerprint: $('fingerprint'),
        holder: $('holder'),
        expiresAt: $('expiresAt'),
      })
      .onConflictDoUpdate({
        target: keys.key,
        set: {
          fingerprint: sql`excluded.fingerprint`,
          holder: sql`excluded.holder`,
          expiresAt: sql`excluded.expires_at`,
          ...nothing,
        },
        setWhere: lte(keys.expiresAt, $('now', keys.expiresAt)),
      })
      .returning({ key: keys.key }),
  )
  const find = store.define('idempotency_find', (q) =>
    q
      .select()
      .from(keys)
      .where(eq(keys.key, $('key'))),
  )
  const ours = and(eq(keys.key, $('key')), eq(keys.holder, $('holder')), isNull(keys.status))
  const renew = store.define('idempotency_renew', (q) =>
    q
      .update(keys)
      .set({ expiresAt: sql`${$('expiresAt', keys.expiresAt)}` })
      .where(ours),
  )
  const finish = store.define('idempotency_finish', (q) =>
    q
      .update(keys)
      .set({
        status: sql`${$('status', keys.status)}`,
        headers: sql`${$('headers', keys.headers)}`,
        body: sql`${$('body', keys.body)}`,
        expiresAt: sql`${$('expiresAt', keys.expiresAt)}`,
      })
      .where(ours)
      .returning({ key: keys.key }),
  )
  const giveUp = store.define('idempotency_release', (q) => q.delete(keys).where(ours))
  const inMs = (ms: number) => new Date(clock.now().getTime() + ms)

  /** Keeps the reply within the transaction of what it tells of. @throws IdempotencyKeyInUse when somebody else has taken over */
  function* keep(tx: Tx, reservation: Reservation, reply: KeptReply): Steps<void> {
    const { status, body } = reply
    const headers = JSON.stringify(reply.headers)
    const values = { ...reservation, status, headers, body, expiresAt: inMs(KEPT) }
    const [kept] = yield* tx.run(finish, values)
    if (!kept) throw new IdempotencyKeyInUse()
  }

  return {
    /**
     * Reserves the key of a request, or finds what it was answered.
     * @throws IdempotencyKeyReused when it came with another body, IdempotencyKeyInUse while the first one is running
     */
    async begin({
      actor,
      method,
      path,
      key: given,
      body,
    }: KeyedRequest): Promise<{ reservation: Reservation } | { reply: KeptReply }> {
      const key = digest([String(actor.id), method, path, given])
      const fingerprint = digest([body])
      for (let tries = 1; tries <= TRIES; tries++) {
        const reservation = { key, holder: ids.next() }
        const values = {
          userId: actor.id,
          fingerprint,
          now: clock.now(),
          expiresAt: inMs(RESERVED),
        }
        const [reserved] = await store.write(reserve, { ...reservation, ...values })
        if (reserved) return { reservation }
        const [found] = await store.read(find, { key })
        if (!found) continue
        if (found.fingerprint !== fingerprint) throw new IdempotencyKeyReused()
        const { status, headers, body: kept } = found
        if (status === null || headers === null || kept === null) break
        return { reply: { status, headers: JSON.parse(headers), body: kept } }
      }
      throw new IdempotencyKeyInUse()
    },
    keep,
    /** Keeps a refusal, which changed nothing else. */
    keepRefusal: (reservation: Reservation, reply: KeptReply) =>
      store.transaction((tx) => keep(tx, reservation, reply)),
    /** For what takes longer than a reservation lives: 60 s from now. */
    async renew(reservation: Reservation): Promise<void> {
      await store.write(renew, { ...reservation, expiresAt: inMs(RESERVED) })
    },
    /** Gives the key back: the request may be sent again. */
    async release(reservation: Reservation): Promise<void> {
      await store.write(giveUp, { ...reservation })
    },
  }
}
export type Idempotency = ReturnType<typeof createIdempotency>

/** Each part behind its length, so that no two lists of parts make the same text. */
function digest(parts: string[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}:${part}`)
  return hash.digest('base64url')
}
