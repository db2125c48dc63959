import { and, asc, count, eq, sql } from '../../db/drizzle.ts'
import { $, type Store, wakeAll } from '../../db/store.ts'
import type { Actor } from '../../base/actor.ts'
import type { Audit } from '../audit.ts'
import type { Clock } from '../../base/clock.ts'
import { KeysExhausted } from '../../base/credential-errors.ts'
import { NotFound, ValidationFailed } from '../../base/errors.ts'
import type { Ids } from '../../base/ids.ts'
import type { Alerts } from '../mail/alerts.ts'
import type { Scope } from '../scopes.ts'
import { digestOf, KEY_PREFIX } from '../sessions/key-check.ts'
import type { SignedIn } from '../sessions/signed-in.ts'
import { isStreamSafe } from '../../base/stream-safe.ts'
import { TOO_MANY_MARKS, violation } from '../../base/text-rules.ts'

/** Characters of a key that are shown again: too few to guess the rest. */
const SHOWN = 12
const MOST = 50

export interface ApiKey {
  id: number
  name: string
  prefix: string
  scopes: readonly Scope[]
  createdAt: Date
  expiresAt: Date | undefined
  lastUsedAt: Date | undefined
}
export interface ApiKeyInput {
  /** 1 to 100 characters */
  name: string
  scopes: readonly Scope[]
  /** Later than now; it never expires unless given. */
  expiresAt?: Date | undefined
}
interface ApiKeyDeps {
  store: Store
  clock: Clock
  ids: Ids
  audit: Audit
  alerts: Alerts
  signedIn: SignedIn
}

/** Keys for programs: 256 random bits, of which the database knows the digest alone. */
export function createApiKeys({ store, clock, ids, audit, alerts, signedIn }: ApiKeyDeps) {
  const { apiKeys: t } = store.tables
  const shown = {
    id: t.id,
    name: t.name,
    prefix: t.prefix,
    scopes: t.scopes,
    createdAt: t.createdAt,
    expiresAt: t.expiresAt,
    lastUsedAt: t.lastUsedAt,
  }
  const present = (row: {
    id: number
    name: string
    prefix: string
    scopes: string
    createdAt: Date
    expiresAt: Date | null
    lastUsedAt: Date | null
  }): ApiKey => ({
    ...row,
    // The cast: `create` wrote them.
    scopes: row.scopes.split(' ') as Scope[],
    expiresAt: row.expiresAt ?? undefined,
    lastUsedAt: row.lastUsedAt ?? undefined,
  })
  const tally = store.define('api_keys_tally', (q) =>
    q
      .select({ count: count() })
      .from(t)
      .where(eq(t.userId, $('userId'))),
  )
  const insert = store.define('api_keys_insert', (q) =>
    q
      .insert(t)
      .values({
        userId: sql`${$('userId')}`,
        name: $('name'),
        prefix: $('prefix'),
        digest: $('digest'),
        scopes: $('scopes'),
        createdAt: $('now'),
        expiresAt: sql`${$('expiresAt', t.expiresAt)}`,
      })
      .returning(shown),
  )
  const listed = store.define('api_keys_list', (q) =>
    q
      .select(shown)
      .from(t)
      .where(eq(t.userId, $('userId')))
      .orderBy(asc(t.id)),
  )
  const drop = store.define('api_keys_drop', (q) =>
    q
      .delete(t)
      .where(and(eq(t.id, $('id')), eq(t.userId, $('userId'))))
      // Its streams of events end now.
      .returning({ id: t.id, told: wakeAll(store) }),
  )
  return {
    /**
     * Makes a key.
     * @returns it with its text, which cannot be read again
     * @throws ValidationFailed for an end that is past and a name with too many marks, KeysExhausted when there are 50, TokenRevoked when the
     * session or the account ended meanwhile
     */
    async create(actor: Actor, { name, scopes, expiresAt }: ApiKeyInput) {
      const now = clock.now()
      if (expiresAt && expiresAt <= now)
        throw new ValidationFailed([
          violation('/expires_at', 'too_small', 'must be later than now'),
        ])
      if (!isStreamSafe(name))
        throw new ValidationFailed([violation('/name', TOO_MANY_MARKS.code, TOO_MANY_MARKS.detail)])
      const key = `${KEY_PREFIX}${ids.bytes(32).toString('base64url')}`
      const { id: userId, origin } = actor
      const made = await signedIn.transaction(actor, function* (tx) {
        // Two at once take turns: neither makes the fifty-first.
        const [tallied] = yield* tx.run(tally, { userId })
        if (tallied!.count >= MOST) throw new KeysExhausted()
        const [row] = yield* tx.run(insert, {
          userId,
          name: name.trim(),
          prefix: key.slice(0, SHOWN),
          digest: digestOf(key),
          scopes: [...new Set(scopes)].join(' '),
          now,
          expiresAt: expiresAt ?? null,
        })
        yield* audit.within(tx, {
          action: 'api_key.create',
          outcome: 'success',
          actorId: userId,
          target: { type: 'api_key', id: row!.id },
          origin,
        })
        yield* alerts.noticed(tx, userId, 'A new API key was made')
        return row!
      })
      return { ...present(made), key }
    },

    /** The oldest first; those that have expired too. */
    list: async (actor: Pick<Actor, 'id'>): Promise<ApiKey[]> =>
      (await store.read(listed, { userId: actor.id })).map(present),

    /** Ends a key, at once. @throws NotFound when it is none of the actor's */
    async remove({ id: userId, origin }: Actor, id: number): Promise<void> {
      await store.transaction(function* (tx) {
        const [gone] = yield* tx.run(drop, { id, userId })
        if (!gone) throw new NotFound('API key')
        yield* audit.within(tx, {
          action: 'api_key.delete',
          outcome: 'success',
          actorId: userId,
          target: { type: 'api_key', id },
          origin,
        })
      })
    },
  }
}
export type ApiKeys = ReturnType<typeof createApiKeys>
