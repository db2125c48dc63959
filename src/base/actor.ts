export type Role = 'user' | 'moderator' | 'admin'

/** Where a request came from, for sessions and the audit trail. */
export interface Origin {
  ip: string
  userAgent: string | undefined
  requestId: string
}

/** When, and in what way, somebody last showed who they are. */
export interface Presence {
  /** What they came with; absent, nothing is known of it. */
  type?: 'access' | 'refresh' | 'key'
  /** Milliseconds since 1970; absent: never. */
  authenticatedAt?: number
}

/** Who acts: an authenticated user, with the role that the database gives them now. */
export interface Actor extends Presence {
  id: number
  username: string
  role: Role
  /** Empty for an API key. */
  sessionId: string
  /** Of the API key, where it is one that acts. */
  keyId?: number | undefined
  origin: Origin
}
