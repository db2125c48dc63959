import { argon2Sync, createHash, pbkdf2Sync, scryptSync } from 'node:crypto'
import { compareSync, hashSync } from 'bcryptjs'
import type { Scheme } from './foreign-hashes.ts'

/** What runs in the threads of the hasher: bcryptjs takes the whole thread for tens of milliseconds. */

const BCRYPT_HASH = /^\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{53}$/

// bcrypt itself goes to 31, which is 45 hours of one thread: a row that someone wrote must not buy that.
const LOWEST = 4
const HIGHEST = 15

export interface HashTask {
  preHash: string
  cost: number
}

export interface CompareTask extends HashTask {
  stored: string | undefined
}

export interface DigestTask {
  password: string
  scheme: Scheme
  /** Of the bcrypt hash whose time it takes at least. */
  cost: number
}

export function hash({ preHash, cost }: HashTask) {
  return hashSync(preHash, cost)
}

/**
 * Whether `stored` was made of `preHash`, after the work of one hash of `cost` at least, whatever `stored` is. bcrypt of cost n
 * works 2^n rounds, so a cheaper one is followed by one of each cost from its own up: 2^c + (2^c + 2^(c+1) + ... + 2^(n-1)) = 2^n.
 */
export function compare({ preHash, stored, cost }: CompareTask) {
  const storedCost = Number(BCRYPT_HASH.exec(stored ?? '')?.groups?.['cost'])
  if (stored === undefined || !(storedCost >= LOWEST && storedCost <= HIGHEST)) {
    hashSync(preHash, cost)
    return false
  }
  const same = compareSync(preHash, stored)
  for (let step = storedCost; step < cost; step++) hashSync(preHash, step)
  return same
}

/**
 * What another program's scheme makes of a password, after the work of one hash of `cost` at least: what is cheaper than our own does
 * not stand out.
 */
export function digest({ password, scheme, cost }: DigestTask): Uint8Array {
  hashSync('', cost)
  return digestOf(password, scheme)
}

function digestOf(password: string, scheme: Scheme): Uint8Array {
  if (scheme.kind === 'bcrypt') {
    const text = scheme.sha256 ? createHash('sha256').update(password).digest('hex') : password
    return Buffer.from(hashSync(text, scheme.salt).slice(29))
  }
  const salt = Buffer.from(scheme.salt, 'base64url')
  const { length } = scheme
  if (scheme.kind === 'pbkdf2')
    return pbkdf2Sync(password, salt, scheme.iterations, length, scheme.hash)
  if (scheme.kind === 'scrypt') {
    const { n: N, r, p } = scheme
    // Node refuses what takes its bound whole, so one block more.
    return scryptSync(password, salt, length, { N, r, p, maxmem: 128 * r * (N + p + 2) })
  }
  const { kind, memory, passes, lanes: parallelism } = scheme
  const nonce = salt
  return argon2Sync(kind, {
    message: password,
    nonce,
    parallelism,
    tagLength: length,
    memory,
    passes,
  })
}
