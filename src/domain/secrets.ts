import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto'
import type { Ids } from '../base/ids.ts'

/** The keyring that is made of the values of SECRET_KEY. Every ciphertext names its key, so exactly one is tried. */
export interface Secrets {
  /** The id of the first value, which protects what is new. */
  readonly current: string
  /** The ids of all values, the current one first. */
  readonly ids: readonly string[]
  has(id: string): boolean
  /**
   * Encrypts with the current key (AES-256-GCM, NIST SP 800-38D): `<key id>.<nonce>.<ciphertext>.<tag>` in base64url. `purpose` is
   * authenticated, not stored: what was sealed for one purpose does not open for another.
   */
  seal(purpose: string, plaintext: Buffer | string): string
  /** Throws SecretAbsent when SECRET_KEY has not got the key, SealBroken when purpose or text is not what was sealed. */
  open(purpose: string, sealed: string): Buffer
  /** The id of the key that `sealed` needs, which may be absent. Throws SealBroken when the text names none. */
  sealedWith(sealed: string): string
  /**
   * Authenticates a text that leaves the server and comes back, with the current key (HMAC-SHA-256, RFC 2104): `<key id>.<mac>` in
   * base64url, 56 characters. What was made for one purpose is not good for another.
   */
  mac(purpose: string, text: string): string
  /** Whether `mac` was made of this text for this purpose, with a key that we still have. */
  hasMac(purpose: string, text: string, mac: string): boolean
  /** 48 bytes that key the pre-hash of passwords. Throws SecretAbsent. */
  pepper(id: string): Buffer
}

/** Something stored needs a value of SECRET_KEY that is not there any more. */
export class SecretAbsent extends Error {
  override name = 'SecretAbsent'
  readonly id: string
  constructor(id: string) {
    super(`SECRET_KEY lacks the value with the id ${id}, which something stored needs`)
    this.id = id
  }
}

/** A ciphertext that was altered, cut, or sealed for another purpose. */
export class SealBroken extends Error {
  override name = 'SealBroken'
  constructor(purpose: string) {
    super(`This ciphertext was not sealed for: ${purpose}`)
  }
}

const NONCE_BYTES = 12
const TAG_BYTES = 16
const SEALED = /^(?<id>[\w-]+)\.(?<nonce>[\w-]{16})\.(?<text>[\w-]*)\.(?<tag>[\w-]{22})$/

/**
 * `values` are those of SECRET_KEY, of at least 32 bytes each, the current one first. From each come an id, an encryption key and a
 * pepper by HKDF-SHA-256 (RFC 5869) under labels of their own, so none of them tells anything about another.
 */
export function createSecrets(values: readonly string[], ids: Ids): Secrets {
  const ring = new Map(
    values.map((value) => {
      const key = {
        encryption: derive(value, 'seal', 32),
        // An object: handing over the bytes costs each MAC four times as much.
        authentication: createSecretKey(derive(value, 'mac', 32)),
        pepper: derive(value, 'pepper', 48),
      }
      return [derive(value, 'id', 9).toString('base64url'), key] as const
    }),
  )
  const [current] = ring.keys()
  if (current === undefined) throw new TypeError('createSecrets needs at least one value')

  function keyOf(id: string) {
    const key = ring.get(id)
    if (!key) throw new SecretAbsent(id)
    return key
  }

  function macWith(id: string, purpose: string, text: string) {
    const hmac = createHmac('sha256', keyOf(id).authentication)
    return `${id}.${hmac.update(`${purpose}\0${text}`).digest('base64url')}`
  }

  return {
    current,
    ids: [...ring.keys()],
    has: (id) => ring.has(id),
    pepper: (id) => keyOf(id).pepper,
    mac: (purpose, text) => macWith(current, purpose, text),

    hasMac(purpose, text, mac) {
      const [id = ''] = mac.split('.')
      if (!ring.has(id)) return false
      const expected = Buffer.from(macWith(id, purpose, text))
      const given = Buffer.from(mac)
      return expected.length === given.length && timingSafeEqual(expected, given)
    },

    seal(purpose, plaintext) {
      const nonce = ids.bytes(NONCE_BYTES)
      const options = { authTagLength: TAG_BYTES }
      const cipher = createCipheriv('aes-256-gcm', keyOf(current).encryption, nonce, options)
      cipher.setAAD(Buffer.from(purpose))
      const text = Buffer.concat([cipher.update(plaintext), cipher.final()])
      return [current, ...[nonce, text, cipher.getAuthTag()].map(encode)].join('.')
    },

    open(purpose, sealed) {
      const { id, nonce, text, tag } = parse(purpose, sealed)
      const options = { authTagLength: TAG_BYTES }
      const decipher = createDecipheriv('aes-256-gcm', keyOf(id).encryption, nonce, options)
      decipher.setAAD(Buffer.from(purpose)).setAuthTag(tag)
      const plaintext = decipher.update(text)
      try {
        return Buffer.concat([plaintext, decipher.final()])
      } catch {
        throw new SealBroken(purpose)
      }
    },

    sealedWith: (sealed) => parse('anything', sealed).id,
  }
}

function derive(value: string, use: string, bytes: number) {
  return Buffer.from(hkdfSync('sha256', value, '', `commonplace/${use}`, bytes))
}

function parse(purpose: string, sealed: string) {
  const { id = '', ...parts } = SEALED.exec(sealed)?.groups ?? {}
  const nonce = decode(parts['nonce'])
  const text = decode(parts['text'])
  const tag = decode(parts['tag'])
  if (!nonce || !text || !tag) throw new SealBroken(purpose)
  return { id, nonce, text, tag }
}

function encode(bytes: Buffer) {
  return bytes.toString('base64url')
}

// The last character has bits that decoding ignores: one spelling per ciphertext, or an altered one would still open.
function decode(text: string | undefined) {
  const bytes = Buffer.from(text ?? '', 'base64url')
  return text === encode(bytes) ? bytes : undefined
}
