import type { Test } from 'tap'
import { type Options, start } from '../../helper.ts'
import { mailServer, tokenIn } from '../../mail-server.ts'

export const PASSWORD = 'a quiet place to write'
export const NEW_PASSWORD = 'a louder place to read'

/** A server that mails, its mail server, and people with addresses. */
export async function scene(t: Test, options: Options = {}) {
  const server = await mailServer(t)
  const MAIL_FROM = 'Commonplace <noreply@example.com>'
  const env = { SMTP_URL: server.url, MAIL_FROM, ...options.env }
  const started = await start(t, { ...options, env })
  const { backend, request } = started
  const post = (path: string, body?: object, headers: Record<string, string> = {}) =>
    request('POST', `/api/v2/auth/${path}`, { ...(body && { body }), headers })
  /** Hands over what is due. @returns the mails that came */
  async function delivered() {
    const before = server.mails.length
    await backend.outbox.deliver()
    return server.mails.slice(before)
  }
  async function register(username: string, email?: string) {
    const reply = await post('register', { username, password: PASSWORD, ...(email && { email }) })
    t.equal(reply.status, 201)
    return started.login(username, Number(reply.body.id))
  }
  /** An account with a confirmed address. */
  async function verified(username: string, email: string) {
    const client = await register(username, email)
    const [mail] = await delivered()
    t.match(await post('email/verify', { token: mail && tokenIn(mail) }), { status: 204 })
    return client
  }
  const me = async (client: { get: Awaited<ReturnType<typeof register>>['get'] }) =>
    (await client.get('/api/v2/me')).body
  const logsIn = async (identifier: string, password = PASSWORD) =>
    (await post('login', { identifier, password })).status
  return { ...started, server, post, delivered, register, verified, me, logsIn }
}
