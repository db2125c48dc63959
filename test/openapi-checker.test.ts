import { test } from 'tap'
import { checker } from './openapi-checker.ts'
import { start } from './helper.ts'

/** A check that never fails proves nothing: each of these faults must be seen. */
await test('the checker finds planted faults', async (t) => {
  const {
    documents: { v1: document },
    as,
  } = await start(t)
  const check = checker(document)
  const alice = await as('alice')
  const { headers, text, status } = await alice.post('/api/v1/posts', { title: 'a', content: 'b' })
  const path = '/api/v1/posts'
  const good = { status, headers, text }
  const post: Record<string, unknown> = JSON.parse(text)
  const body = (changes: object) => ({ ...good, text: JSON.stringify({ ...post, ...changes }) })
  const header = (changes: Record<string, string | undefined>) => ({
    ...good,
    headers: { ...headers, ...changes },
  })

  t.same(check('POST', path, good), [], 'the reply itself is fine')
  const planted: Array<[name: string, fault: RegExp, faults: string[]]> = [
    ['a path', /path is not documented/, check('POST', '/api/v1/pasts', good)],
    ['a method', /PATCH is not documented/, check('PATCH', path, good)],
    ['a status', /status 200 is not/, check('POST', path, { ...good, status: 200 })],
    ['a media type', /"text\/html"/, check('POST', path, header({ 'content-type': 'text/html' }))],
    [
      'a missing header',
      /location is missing/,
      check('POST', path, header({ location: undefined })),
    ],
    ['a wrong header', /x-api-version must/, check('POST', path, header({ 'x-api-version': '2' }))],
    ['an unknown header', /x-secret is not/, check('POST', path, header({ 'x-secret': '1' }))],
    [
      'a missing member',
      /required property 'title'/,
      check('POST', path, body({ title: undefined })),
    ],
    ['an unknown member', /"password_hash"/, check('POST', path, body({ password_hash: 'x' }))],
    ['a wrong type', /\/id must be integer/, check('POST', path, body({ id: '1' }))],
    [
      'a wrong format',
      /\/created_at must match/,
      check('POST', path, body({ created_at: '2026' })),
    ],
    ['a broken body', /not JSON/, check('POST', path, { ...good, text: '{' })],
    [
      'a body of HEAD',
      /HEAD has a body/,
      check('HEAD', path, { ...(await alice.get(path)), text }),
    ],
    [
      'a body of 204',
      /a body is not documented/,
      check('DELETE', `${path}/1`, { ...(await alice.delete(`${path}/1`)), text }),
    ],
    [
      'a member of a member',
      /\/posts\/0 must NOT have additional.*"x"/,
      check('GET', path, {
        ...(await alice.get(path)),
        text: JSON.stringify({ posts: [{ ...post, x: 1 }] }),
      }),
    ],
  ]
  for (const [name, fault, faults] of planted) t.match(faults.join('\n'), fault, name)
})

await test('what is outside the document is said to be', async (t) => {
  const {
    documents: { v1: document },
  } = await start(t)
  const { outside } = checker(document)
  t.match(outside('GET', '/healthz', 200), 'another part of the server')
  t.match(outside('GET', '/api/v10/posts', 200), 'another part of the server')
  t.match(outside('GET', '/api/v1/openapi-3.0.json', 200), 'a document')
  t.match(outside('OPTIONS', '/api/v1/posts', 204), 'the router answers OPTIONS')
  t.match(outside('GET', '/api/v1/nothing', 404), 'an unknown path')
  t.match(outside('PATCH', '/api/v1/posts', 405), 'a wrong method')
  t.equal(outside('GET', '/api/v1/nothing', 200), undefined, 'an unknown path must not succeed')
  t.equal(outside('GET', '/api/v1/posts/1', 404), undefined)
  t.equal(outside('HEAD', '/api/v1/posts', 200), undefined)
})
