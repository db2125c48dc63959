import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { eq, isNull, sql } from '../../db/drizzle.ts'
import { createSigner } from 'fast-jwt'
import { $, type Store } from '../../db/store.ts'
import type { Clock } from '../../base/clock.ts'
import { TokenInvalid } from '../../base/access-errors.ts'
import type { Ids } from '../../base/ids.ts'
import type { Secrets } from '../secrets.ts'
import type { Claims } from './tokens.ts'

/** Seconds that verifiers may keep our JWKS; a new key is published for so long before it signs. */
export const JWKS_MAX_AGE = 300
/** Where the engine cannot tell whether another node rotated, keys older than this (ms) are read again before signing. */
const REREAD_AFTER = 30_000
/** An unknown `kid` makes us read the keys again at most this often (ms): hostile tokens must not become queries. */
const UNKNOWN_KID_PAUSE = 1000
const PURPOSE = 'signing-key'

export interface KeysDeps {
  store: Store
  clock: Clock
  ids: Ids
  secrets: Secrets
  /** Seconds that the longest-lived token lives: so long a retired key still verifies. */
  longestLife: number
}
export interface KeyInfo {
  kid: string
  state: 'next' | 'signing' | 'retired'
  createdAt: Date
  activatesAt: Date
  retiresAt: Date | undefined
}

/** The signing keys (EdDSA with Ed25519, RFC 8037): several verify, one signs. */
export function createKeys({ store, clock, ids, secrets, longestLife }: KeysDeps) {
  const { signingKeys } = store.tables
  const all = store.define('keys_all', (q) =>
    q.select().from(signingKeys).orderBy(signingKeys.activatesAt, signingKeys.kid),
  )
  const insert = store.define('keys_insert', (q) =>
    q.insert(signingKeys).values({
      kid: $('kid'),
      publicKey: $('publicKey'),
      privateKey: $('privateKey'),
      secretId: $('secretId'),
      createdAt: $('createdAt'),
      activatesAt: $('activatesAt'),
    }),
  )
  const retire = store.define('keys_retire', (q) =>
    q
      .update(signingKeys)
      .set({ retiresAt: sql`${$('retiresAt', signingKeys.retiresAt)}` })
      .where(isNull(signingKeys.retiresAt)),
  )
  const reseal = store.define('keys_reseal', (q) =>
    q
      .update(signingKeys)
      .set({
        privateKey: sql`${$('privateKey', signingKeys.privateKey)}`,
        secretId: sql`${$('secretId', signingKeys.secretId)}`,
      })
      .where(eq(signingKeys.kid, $('kid'))),
  )
  type Key = Awaited<ReturnType<typeof load>>[number]
  const watch = store.watch('signing_keys')
  const load = () => store.read(all)

  let keys: Key[] = []
  let byKid = new Map<string, Key>()
  let stamp: number | undefined
  let readAt = -Infinity
  let reading: Promise<void> | undefined
  let signer: { kid: string; sign: (claims: Claims) => string } | undefined

  function signerOf({ kid, privateKey }: Key) {
    const key = secrets.open(PURPOSE, privateKey)
    return { kid, sign: createSigner({ key, algorithm: 'EdDSA', kid }) }
  }
  async function signingKey(): Promise<Key> {
    await refresh(REREAD_AFTER)
    const key = signing()
    if (!key) throw new Error('There is no signing key')
    return key
  }

  /** Whoever asks while they are being read waits for the same answer; a read that failed is none. */
  function reread(): Promise<void> {
    reading ??= readKeys().finally(() => (reading = undefined))
    return reading
  }
  async function readKeys() {
    const before = watch.stamp()
    const now = clock.now().getTime()
    keys = await load()
    byKid = new Map(keys.map((key) => [key.kid, key]))
    stamp = before
    readAt = now
  }
  /** Reads the keys again when they may have changed. */
  async function refresh(maxAge: number) {
    const current = watch.stamp()
    const unchanged =
      current === undefined ? clock.now().getTime() - readAt < maxAge : current === stamp
    if (!unchanged) await reread()
  }
  /** The newest of those that are active. */
  const signing = () => {
    const now = clock.now()
    return keys.findLast(({ activatesAt }) => activatesAt <= now)
  }
  const isRetired = ({ retiresAt }: Key) => retiresAt !== null && retiresAt <= clock.now()

  function make(activatesAt: Date) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    return {
      kid: ids.next(),
      publicKey,
      privateKey: secrets.seal(PURPOSE, privateKey),
      secretId: secrets.current,
      createdAt: clock.now(),
      activatesAt,
    }
  }

  return {
    /** Makes the first key of a new database. Two nodes that start at once may make two; both verify, the newer signs. */
    async ensure(): Promise<void> {
      await reread()
      if (signing()) return
      await store.write(insert, make(clock.now()))
      await reread()
    },

    /**
     * The public key (PEM) for a `kid`.
     * @throws TokenInvalid when it is not known, or no longer.
     */
    async publicKey(kid: unknown): Promise<string> {
      if (typeof kid !== 'string') throw new TokenInvalid()
      await refresh(byKid.has(kid) ? REREAD_AFTER : UNKNOWN_KID_PAUSE)
      const key = byKid.get(kid)
      if (!key || isRetired(key)) throw new TokenInvalid()
      return key.publicKey
    },

    /** The `kid` of the key that signs now. */
    signingKid: async () => (await signingKey()).kid,

    /**
     * Signs with the key that signs now, or with the one that is named. Ed25519 is deterministic: the same claims and the same
     * key give the same bytes (RFC 8032, section 5.1.6).
     */
    async sign(tokens: readonly Claims[], kid?: string): Promise<string[]> {
      const now = await signingKey()
      // Another node made it a moment ago.
      if (kid !== undefined && !byKid.has(kid)) await reread()
      const key = (kid !== undefined && byKid.get(kid)) || now
      if (signer?.kid !== key.kid) signer = signerOf(key)
      return tokens.map(signer.sign)
    },

    /** The public parts that verify now or soon, as a JWK Set (RFC 7517, section 5; RFC 8037, section 2). */
    async jwks() {
      return {
        keys: (await load())
          .filter((key) => !isRetired(key))
          .map(({ kid, publicKey }) => {
            const { x = '' } = createPublicKey(publicKey).export({ format: 'jwk' })
            return { kty: 'OKP', crv: 'Ed25519', x, kid, use: 'sig', alg: 'EdDSA' }
          }),
      }
    },

    async list(): Promise<KeyInfo[]> {
      await reread()
      const signs = signing()?.kid
      const now = clock.now()
      return keys.map(({ kid, createdAt, activatesAt, retiresAt }) => ({
        kid,
        state: kid === signs ? 'signing' : activatesAt > now ? 'next' : 'retired',
        createdAt,
        activatesAt,
        retiresAt: retiresAt ?? undefined,
      }))
    },

    /** Publishes the next key, which signs in `JWKS_MAX_AGE` seconds; the others verify until their last token has expired. */
    async rotate(): Promise<KeyInfo> {
      const activatesAt = new Date(clock.now().getTime() + JWKS_MAX_AGE * 1000)
      const key = make(activatesAt)
      await store.transaction(function* (tx) {
        yield* tx.run(retire, { retiresAt: new Date(activatesAt.getTime() + longestLife * 1000) })
        yield* tx.run(insert, key)
      })
      const { kid, createdAt } = key
      return { kid, state: 'next', createdAt, activatesAt, retiresAt: undefined }
    },

    /** Seals every private part again under the first secret. @returns how many were not. */
    async rewrap(): Promise<number> {
      const stale = (await load()).filter(({ secretId }) => secretId !== secrets.current)
      await store.transaction(function* (tx) {
        for (const { kid, privateKey } of stale)
          yield* tx.run(reseal, {
            kid,
            privateKey: secrets.seal(PURPOSE, secrets.open(PURPOSE, privateKey)),
            secretId: secrets.current,
          })
      })
      return stale.length
    },

    /** Of how many private parts the secret is not among ours. */
    async unreadable(): Promise<number> {
      return (await load()).filter(({ secretId }) => !secrets.has(secretId)).length
    },
  }
}
export type Keys = ReturnType<typeof createKeys>
