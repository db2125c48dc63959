import { test } from 'tap'
import { start } from '../helper.ts'
import { collect, exchange } from './plugins/frame.ts'

await test('S88 S77 no token is in a line of the log, whatever method or status', async (t) => {
  const stream = collect()
  const node = await start(t, { env: { LOG_LEVEL: 'trace' }, logStream: stream })
  const { app, backend } = node
  const alice = await node.as('alice')
  const key = (await alice.post('/api/v2/auth/api-keys', { name: 'a', scopes: ['todos:read'] }))
    .body
  const archive = (await alice.post('/api/v2/me/exports')).body
  const exported = String(archive.url).split('/').at(-1) ?? ''
  const tokens = [
    alice.accessToken,
    alice.refreshToken,
    key.key,
    exported,
    backend.ids.bytes(32).toString('base64url'),
  ]
  for (const token of tokens) t.ok(typeof token === 'string' && token.length > 40)
  const places = (token: string) => [
    `/api/v2/me/exports/${token}`,
    `/api/v2/me/exports/${token}/`,
    `/api/v2/me/exports/${token}/more`,
    `/api/v2//me/exports/${token}`,
    `/API/V2/me/exports/${token}`,
    `/api/v2/me/exports%2F${token}`,
    `/api/v2/me/exports/${token}${'x'.repeat(120)}`,
    `/api/v2/me/exports/${token}?token=${token}`,
    `/api/v2/me/exports?token=${token}`,
    `/api/v1/me/exports/${token}`,
    `/api/v2/posts/${token}`,
    `/api/v1/todos/${token}`,
    `/api/v2/auth/sessions/${token}`,
    `/api/v2/auth/providers/${token}/callback?code=${token}&state=${token}`,
    `/verify-email%23token=${token}`,
    `/reset-password%23token%3D${token}`,
    `/verify-email#token=${token}`,
    `/verify-email;token=${token}`,
    `/verify-email%3Ftoken=${token}`,
    `/${token}`,
    `/%zz${token}`,
    `/%zz?${token}`,
    `/docs/${token}`,
    `/problems/${token}`,
    `/healthz?token=${token}`,
    `//${token}@host/`,
    `/a/${token.slice(0, 1)}%${token.charCodeAt(1).toString(16)}${token.slice(2)}`,
  ]
  const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
  const statuses = new Set<number>()
  for (const [i, token] of tokens.entries())
    for (const [j, url] of places(token).entries()) {
      // Each place by some methods, all methods over all places.
      for (const method of [METHODS[(i + j) % 7]!, METHODS[(i + j + 2) % 7]!]) {
        const reply = await app.inject({
          method,
          url,
          headers: {
            authorization: `Bearer ${token}`,
            'x-api-key': token,
            cookie: `commonplace_access=${token}; x=${token}`,
            'content-type': j % 2 === 0 ? 'application/json' : `x/${token}`,
            'if-none-match': `"${token}"`,
            'x-csrf-token': token,
          },
          ...(method === 'POST' && { payload: `{"token":"${token}",` }),
        })
        statuses.add(reply.statusCode)
      }
    }
  for (const token of tokens) {
    const url = `/api/v2/auth/login?token=${token}`
    const headers = { 'content-type': `x/${token}` }
    const { statusCode } = await app.inject({ method: 'POST', url, headers, payload: token })
    statuses.add(statusCode)
  }
  const END = 'Host: x\r\nConnection: close\r\n\r\n'
  const wire = [
    (token = '') => `GET /verify-email#token=${token} HTTP/1.1\r\n${END}`,
    (token = '') => `GET /x/${token} HTTP/9.9\r\n${END}`,
    (token = '') => `GET /x/${token} HTTP/1.1\r\nHost : ${token}\r\n${END}`,
    (token = '') => `GET /x/${token} HTTP/1.1\r\nConnection: close\r\n\r\n`,
    (token = '') => `GET /x/${token} HTTP/1.1\r\nX: ${token.repeat(500)}\r\n${END}`,
    (token = '') => `BREW /x/${token} HTTP/1.1\r\n${END}`,
    (token = '') => `GET http://x/${token} HTTP/1.1\r\n${END}`,
    (token = '') => `${token}\r\n\r\n`,
  ]
  for (const [i, write] of wire.entries()) await exchange(app, write(tokens[i % tokens.length]))

  const failure = new Error(`GET /a?token=${exported} failed`, {
    cause: new Error(`no such row: ${exported}`, { cause: `Bearer ${alice.accessToken}` }),
  })
  app.log.error({ err: failure, detail: `?token=${exported}` }, `of https://x/a?code=secretive`)
  app.log.warn({ request_id: 'r'.repeat(60) }, 'the id of a request stays')

  const log = stream.lines.join('')
  for (const status of [200, 400, 401, 404, 405, 414, 415]) t.ok(statuses.has(status), `${status}`)
  t.ok(stream.lines.length > 250)
  const readings = [
    log,
    log.replaceAll(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16))),
  ]
  for (const reading of readings) {
    for (const token of tokens) {
      t.notOk(reading.includes(token), 'the whole token')
      for (const part of token.split('.')) t.notOk(reading.includes(part.slice(2)), 'a part of it')
    }
    t.notMatch(reading, /secretive/)
  }
  t.match(log, 'r'.repeat(60))
  for (const line of stream.lines) JSON.parse(line)
})
