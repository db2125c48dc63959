import type { Test } from 'tap'
import { mailServer, tokenIn } from '../../mail-server.ts'
import { codeOf } from '../credentials.ts'
import { bearer } from '../v1/forge.ts'
import { watch } from './event-stream.ts'
import { NEW_PASSWORD, PASSWORD } from './mailing.ts'
import { login, sessionOf } from './session.ts'
import { scene as signingIn } from './signing-in.ts'

const OWN = 'owner@example.com'
const THIEF = 'thief@example.com'
const SCOPES = ['account:read', 'todos:read', 'todos:write', 'events:read', 'users:write']

/** A server with mail and providers, and an admin with a confirmed address, a key, and a session that somebody has stolen. */
export async function scene(t: Test) {
  const server = await mailServer(t)
  const MAIL_FROM = 'Commonplace <noreply@example.com>'
  const started = await signingIn(t, { env: { SMTP_URL: server.url, MAIL_FROM } })
  const { backend, request, as } = started
  const auth = (path: string, body: object) => request('POST', `/api/v2/auth/${path}`, { body })
  async function delivered() {
    const before = server.mails.length
    await backend.outbox.deliver()
    return server.mails.slice(before)
  }
  const linkTo = async (address: string) => {
    const mails = await delivered()
    const mail = mails.find(({ to, text }) => to?.[0]?.address === address && text?.includes('#'))
    return mail ? tokenIn(mail) : ''
  }
  await as('another', 'admin')
  const registered = await auth('register', { username: 'owner', password: PASSWORD, email: OWN })
  const id = Number(registered.body.id)
  await auth('email/verify', { token: await linkTo(OWN) })
  await backend.accounts.setRole(id, 'admin')
  const enter = async (password = PASSWORD) =>
    sessionOf(started, await login(started, 'owner', password))
  const own = await enter()
  const stolen = await enter()

  /** Asks for a link, and takes it out of the owner's mailbox. */
  async function forgotten() {
    started.clock.advance(61)
    await auth('password/forgot', { email: OWN })
    return linkTo(OWN)
  }
  async function reset() {
    const token = await forgotten()
    return auth('password/reset', { token, new_password: NEW_PASSWORD })
  }
  return { ...started, id, auth, delivered, linkTo, enter, own, stolen, forgotten, reset, server }
}
export type Scene = Awaited<ReturnType<typeof scene>>

/** Does all that an intruder with a stolen session can, by the names of the operations. @returns what they have of it */
export async function intrude(t: Test, all: Scene) {
  const { stolen, linkTo, goTo, other, spend } = all
  const made = async (method: string, url: string, body?: object) => {
    const reply = await stolen.send(method, url, body)
    t.ok(reply.status < 300, `${method} ${url}: ${reply.status}`)
    return reply.body
  }
  const codeAt = async () => {
    const { code, verifier } = await goTo(other.visit, 'other')
    return { code, verifier }
  }
  const { key } = await made('POST', '/api/v2/auth/api-keys', { name: 'x', scopes: SCOPES })
  other.state.says = { sub: 'intruder', email: THIEF, email_verified: true }
  await made('POST', '/api/v2/me/identities', await codeAt())
  const linked = sessionOf(all, await spend(await codeAt(), 'other'))
  await made('PATCH', '/api/v2/me', { email: THIEF })
  const pending = await linkTo(THIEF)
  const { secret } = await made('POST', '/api/v2/auth/totp')
  const { url: archive } = await made('POST', '/api/v2/me/exports')
  const { token: invitation } = await made('POST', '/api/v2/invitations', { role: 'admin' })
  const forgotten = await all.forgotten()
  await made('PATCH', '/api/v2/me', { email: 'thief2@example.com' })
  const { body } = await all.auth('refresh', { refresh_token: stolen.refresh })
  const streams = [await watch(t, all, body.access_token), await watch(t, all, key)]
  return {
    key: String(key),
    sessions: [stolen, linked, { access: body.access_token, refresh: body.refresh_token }],
    pending: [pending, await linkTo('thief2@example.com')],
    forgotten,
    archive: String(archive),
    invitation: String(invitation),
    streams,
    otp: () => codeOf(secret, all),
    /** Goes to the provider again. @returns what it lets in to */
    arrive: async () => spend(await codeAt(), 'other'),
    arrival: await codeAt(),
  }
}
export type Loot = Awaited<ReturnType<typeof intrude>>

/** Tries everything at every door. @returns what was let in, but for a stranger's own new account */
export async function breakIn(all: Scene, loot: Loot): Promise<string[]> {
  const { request, auth, id } = all
  const opened: string[] = []
  const expect = (name: string, { status }: { status: number }, ...refusals: number[]) => {
    if (!refusals.includes(status)) opened.push(`${name}: ${status}`)
  }
  for (const [index, { access, refresh }] of loot.sessions.entries()) {
    const say = (what: string) => `${what} of session ${index}`
    for (const url of ['/api/v2/me', '/api/v1/me', '/api/v1/protected', '/api/v2/auth/sessions'])
      expect(say(url), await request('GET', url, bearer(access)), 401)
    for (const token of [access, refresh])
      expect(say('csrf'), await request('GET', '/api/v2/auth/csrf', bearer(token)), 401)
    expect(say('v2 refresh'), await auth('refresh', { refresh_token: refresh }), 401)
    expect(say('v1 refresh'), await request('POST', '/api/v1/refresh', bearer(refresh)), 401)
    for (const [path, body] of [
      ['/api/v2/auth/api-keys', { name: 'y', scopes: ['account:read'] }],
      ['/api/v2/auth/totp/confirm', { otp: loot.otp() }],
      ['/api/v2/me/identities', loot.arrival],
      ['/api/v2/me/exports', undefined],
    ] as const)
      expect(say(path), await request('POST', path, { body, ...bearer(access) }), 401)
  }
  for (const headers of [{ 'x-api-key': loot.key }, { authorization: `Bearer ${loot.key}` }])
    for (const url of ['/api/v2/me', '/api/v2/todos', '/api/v1/todos', '/api/v2/events'])
      expect(`${url} by the key`, await request('GET', url, { headers }), 401)
  for (const token of loot.pending) expect('pending', await auth('email/verify', { token }), 422)
  const change = { token: loot.forgotten, new_password: 'a place of somebody else' }
  expect('a mailed link', await auth('password/reset', change), 422)
  expect('the export', await request('GET', loot.archive), 404)
  const guest = { username: 'guest', password: PASSWORD, invitation: loot.invitation }
  expect('the invitation', await auth('register', guest), 422)
  for (const reply of [await all.spend(loot.arrival, 'other'), await loot.arrive()]) {
    const who = await request('GET', '/api/v2/me', bearer(reply.body?.access_token))
    if (who.body?.id === id) opened.push('the linked sign-in')
  }
  expect('the old password', await login(all, 'owner'), 401)
  for (const stream of loot.streams) await stream.closed
  return opened
}
