import createError from '@fastify/error'
import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { explain } from '../../../src/db/sqlite/store.ts'
import * as refusals from '../../../src/base/access-errors.ts'
import * as errors from '../../../src/base/errors.ts'
import { collect, frame } from './frame.ts'

const thrower = (error: unknown) => (app: FastifyInstance) => {
  for (const url of ['/api/v1/x', '/api/v2/x']) {
    app.get(url, { schema: { querystring: { type: 'object' } } }, async () => {
      throw error
    })
  }
}

await test('each error of the catalogue has its status and shape in both versions', async (t) => {
  const cases: [Error, v1: number, v2: number, code: string][] = [
    [new errors.MalformedRequest('no'), 400, 400, 'malformed_request'],
    [new errors.UnsupportedMediaType(), 400, 415, 'unsupported_media_type'],
    [new errors.PayloadTooLarge(), 413, 413, 'payload_too_large'],
    [new errors.UriTooLong(), 414, 414, 'uri_too_long'],
    [new refusals.TokenExpired(), 401, 401, 'token_expired'],
    [new refusals.Forbidden('You can only edit your own posts'), 403, 403, 'not_owner'],
    [new errors.NotFound('Post'), 404, 404, 'not_found'],
    [new errors.UsernameTaken(), 400, 409, 'username_taken'],
    [new errors.TooManyAttempts(7), 429, 429, 'too_many_attempts'],
    [new errors.Overloaded(2), 503, 503, 'overloaded'],
    [new errors.StorageFull(), 507, 507, 'storage_full'],
  ]
  for (const [error, v1, v2, code] of cases) {
    const app = await frame(t, thrower(error))
    const plain = await app.inject('/api/v1/x')
    t.equal(plain.statusCode, v1, code)
    t.same(plain.json(), { error: plain.statusMessage, message: error.message }, code)
    t.equal(plain.headers['content-type'], 'application/json; charset=utf-8')
    const modern = await app.inject('/api/v2/x?secret=canary')
    t.equal(modern.statusCode, v2, code)
    t.same(modern.json(), {
      type: `/problems/${code.replaceAll('_', '-')}`,
      title: modern.statusMessage,
      status: v2,
      detail: error.message,
      instance: '/api/v2/x',
      code,
      request_id: modern.headers['x-request-id'],
    })
    const retry = 'retryAfter' in error ? String(error.retryAfter) : undefined
    t.equal(plain.headers['retry-after'], retry, code)
    t.equal(plain.headers['cache-control'], 'no-store')
  }
})

await test('violations are joined in v1, listed in v2', async (t) => {
  const error = new errors.ValidationFailed([
    { in: 'body', path: '/title', code: 'required', detail: 'title is required' },
    { in: 'query', path: 'limit', code: 'too_large', detail: 'limit is too large' },
  ])
  const app = await frame(t, thrower(error))
  const plain = await app.inject('/api/v1/x')
  t.equal(plain.statusCode, 400)
  t.equal(plain.json().message, 'title is required; limit is too large')
  t.match((await app.inject('/api/v2/x')).json(), {
    status: 422,
    errors: [
      { pointer: '#/title', code: 'required', detail: 'title is required' },
      { in: 'query', parameter: 'limit', code: 'too_large', detail: 'limit is too large' },
    ],
  })
})

await test('a 401 names the challenge, with a reason only when a token was sent', async (t) => {
  const challenge = async (error: Error) => {
    const app = await frame(t, thrower(error))
    return (await app.inject('/api/v1/x')).headers['www-authenticate']
  }
  const bare = 'Bearer realm="commonplace"'
  t.equal(await challenge(new refusals.TokenMissing()), bare)
  t.equal(await challenge(new refusals.InvalidCredentials()), bare)
  t.equal(
    await challenge(new refusals.TokenRevoked()),
    `${bare}, error="invalid_token", error_description="Token has been revoked"`,
  )
  const Scope = createError('INSUFFICIENT_SCOPE', 'This key lacks a scope', 403)
  t.equal(await challenge(new Scope()), `${bare}, error="insufficient_scope"`)
  t.equal(await challenge(new refusals.Forbidden('not yours')), undefined)
})

await test('S75 S77 what nobody foresaw is a 500 that shows nothing and is logged whole', async (t) => {
  const sqlite = Object.assign(new Error('canary: no such table'), { code: 'SQLITE_ERROR' })
  const postgres = Object.assign(new Error('canary duplicate key'), {
    code: '23505',
    severity: 'ERROR',
  })
  const http = Object.assign(new Error('canary of a plugin'), { statusCode: 502 })
  const fastify = createError('FST_ERR_CANARY', 'canary of fastify', 500)
  for (const error of [sqlite, postgres, http, new fastify(), 'canary', undefined, { canary: 1 }]) {
    const stream = collect()
    const app = await frame(t, thrower(error), { env: { LOG_LEVEL: 'info' }, stream })
    const reply = await app.inject('/api/v1/x')
    t.equal(reply.statusCode, 500)
    t.same(reply.json(), {
      error: 'Internal Server Error',
      message: 'Something went wrong on our end',
    })
    t.notMatch(JSON.stringify(reply.headers), /canary/)
    const logged = stream.lines.find((line) => line.includes('"level":50'))
    if (error instanceof Error) t.match(logged, 'canary')
    t.match(logged, `"request_id":"${String(reply.headers['x-request-id'])}"`)
  }
})

await test('a token that breaks the JWT library is a 401, never a 500', async (t) => {
  const Broken = createError('FST_JWT_BAD_REQUEST', 'canary', 400)
  const Faulty = createError('FAST_JWT_MALFORMED', 'canary', 500)
  for (const error of [new Broken(), new Faulty()]) {
    const app = await frame(t, thrower(error))
    t.match((await app.inject('/api/v1/x')).json(), { message: 'Invalid token' })
  }
})

await test('the status alone of a plugin’s error is kept, its words are not', async (t) => {
  const app = await frame(t, thrower(Object.assign(new Error('canary'), { statusCode: 413 })))
  const reply = await app.inject('/api/v2/x')
  t.equal(reply.statusCode, 413)
  t.notMatch(reply.body, /canary/)
})

await test('S77 overload is a warning with its cause, without the parameters of a query', async (t) => {
  const stream = collect()
  const cause = Object.assign(new Error('Failed query: select 1\nparams: canary'), {
    params: ['canary'],
  })
  const error = new errors.Overloaded(1, { cause })
  const app = await frame(t, thrower(error), { env: { LOG_LEVEL: 'info' }, stream })
  t.equal((await app.inject('/api/v1/x')).statusCode, 503)
  t.match(stream.lines[0], /"level":40.*"code":"OVERLOADED".*Failed query: select 1/)
  t.notMatch(stream.lines.join(''), /canary/)
})

await test('S81 whatever lacks a handle is 503, however deep the reason', async (t) => {
  for (const code of ['EMFILE', 'ENFILE', 'ERR_WORKER_INIT_FAILED']) {
    const cause = Object.assign(new Error('too many open files'), { code })
    for (const error of [cause, new Error('outer', { cause })]) {
      const app = await frame(t, thrower(error))
      const reply = await app.inject('/api/v2/x')
      t.equal(reply.statusCode, 503, code)
      t.equal(reply.headers['retry-after'], '1')
      t.match(reply.json(), { code: 'overloaded' })
    }
  }
  const sqlite = Object.assign(new Error('unable to open database file'), {
    code: 'SQLITE_CANTOPEN',
  })
  t.match(explain(sqlite), { statusCode: 503, cause: sqlite })
})
