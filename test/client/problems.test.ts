import { test } from 'tap'
import { memoryStorage, ProblemError, type ProblemCode } from '../../client/src/index.ts'
import { types } from '../../client/generate.ts'
import { ALICE, proxy, serve } from './node.ts'

const byText = (a: string, b: string) => (a < b ? -1 : 1)
const caught = async (call: Promise<unknown>): Promise<ProblemError> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ProblemError)) throw new Error('no problem', { cause: error })
  return error
}

await test('the committed types are those of the document', async (t) => {
  const { committed, made } = await types()
  t.equal(committed, made, '`npm run client:types` makes them')
})

await test('a refusal is an error that tells its cause', async (t) => {
  const node = await serve(t)
  const { login, POST, GET, PATCH } = node.client()
  await login(ALICE)
  // The cast: what the compiler would refuse.
  const body = { title: 'a'.repeat(201), content: 5, x: 1 } as never
  const refusal = await caught(POST('/posts', { body }))
  t.ok(refusal instanceof Error)
  t.match(refusal, {
    name: 'ProblemError',
    code: 'validation_failed',
    status: 422,
    message: String,
    requestId: /^[\w-]+$/,
    retryAfter: undefined,
  })
  t.equal(refusal.requestId, refusal.response.headers.get('x-request-id'))
  t.strictSame(refusal.errors.map(({ pointer, code }) => `${pointer} ${code}`).toSorted(byText), [
    '#/content wrong_type',
    '#/title too_long',
    '#/x unknown_member',
  ])

  const absent = await caught(GET('/posts/{id}', { params: { path: { id: 42 } } }))
  t.match(absent, { code: 'not_found', status: 404, errors: [], message: /not found/ })
  const { data } = await POST('/posts', { body: { title: 'a', content: 'b' } })
  const params = { path: { id: data.id }, header: { 'if-match': '"stale"' } }
  const stale = await caught(PATCH('/posts/{id}', { params, body: { title: 'c' } }))
  t.match(stale, { code: 'precondition_failed', status: 412 })
})

await test('codes are known by the compiler', (t) => {
  const code = 'not_owner' satisfies ProblemCode
  // @ts-expect-error no such code
  const typo = 'not_the_owner' satisfies ProblemCode
  t.not(code, typo)
  t.end()
})

await test('guessing is told how long to wait, and is not repeated', async (t) => {
  const node = await serve(t)
  const { login } = node.client()
  const wrong = { ...ALICE, password: 'not the password' }
  for (let i = 0; i < 5; i += 1) t.equal((await caught(login(wrong))).code, 'invalid_credentials')
  const refusal = await caught(login(ALICE))
  t.match(refusal, { code: 'too_many_attempts', status: 429, retryAfter: 1 })
  t.strictSame([node.waits, node.count('POST /auth/login')], [[], 6])
})

await test('an answer of 304 is no problem', async (t) => {
  const node = await serve(t)
  const { login, GET } = node.client()
  await login(ALICE)
  const { data, response } = await GET('/me')
  const tag = response.headers.get('etag') ?? ''
  const again = await GET('/me', { params: { header: { 'if-none-match': tag } } })
  t.strictSame([again.data, again.response.status, data.username], [undefined, 304, 'alice'])
})

await test('an answer without a body has no data, and a file is read as asked for', async (t) => {
  const node = await serve(t)
  const { login, POST, GET, DELETE } = node.client()
  await login(ALICE)
  const { data: todo } = await POST('/todos', { body: { title: 'Water the plants' } })
  const query = { format: 'csv' } as const
  const { data: csv } = await GET('/todos/export', { params: { query }, parseAs: 'text' })
  t.match(csv, 'Water the plants')
  const { data, response } = await DELETE('/todos/{id}', { params: { path: { id: todo.id } } })
  t.strictSame([data, response.status], [undefined, 204])
})

await test('where nobody listens, fetch says so', async (t) => {
  const node = await serve(t)
  const { GET } = node.client({ baseUrl: 'http://127.0.0.1:9/api/v2' })
  const error = await GET('/me').catch((reason: unknown) => reason)
  t.match(error, { name: 'TypeError', message: 'fetch failed' })
  t.notOk(error instanceof ProblemError)
  t.equal(node.waits.length, 3)
})

await test('what a proxy answers in place of the server', async (t) => {
  const node = await serve(t)
  let inPlace: [line: string, status: number, type: string, text: string] | undefined
  const baseUrl = await proxy(t, node.port, (line, reply, outgoing) => {
    if (line !== inPlace?.[0]) return 'pass'
    const [, status, type, text] = inPlace
    reply.resume()
    outgoing.writeHead(status, type ? { 'content-type': type } : {}).end(text)
    return 'meddled'
  })
  const storage = memoryStorage()
  let signedOut = 0
  const { login, logout, GET } = node.client({
    baseUrl,
    storage,
    onSignedOut: () => (signedOut += 1),
  })
  const unknown = (status: number) => ({ name: 'ProblemError', code: 'unknown', status }) as const
  const page = '<p>Sign in to the Wi-Fi'

  for (const [type, text] of [
    ['text/html', page],
    ['text/plain', 'OK'],
    ['', ''],
  ] as const) {
    inPlace = ['POST /auth/login', 200, type, text]
    await t.rejects(login(ALICE), unknown(200), `a login with ${type}`)
    t.equal(await storage.get(), undefined)
  }
  inPlace = undefined
  await login(ALICE)
  const tokens = await storage.get()

  inPlace = ['GET /me', 200, 'text/html', page]
  await t.rejects(GET('/me'), unknown(200))
  for (const text of [page, '', 'null', '"text"', '[]']) {
    inPlace = ['GET /me', 404, 'application/problem+json', text]
    await t.rejects(GET('/me'), unknown(404), text)
  }
  inPlace = ['GET /me', 200, 'application/json', '{"username":']
  await t.rejects(GET('/me'), { name: 'SyntaxError' })

  node.clock.advance(901)
  for (const [type, text] of [
    ['text/html', page],
    ['application/json', '{"code":"token_invalid"}'],
  ] as const) {
    inPlace = ['POST /auth/refresh', 401, type, text]
    await t.rejects(GET('/me'), unknown(401), type)
  }
  t.strictSame([await storage.get(), signedOut], [tokens, 0], 'nobody is signed out by a proxy')
  inPlace = undefined
  t.equal((await GET('/me')).data.username, 'alice')
  t.equal(node.waits.length, 0, 'none of that is sent again')

  inPlace = ['POST /auth/logout', 401, 'text/html', page]
  await t.rejects(logout(), unknown(401), 'the server has not been told')
})
