import { randomBytes } from 'node:crypto'

/** The only source of randomness of the domain. */
export interface Ids {
  bytes(count: number): Buffer
  /** 128 random bits in base64url, 22 characters: a session id or a `jti` (RFC 7519, section 4.1.7). */
  next(): string
}

export const randomIds: Ids = {
  bytes: (count) => randomBytes(count),
  next: () => randomBytes(16).toString('base64url'),
}
