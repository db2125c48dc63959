import type { Test } from 'tap'
import { eq } from '../../../src/db/drizzle.ts'
import type { Reply, Send, Started, TestClock } from '../../helper.ts'
import { bearer } from '../v1/forge.ts'

export const PASSWORD = 'a quiet place to write'

export type Node = Pick<Started, 'request' | 'backend'>

/** Time that stands still until it is moved: a slow machine changes no wait. */
export function stillClock(): TestClock {
  let at = Date.now()
  return { now: () => new Date(at), advance: (seconds) => void (at += seconds * 1000) }
}

export const register = ({ backend }: Node, username: string, email?: string) =>
  backend.accounts.register({ username, password: PASSWORD, email })

export const login = ({ request }: Node, identifier: string, password = PASSWORD, more?: Send) =>
  request('POST', '/api/v2/auth/login', { body: { identifier, password }, ...more })

export interface Session {
  sid: string
  access: string
  refresh: string
  /** Sends the access token with the request. */
  send: (method: string, url: string, body?: unknown) => Promise<Reply>
}

export const sessionOf = ({ request }: Node, { body }: Reply): Session => ({
  sid: body.session_id,
  access: body.access_token,
  refresh: body.refresh_token,
  send: (method, url, sent) =>
    request(method, url, {
      ...bearer(body.access_token),
      ...(sent !== undefined && { body: sent }),
    }),
})

/** A new session of a user who is registered. */
export const enter = async (node: Node, username: string) =>
  sessionOf(node, await login(node, username))

/** A session of a user who has just registered. */
export async function join(node: Node, username: string): Promise<Session & { id: number }> {
  const { id } = await register(node, username)
  return { id, ...(await enter(node, username)) }
}

export const refresh = ({ request }: Node, token: unknown) =>
  request('POST', '/api/v2/auth/refresh', { body: { refresh_token: token } })

/** Refreshes, and goes on with what that gives. */
export const renew = async (node: Node, token: string) =>
  sessionOf(node, await refresh(node, token))

export const me = ({ request }: Node, access: string, version = 2) =>
  request('GET', `/api/v${version}/me`, bearer(access))

/** The ids of the sessions of a user that have not ended. */
export async function openSessions({ backend: { store } }: Node, userId: number) {
  const { sessions } = store.tables
  const rows = await store.query((q) =>
    q.select().from(sessions).where(eq(sessions.userId, userId)),
  )
  return rows
    .filter(({ endedAt }) => endedAt === null)
    .map(({ id }) => id)
    .toSorted()
}

/** The refresh tokens that are kept of a session. */
export function tokensOf({ backend: { store } }: Node, sid: string) {
  const { refreshTokens } = store.tables
  return store.query((q) => q.select().from(refreshTokens).where(eq(refreshTokens.sessionId, sid)))
}

export const events = async ({ backend: { store } }: Node, action: string) => {
  const { auditEvents } = store.tables
  return store.query((q) => q.select().from(auditEvents).where(eq(auditEvents.action, action)))
}

/** A refusal of v2. A 401 for a token that was sent tells that it is invalid. */
export function refused(t: Test, reply: Reply, status: number, code: string, name?: string) {
  const type = `/problems/${code.replaceAll('_', '-')}`
  t.match(reply, { status, body: { status, code, type } }, name ?? code)
}
