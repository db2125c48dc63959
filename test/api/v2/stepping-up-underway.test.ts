import { Readable } from 'node:stream'
import { test } from 'tap'
import { start } from '../../helper.ts'
import { enableTotp } from '../credentials.ts'
import { bearer } from '../v1/forge.ts'
import { enter, join } from './session.ts'

/** What takes a fresh session. */
const ACTS: Array<[method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body: object]> = [
  ['DELETE', '/api/v2/auth/totp', {}],
  ['POST', '/api/v2/auth/recovery-codes', {}],
  ['POST', '/api/v2/auth/api-keys', { name: 'x', scopes: ['posts:read'] }],
  ['POST', '/api/v2/me/exports', {}],
  ['PATCH', '/api/v2/me', { email: 'thief@example.com' }],
  ['PUT', '/api/v1/users/1', { email: 'thief@example.com' }],
  ['DELETE', '/api/v2/me', {}],
  ['DELETE', '/api/v1/users/1', {}],
]

for (const [method, url, sent] of ACTS)
  await test(`S86 ${method} ${url} that is underway when a factor comes is fresh no more`, async (t) => {
    const started = await start(t)
    const { app, backend } = started
    const alice = await join(started, 'alice')
    t.equal(alice.id, 1)
    // Whoever knows the password alone was here just before, and holds back the end of a body.
    const intruder = await enter(started, 'alice')
    const text = JSON.stringify(sent)
    let letIn = () => undefined as void
    const wasLetIn = new Promise<void>((resolve) => (letIn = resolve))
    // The body is read behind the check of the token.
    const payload = new Readable({ read: () => letIn() })
    payload.push(text.slice(0, -1))
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const headers = { ...bearer(intruder.access).headers, 'content-type': type }
    const underway = app.inject({ method, url, headers, payload }).then((reply) => reply)
    await wasLetIn
    await enableTotp(started, { id: alice.id, username: 'alice', accessToken: alice.access })
    payload.push(text.slice(-1))
    // The end of the stream.
    payload.push(null)
    const { statusCode } = await underway
    t.equal(statusCode, 403)
    t.ok(await backend.secondFactor.isActive(alice.id))
    t.match(await backend.accounts.find(alice.id), { pendingEmail: undefined })
    t.match(await alice.send('GET', '/api/v2/auth/api-keys'), { body: { data: [] } })
  })
