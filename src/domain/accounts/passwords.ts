import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Secrets } from '../secrets.ts'
import { normalised } from '../../base/stream-safe.ts'
import { readForeignHash, type Scheme } from './foreign-hashes.ts'
import type { Hasher } from './hasher.ts'
import { isEndless } from './password-policy.ts'

/** The scheme, the key of the pre-hash, and what bcrypt made: `$bcrypt-hmac-sha384$k=<key id>$2b$10$<salt and hash>`. */
const STORED =
  /^\$bcrypt-hmac-sha384\$k=(?<secretId>[\w-]+)(?<bcrypt>\$2[aby]\$(?<cost>\d\d)\$.{53})$/

/**
 * What is kept of a hash that another program made, until its owner logs in: how it is made again (JSON in base64url), and what
 * comes out, keyed like our own: `$foreign-hmac-sha384$k=<key id>$<scheme>$<mac>`.
 */
const FOREIGN =
  /^\$foreign-hmac-sha384\$k=(?<secretId>[\w-]+)\$(?<scheme>[\w-]+)\$(?<mac>[\w-]{64})$/

/** The hash of an account whose password nobody knows: no password makes it. */
export const UNUSABLE = '!'

/** The id of the key that a stored hash needs; undefined when it is none of ours. */
export function secretIdOf(stored: string): string | undefined {
  return (parse(stored) ?? parseForeign(stored))?.secretId
}

export type Passwords = ReturnType<typeof createPasswords>

interface Deps {
  secrets: Secrets
  hasher: Hasher
  /** Of bcrypt, 4 to 15: 2^cost rounds. */
  cost: number
}

/**
 * Hashes and checks passwords: NFC, then HMAC-SHA-384 with the pepper of SECRET_KEY, then bcrypt. The pre-hash is 64 characters of base64,
 * so neither the 72 bytes nor the NUL at which bcrypt stops reading lose anything, and the hashes alone cannot be attacked offline.
 */
export function createPasswords({ secrets, hasher, cost }: Deps) {
  function preHash(password: string, secretId: string) {
    const hmac = createHmac('sha384', secrets.pepper(secretId))
    return hmac.update(normalised(password, 'NFC')).digest('base64')
  }

  function macOf(digest: Uint8Array, secretId: string) {
    return createHmac('sha384', secrets.pepper(secretId)).update(digest).digest()
  }

  async function verifyForeign(password: string, { secretId, scheme, mac }: Foreign) {
    const isReadable = !isEndless(password)
    const digest = await hasher.digest(isReadable ? password : '', scheme, cost)
    // bcryptjs stops at NUL, and HMAC fills its key up with it (RFC 2104, section 2): two texts would be one password.
    const isOne = isReadable && password.isWellFormed() && !password.includes('\0')
    return timingSafeEqual(macOf(digest, secretId), mac) && isOne
  }

  return {
    /**
     * What to store of a hash that another program made (see `readForeignHash`), until the password is at hand: the hash itself is not in it.
     * @returns undefined when the hash is of no kind that can be checked
     */
    adopt(foreign: string): { hash: string; secretId: string } | undefined {
      const found = readForeignHash(foreign)
      if (!found) return undefined
      const secretId = secrets.current
      const scheme = Buffer.from(JSON.stringify(found.scheme)).toString('base64url')
      const mac = macOf(found.digest, secretId).toString('base64url')
      return { hash: `$foreign-hmac-sha384$k=${secretId}$${scheme}$${mac}`, secretId }
    },

    /** Hashes with the current cost and key. The password has passed the policy. Throws Overloaded. */
    async hash(password: string): Promise<{ hash: string; secretId: string }> {
      const secretId = secrets.current
      const bcrypt = await hasher.hash(preHash(password, secretId), cost)
      return { hash: `$bcrypt-hmac-sha384$k=${secretId}${bcrypt}`, secretId }
    },

    /**
     * Whether `stored` was made of `password`. Takes as long for an unknown user (`stored` undefined), a malformed hash, a cheaper one and
     * a password that is longer than any that can be set, which is not read, as for one of the current cost; what another program made, as long as that takes beside it. `stale` asks for a new `hash`,
     * now that the password is at hand: scheme, cost or key is not the current one.
     * Throws SecretAbsent when SECRET_KEY has not got its key, Overloaded when too many wait.
     */
    async verify(
      password: string,
      stored: string | undefined,
    ): Promise<{ ok: boolean; stale: boolean }> {
      const foreign = parseForeign(stored)
      if (foreign) {
        const ok = await verifyForeign(password, foreign)
        return { ok, stale: ok }
      }
      const { secretId, bcrypt, cost: storedCost } = parse(stored) ?? { secretId: secrets.current }
      const isReadable = !isEndless(password)
      const same = await hasher.compare(preHash(isReadable ? password : '', secretId), bcrypt, cost)
      // A lone surrogate reaches the HMAC as U+FFFD, so texts that differ would be one password.
      const ok = same && isReadable && password.isWellFormed()
      return { ok, stale: ok && (storedCost !== cost || secretId !== secrets.current) }
    },
  }
}

function parse(stored: string | undefined) {
  const { secretId, bcrypt, cost } = STORED.exec(stored ?? '')?.groups ?? {}
  if (!secretId || !bcrypt) return undefined
  return { secretId, bcrypt, cost: Number(cost) }
}

interface Foreign {
  secretId: string
  scheme: Scheme
  mac: Buffer
}

function parseForeign(stored: string | undefined): Foreign | undefined {
  const { secretId, scheme, mac } = FOREIGN.exec(stored ?? '')?.groups ?? {}
  if (!secretId || !scheme || !mac) return undefined
  // The cast: `adopt` wrote it.
  const read = JSON.parse(Buffer.from(scheme, 'base64url').toString()) as Scheme
  return { secretId, scheme: read, mac: Buffer.from(mac, 'base64url') }
}
