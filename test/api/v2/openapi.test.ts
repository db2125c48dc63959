import { test } from 'tap'
import { start } from '../../helper.ts'
import { type Document, operationsOf, soundDocuments } from '../documents.ts'

/** The table of wire.md: what a client may call, and which token it needs. */
const CONTRACT = [
  'POST /auth/register public',
  'POST /auth/login public',
  'POST /auth/refresh refresh',
  'GET /auth/csrf session',
  'POST /auth/logout session',
  'POST /auth/reauthenticate user',
  'POST /auth/password/change user',
  'POST /auth/email/verify public',
  'POST /auth/email/resend user',
  'POST /auth/password/forgot public',
  'POST /auth/password/reset public',
  'POST /users user',
  'GET /invitations user',
  'POST /invitations user',
  'DELETE /invitations/{id} user',
  'GET /auth/api-keys user',
  'POST /auth/api-keys user',
  'DELETE /auth/api-keys/{id} user',
  'POST /auth/introspect user',
  'POST /auth/revoke public',
  'POST /auth/totp user',
  'POST /auth/totp/confirm user',
  'DELETE /auth/totp user',
  'POST /auth/recovery-codes user',
  'GET /auth/providers public',
  'GET /auth/providers/{name}/start public',
  'GET /auth/providers/{name}/callback public',
  'POST /auth/providers/{name}/token public',
  'GET /me/identities user',
  'POST /me/identities user',
  'GET /me/identities/{id} user',
  'DELETE /me/identities/{id} user',
  'GET /auth/sessions user',
  'DELETE /auth/sessions/{id} user',
  'GET /me user',
  'PATCH /me user',
  'DELETE /me user',
  'GET /me/activity user',
  'POST /me/exports user',
  'GET /me/exports/{token} public',
  'GET /posts public',
  'POST /posts user',
  'POST /posts/bulk user',
  'GET /posts/{id} public',
  'PATCH /posts/{id} user',
  'DELETE /posts/{id} user',
  'GET /todos user',
  'POST /todos user',
  'POST /todos/bulk user',
  'GET /todos/{id} user',
  'PATCH /todos/{id} user',
  'DELETE /todos/{id} user',
  'GET /books user',
  'POST /books user',
  'POST /books/bulk user',
  'GET /books/{id} user',
  'PATCH /books/{id} user',
  'DELETE /books/{id} user',
  'GET /todos/export user',
  'GET /books/export user',
  'GET /posts/export user',
  'POST /todos/import user',
  'POST /books/import user',
  'GET /users optional',
  'GET /users/{id} optional',
  'PATCH /users/{id} user',
  'DELETE /users/{id} user',
  'DELETE /users/{id}/totp user',
  'GET /audit-events user',
  'GET /events user',
  'GET /authz public',
]
const SECURITY: Record<string, string> = {
  '+bearerAuth+apiKey+accessCookie': 'optional',
  'bearerAuth+apiKey+accessCookie': 'user',
  'bearerAuth+apiKey+accessCookie csrfToken': 'user',
  '': 'public',
  '+bearerAuth+accessCookie': 'optional',
  'bearerAuth+accessCookie': 'user',
  'bearerAuth+accessCookie csrfToken': 'user',
  '+refreshCookie csrfToken': 'refresh',
  'bearerAuth+refreshCookie': 'session',
  'bearerAuth+refreshCookie csrfToken': 'session',
}
const accessOf = (security: unknown) => {
  const schemes = (security as object[]).map((all) => Object.keys(all).join(' '))
  return SECURITY[schemes.join('+')] ?? schemes.join('+')
}

await test('the documents of v2', async (t) => {
  const started = await start(t)
  const document: Document = started.documents.v2
  await soundDocuments(t, started, 'v2')

  await t.test('they hold the contract, no more and no less', async (t) => {
    const found = operationsOf(document).map(
      ({ key, operation }) => `${key} ${accessOf(operation.security)}`,
    )
    t.same(found.toSorted(), CONTRACT.toSorted())
  })

  await t.test('every refusal that can come is there, as problem details', async (t) => {
    for (const { key, operation } of operationsOf(document)) {
      const isSafe = key.startsWith('GET')
      const isPublic = accessOf(operation.security) === 'public'
      const wanted = ['400', '422', '429', '431', '500', '503']
      if (!isPublic) wanted.push('401')
      if (key.includes('{id}')) wanted.push('404', '414')
      if (!isSafe) wanted.push('413')
      // One says what a token is, and one spends a link.
      const stores = isSafe ? key === 'GET /me/exports/{token}' : key !== 'POST /auth/introspect'
      t.equal('507' in operation.responses, stores, `${key} 507`)
      // The cookies of a page without the CSRF token.
      if (!isSafe && !isPublic) wanted.push('403')
      if (operation.requestBody) wanted.push('415')
      if (/^(PATCH|DELETE) \/(me|users|posts|todos|books)(\/\{id\})?$/.test(key)) wanted.push('412')
      const missing = wanted.filter((status) => !(status in operation.responses))
      t.same(missing, [], key)
      for (const [status, { $ref, content }] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue
        const name = $ref?.split('/').at(-1) ?? ''
        const shown = content ?? Object(document.components.responses[name]).content
        t.same(Object.keys(Object(shown)), ['application/problem+json'], `${key} ${status}`)
      }
    }
  })

  await t.test('a changed record can be told from the one that was read', async (t) => {
    for (const path of ['/me', '/users/{id}', '/posts/{id}', '/todos/{id}', '/books/{id}'])
      for (const key of [`GET ${path}`, `PATCH ${path}`]) {
        const found = operationsOf(document).find((one) => one.key === key)
        t.match(found?.operation.responses['200'], { headers: { ETag: {} } }, key)
      }
  })

  await t.test(
    'what creates records takes an Idempotency-Key, other POSTs say that they do not',
    async (t) => {
      for (const { key, operation } of operationsOf(document)) {
        if (!key.startsWith('POST')) continue
        const creates = /\/(posts|todos|books)(\/bulk|\/import)?$/.test(key)
        const names = (operation.parameters ?? []).map((one) => Object(one).name)
        t.equal(names.includes('idempotency-key'), creates, key)
        t.equal(
          /An `Idempotency-Key` is ignored/.test(String(operation.description)),
          !creates,
          key,
        )
      }
    },
  )

  await t.test('no name becomes another in a generated client', async (t) => {
    const { schemas } = document.components
    for (const [name, schema] of Object.entries(schemas)) {
      const { properties = {} } = Object(schema)
      // Go: the constructor of `Post` is `NewPost`. Python: an object of `PostPage` is `post_page`.
      t.notOk(`New${name}` in schemas, name)
      const snake = name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase()
      t.notOk(snake in properties, `${name}.${snake}`)
      for (const [member, { uniqueItems, items }] of Object.entries<{
        uniqueItems?: boolean
        items?: object
      }>(properties))
        if (uniqueItems === true)
          t.match(items, { $ref: String }, `${name}.${member}: a set of what has a name`)
    }
  })

  await t.test('a PATCH is a merge patch, by either name', async (t) => {
    for (const { key, operation } of operationsOf(document))
      if (key.startsWith('PATCH'))
        t.same(
          Object.keys(operation.requestBody?.content ?? {}),
          ['application/merge-patch+json', 'application/json'],
          key,
        )
  })
})
