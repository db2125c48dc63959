/** How another program made a hash of a password, without the hash: what it takes to make it again. `salt` is base64url. */
export type Scheme =
  | { kind: 'bcrypt'; salt: string; sha256: boolean }
  | { kind: 'pbkdf2'; hash: string; iterations: number; salt: string; length: number }
  | { kind: 'scrypt'; n: number; r: number; p: number; salt: string; length: number }
  | {
      kind: 'argon2i' | 'argon2d' | 'argon2id'
      /** KiB */
      memory: number
      passes: number
      lanes: number
      salt: string
      length: number
    }

export interface ForeignHash {
  scheme: Scheme
  /** What `digest` of the password makes with this scheme. */
  digest: Buffer
}

/**
 * What one login may cost, since anybody may try one: what the programs that people come from make by default is a quarter of it at
 * most. Memory in bytes.
 */
const MOST = {
  bcryptCost: 15,
  iterations: 5_000_000,
  memory: 256 * 1024 * 1024,
  /** Memory that is gone through, passes and lanes and all. */
  work: 1024 * 1024 * 1024,
  length: 128,
}
/** Less is no hash of a password, or was never meant to be kept. */
const LEAST = { bcryptCost: 4, iterations: 1000, length: 16 }

const BCRYPT =
  /^(?<django>bcrypt\$|bcrypt_sha256\$)?(?<salt>\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{22})(?<hash>[./A-Za-z0-9]{31})$/
const WERKZEUG_PBKDF2 =
  /^pbkdf2:(?<hash>sha1|sha256|sha512):(?<iterations>\d{1,9})\$(?<salt>[^$]{1,128})\$(?<hex>(?:[\da-f]{2})+)$/
const WERKZEUG_SCRYPT =
  /^scrypt:(?<n>\d{1,9}):(?<r>\d{1,4}):(?<p>\d{1,4})\$(?<salt>[^$]{1,128})\$(?<hex>(?:[\da-f]{2})+)$/
const DJANGO_PBKDF2 =
  /^pbkdf2_(?<hash>sha1|sha256)\$(?<iterations>\d{1,9})\$(?<salt>[^$]{1,128})\$(?<base64>[A-Za-z0-9+/]+={0,2})$/
const DJANGO_SCRYPT =
  /^scrypt\$(?<n>\d{1,9})\$(?<salt>[^$]{1,128})\$(?<r>\d{1,4})\$(?<p>\d{1,4})\$(?<base64>[A-Za-z0-9+/]+={0,2})$/
const ARGON2 =
  /^(?:argon2)?\$(?<kind>argon2(?:i|d|id))\$v=19\$m=(?<m>\d{1,9}),t=(?<t>\d{1,4}),p=(?<p>\d{1,3})\$(?<salt>[A-Za-z0-9+/]{8,172})\$(?<base64>[A-Za-z0-9+/]+)$/

/**
 * Reads a hash that another program made of a password: bcrypt (`$2a$`, `$2b$`, `$2y$`), werkzeug's `scrypt:` and `pbkdf2:`, Django's
 * `pbkdf2_sha256$`, `pbkdf2_sha1$`, `scrypt$`, `bcrypt$` and `bcrypt_sha256$`, and Argon2 1.3 as a PHC string, with Django's `argon2` before
 * it or without.
 * @returns undefined when it is none of these, or asks for more work or memory than a login may cost
 */
export function readForeignHash(text: string): ForeignHash | undefined {
  // Longer than any of them, and read by patterns.
  if (text.length > 512) return undefined
  const found = bcrypt(text) ?? pbkdf2(text) ?? scrypt(text) ?? argon2(text)
  return found && isAffordable(found.scheme) ? found : undefined
}

function bcrypt(text: string): ForeignHash | undefined {
  const { django, salt, hash } = BCRYPT.exec(text)?.groups ?? {}
  if (!salt || !hash) return undefined
  const sha256 = django === 'bcrypt_sha256$'
  return { scheme: { kind: 'bcrypt', salt, sha256 }, digest: Buffer.from(hash) }
}

function pbkdf2(text: string): ForeignHash | undefined {
  const groups = (WERKZEUG_PBKDF2.exec(text) ?? DJANGO_PBKDF2.exec(text))?.groups
  if (!groups) return undefined
  const { hash = '', iterations } = groups
  const digest = bytesOf(groups)
  const salt = encode(groups['salt'])
  const { length } = digest
  return { scheme: { kind: 'pbkdf2', hash, iterations: Number(iterations), salt, length }, digest }
}

function scrypt(text: string): ForeignHash | undefined {
  const groups = (WERKZEUG_SCRYPT.exec(text) ?? DJANGO_SCRYPT.exec(text))?.groups
  if (!groups) return undefined
  const [n = 0, r = 0, p = 0] = [groups['n'], groups['r'], groups['p']].map(Number)
  const digest = bytesOf(groups)
  const salt = encode(groups['salt'])
  return { scheme: { kind: 'scrypt', n, r, p, salt, length: digest.length }, digest }
}

function argon2(text: string): ForeignHash | undefined {
  const groups = ARGON2.exec(text)?.groups
  if (!groups) return undefined
  const [memory = 0, passes = 0, lanes = 0] = [groups['m'], groups['t'], groups['p']].map(Number)
  const digest = bytesOf(groups)
  const salt = Buffer.from(groups['salt'] ?? '', 'base64').toString('base64url')
  // The cast: the pattern names these three alone.
  const kind = groups['kind'] as 'argon2i' | 'argon2d' | 'argon2id'
  return { scheme: { kind, memory, passes, lanes, salt, length: digest.length }, digest }
}

const encode = (text = '') => Buffer.from(text).toString('base64url')

function bytesOf({ hex, base64 }: Record<string, string | undefined>): Buffer {
  return hex === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(hex, 'hex')
}

/** Of a scheme with such numbers there is an algorithm, and one login costs no more than it may. */
function isAffordable(scheme: Scheme): boolean {
  if (scheme.kind === 'bcrypt') {
    const cost = Number(scheme.salt.slice(4, 6))
    return cost >= LEAST.bcryptCost && cost <= MOST.bcryptCost
  }
  if (scheme.length < LEAST.length || scheme.length > MOST.length) return false
  if (scheme.kind === 'pbkdf2')
    return scheme.iterations >= LEAST.iterations && scheme.iterations <= MOST.iterations
  if (scheme.kind === 'scrypt') {
    const { n, r, p } = scheme
    const memory = 128 * n * r
    // A power of two (RFC 7914, section 2).
    const isPower = n > 1 && (n & (n - 1)) === 0
    return isPower && r > 0 && p > 0 && memory <= MOST.memory && memory * p <= MOST.work
  }
  const { memory, passes, lanes } = scheme
  // At least eight blocks for each lane (RFC 9106, section 3.1).
  const isWhole = passes > 0 && lanes > 0 && memory >= 8 * lanes
  return isWhole && memory * 1024 <= MOST.memory && memory * 1024 * passes <= MOST.work
}
