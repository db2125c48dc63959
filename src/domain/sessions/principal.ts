import type { Role } from '../../base/actor.ts'
import type { TokenType } from '../../db/schema/tables.ts'
import type { Scope } from '../scopes.ts'

/** Whom a checked token speaks for. The same object may serve many requests: it is never changed. */
export interface Principal {
  readonly id: number
  readonly username: string
  readonly role: Role
  readonly sessionId: string
  readonly tokenId: string
  /** `key` is an API key, which has no session. */
  readonly type: TokenType | 'key'
  /** Of the key, where it is one. */
  readonly keyId?: number
  /** What a key may do; undefined is a session, which may do what its user may. */
  readonly scopes?: ReadonlySet<Scope>
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** Milliseconds since 1970. */
  readonly issuedAt: number
  /** When the user last showed who they are, in milliseconds since 1970. Refreshing does not renew it. */
  readonly authenticatedAt: number
  /** Whether the session spends a refresh token with each use. */
  readonly rotating: boolean
  /** Whether it is a refresh token that was used already: whether that is a replay or a theft is the rotation's to say. */
  readonly spent: boolean
  /** What has to be done before anything else; undefined is nothing. */
  readonly bar?: Bar
}
/** A password that somebody else chose, an address that nobody has confirmed. */
export type Bar = 'password' | 'email'

/** What keeps an account from everything but that. */
export function barOf(user: { passwordMustChange: boolean; emailMustConfirm: boolean }) {
  if (user.passwordMustChange) return { bar: 'password' as const }
  return user.emailMustConfirm ? { bar: 'email' as const } : {}
}
