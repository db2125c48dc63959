import type { Test } from 'tap'
import { type Options, type Reply, start, type Started } from '../../helper.ts'

export const PASSWORD = 'a quiet place to write'
export const API = 'https://api.example.com'
export const ACCESS = '__Host-commonplace_access'
export const REFRESH = '__Host-commonplace_refresh'

interface More {
  body?: object
  headers?: Record<string, string>
}

export const DEVICE = '__Host-commonplace_device'
const allCookies = ({ headers }: Reply): string[] => [headers['set-cookie'] ?? []].flat()
const isOfDevice = (line: string) => line.startsWith(`${DEVICE}=`)

/** The cookies of a session: what a login leaves on the device is no part of it. */
export const setCookies = (reply: Reply): string[] =>
  allCookies(reply).filter((line) => !isOfDevice(line))
export const deviceCookie = (reply: Reply): string => allCookies(reply).find(isOfDevice) ?? ''

/**
 * A page in a browser, as far as cookies go: it keeps those of each reply and sends them with the next request. The CSRF token goes with
 * every request that does not bring its own; an empty one is not sent.
 */
export function openPage({ request }: Started) {
  const cookies = new Map<string, string>()
  let csrf = ''

  async function send(call: string, { body, headers = {} }: More = {}): Promise<Reply> {
    const [method = '', path = ''] = call.split(' ')
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const sent = { ...(cookie && { cookie }), 'x-csrf-token': csrf, ...headers }
    if (sent['x-csrf-token'] === '') Reflect.deleteProperty(sent, 'x-csrf-token')
    const reply = await request(method, `/api/v2${path}`, { ...(body && { body }), headers: sent })
    for (const line of setCookies(reply)) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (line.includes('Max-Age=0')) cookies.delete(name)
      else cookies.set(name, value)
    }
    csrf = reply.body?.csrf_token ?? csrf
    return reply
  }
  return {
    cookies,
    send,
    csrf: () => csrf,
    login: (identifier = 'alice') =>
      send('POST /auth/login', { body: { identifier, password: PASSWORD, transport: 'cookie' } }),
  }
}

/** The app as it is behind https, with alice and bob, a page of each, and what the database knows. */
export async function open(t: Test, { env, ...more }: Options = {}) {
  const node = await start(t, { env: { PUBLIC_URL: API, ...env }, ...more })
  const { accounts, store } = node.backend
  if (more.databaseUrl === undefined)
    for (const username of ['alice', 'bob'])
      await accounts.register({ username, password: PASSWORD })

  const { users, sessions, refreshTokens, auditEvents } = store.tables
  /** Everything that a request could have changed, but the audit trail. */
  const state = async () => ({
    users: await store.query((q) => q.select().from(users).orderBy(users.id)),
    sessions: await store.query((q) => q.select().from(sessions).orderBy(sessions.id)),
    tokens: await store.query((q) => q.select().from(refreshTokens).orderBy(refreshTokens.jti)),
  })
  const audit = async () => {
    const rows = await store.query((q) => q.select().from(auditEvents).orderBy(auditEvents.id))
    return rows.map(({ action, outcome, actorId, targetType, targetId }) =>
      [action, outcome, actorId, targetType, targetId].join(' '),
    )
  }
  return { ...node, state, audit, page: () => openPage(node) }
}
