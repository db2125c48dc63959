import { test, type Test } from 'tap'
import { start, type Reply, type Send } from '../../helper.ts'
import { events, refused } from '../../api/v2/session.ts'
import { actorOf } from '../../api/credentials.ts'
import { unzip } from '../../api/v2/unzip.ts'
import { watch } from '../../api/v2/event-stream.ts'
import { databaseWithNotes, WITH_NOTES } from './note.ts'

const NOTES = '/api/v2/notes'
const CSV = { 'content-type': 'text/csv' }

/** Alice and Bob, and an admin, at a server that has notes. */
async function scene(t: Test) {
  const started = await start(t, {
    databaseUrl: await databaseWithNotes(t),
    resources: WITH_NOTES,
  })
  const [alice, bob, admin] = [
    await started.as('alice'),
    await started.as('bob'),
    await started.as('root-of-all', 'admin'),
  ]
  const rows = () =>
    started.backend.store.query((q) =>
      q.select().from((started.backend.store.tables as never)['notes']),
    ) as Promise<Array<Record<string, unknown>>>
  return { ...started, alice, bob, admin, rows }
}
const titlesOf = ({ body }: Reply): string[] =>
  body.data.map(({ title }: { title: string }) => title)

await test('a resource that is declared has all routes, with every refusal, and its owner rule', async (t) => {
  const { request, alice, bob, admin, rows, backend } = await scene(t)
  refused(t, await request('GET', NOTES), 401, 'token_missing')
  refused(t, await request('POST', NOTES, { body: { title: 'x' } }), 401, 'token_missing')

  const made = await alice.post(NOTES, { title: ' Rivers ', ends_at: '2026-12-24T18:00:00+01:00' })
  t.equal(made.status, 201)
  t.strictSame(Object.keys(made.body), [
    'id',
    'title',
    'body',
    'mood',
    'pinned',
    'ends_at',
    'about_year',
    'created_at',
    'updated_at',
  ])
  t.match(made.body, {
    title: 'Rivers',
    body: null,
    mood: 'calm',
    pinned: false,
    ends_at: '2026-12-24T17:00:00.000Z',
    about_year: null,
  })
  const { location: url = '', etag = '' } = made.headers
  t.equal(url, `${NOTES}/${made.body.id}`)

  for (const [body, code, pointer] of [
    [{}, 'required', '#/title'],
    [{ title: '' }, 'too_short', '#/title'],
    [{ title: 'x'.repeat(201) }, 'too_long', '#/title'],
    [{ title: 'x', mood: 'odd' }, 'not_one_of', '#/mood'],
    [{ title: 'x', pinned: 'yes' }, 'wrong_type', '#/pinned'],
    [{ title: 'x', about_year: 99999 }, 'too_large', '#/about_year'],
    [{ title: 'x', ends_at: 'soon' }, 'wrong_format', '#/ends_at'],
    [{ title: 'x', colour: 'red' }, 'unknown_member', '#/colour'],
    [{ title: 'x', created_at: '2026-12-24T18:00:00Z' }, 'unknown_member', '#/created_at'],
    [{ title: 'a\0' }, 'malformed_text', '#/title'],
  ] as const) {
    const reply = await alice.post(NOTES, body)
    refused(t, reply, 422, 'validation_failed')
    t.match(reply.body.errors, [{ pointer, code }], JSON.stringify(body))
  }
  t.equal((await rows()).length, 1, 'nothing of it was written')

  for (const other of [bob, admin]) {
    refused(t, await other.get(url), 403, 'not_owner')
    refused(t, await other.patch(url, { title: 'mine' }), 403, 'not_owner')
    refused(t, await other.delete(url), 403, 'not_owner')
    t.strictSame(titlesOf(await other.get(NOTES)), [])
    t.strictSame(titlesOf(await other.get(`${NOTES}?q=rivers`)), [])
  }
  t.equal((await events({ backend, request }, 'access.denied')).length, 6)
  for (const verb of ['get', 'delete'] as const)
    refused(t, await alice[verb](`${NOTES}/4711`), 404, 'not_found')
  refused(t, await alice.patch(`${NOTES}/4711`, { title: 'x' }), 404, 'not_found')

  refused(
    t,
    await alice.patch(url, { pinned: true }, { headers: { 'if-match': '"n9-00000000"' } }),
    412,
    'precondition_failed',
  )
  const changed = await alice.patch(
    url,
    { pinned: true, ends_at: null },
    { headers: { 'if-match': etag } },
  )
  t.match(changed, { status: 200, body: { pinned: true, ends_at: null, title: 'Rivers' } })
  t.equal(
    (await alice.get(url, { headers: { 'if-none-match': `${changed.headers['etag']}` } })).status,
    304,
  )
  t.equal((await alice.delete(url)).status, 204)
  t.strictSame(await rows(), [])
})

await test('it is listed, filtered, sorted, searched and paged', async (t) => {
  const { alice, bob } = await scene(t)
  for (const [title, mood, about_year] of [
    ['Émile', 'sad', 1762],
    ['apples', 'glad', null],
    ['Zebra', 'calm', -44],
  ] as const)
    await alice.post(NOTES, { title, mood, about_year, body: `all about ${title}` })
  await bob.post(NOTES, { title: 'Zebra', mood: 'sad' })
  const asked = async (query: string) => titlesOf(await alice.get(`${NOTES}?${query}`))

  t.strictSame(await asked('sort=title:asc'), ['apples', 'Zebra', 'Émile'])
  t.strictSame(await asked('sort=mood:asc'), ['apples', 'Zebra', 'Émile'])
  t.strictSame(await asked('sort=about_year:asc'), ['Zebra', 'Émile', 'apples'])
  t.strictSame(await asked('sort=about_year:desc'), ['Émile', 'Zebra', 'apples'])
  t.strictSame(await asked('mood=sad'), ['Émile'])
  t.strictSame(await asked('year_from=0'), ['Émile'])
  t.strictSame(await asked('q=emile'), ['Émile'])
  t.strictSame(await asked('q="about zebra"&sort=relevance'), ['Zebra'])
  const first = await alice.get(`${NOTES}?limit=2&total=true&fields=title`)
  t.strictSame(first.body.data, [{ title: 'Zebra' }, { title: 'apples' }])
  t.match(first.body.page, { total: 3, has_more: true })
  t.strictSame(await asked(`limit=2&cursor=${first.body.page.next_cursor}`), ['Émile'])
  const others = `${NOTES}?limit=2&cursor=${first.body.page.next_cursor}`
  refused(t, await bob.get(others), 422, 'cursor_mismatch')
  for (const query of ['sort=body:asc', 'mood=odd', 'user_id=1', 'x=1'])
    refused(t, await alice.get(`${NOTES}?${query}`), 422, 'validation_failed')
})

await test('it is written many at once, once for a key, and as files', async (t) => {
  const { alice, bob, rows, request } = await scene(t)
  const { body: his } = await bob.post(NOTES, { title: 'his' })
  const bulk = await alice.post(`${NOTES}/bulk`, {
    operations: [
      { op: 'create', value: { title: 'one' } },
      { op: 'create', value: { title: '' } },
      { op: 'update', id: his.id, value: { title: 'mine' } },
      { op: 'delete', id: 4711 },
    ],
  })
  t.match(bulk.body.results, [{ status: 201 }, { status: 422 }, { status: 403 }, { status: 404 }])
  const key: Send = { headers: { 'idempotency-key': 'only-once' } }
  const [first, again] = [
    await alice.post(NOTES, { title: 'two' }, key),
    await alice.post(NOTES, { title: 'two' }, key),
  ]
  t.equal(again.body.id, first.body.id)
  t.equal(again.headers['idempotency-replayed'], 'true')

  const imported = await alice.post(`${NOTES}/import`, 'title,mood,pinned\r\nthree,sad,true\r\n', {
    headers: CSV,
  })
  t.match(imported, { status: 201, body: { created: 1, rejected: 0 } })
  const rejected = await alice.post(`${NOTES}/import`, 'title,colour\r\nfour,red\r\n', {
    headers: CSV,
  })
  refused(t, rejected, 422, 'import_rejected')
  t.strictSame(
    (await rows()).map(({ title }) => title),
    ['his', 'one', 'two', 'three'],
  )
  const file = await alice.get(`${NOTES}/export`)
  t.match(file.headers['content-disposition'], 'notes.csv')
  const [header = '', ...lines] = file.text.trimEnd().split('\r\n')
  t.equal(header, 'id,title,body,mood,pinned,ends_at,about_year,created_at,updated_at')
  t.strictSame(
    lines.map((line) => line.split(',').slice(1, 5).join()),
    ['"one",,"calm",false', '"two",,"calm",false', '"three",,"sad",true'],
  )
  const back = await bob.post(`${NOTES}/import`, file.text, { headers: CSV })
  t.match(back.body, { created: 3 })
  refused(t, await request('GET', `${NOTES}/export`), 401, 'token_missing')
})

await test('its events are told to its owner alone, and it goes with its owner', async (t) => {
  const { alice, bob, app, rows, backend } = await scene(t)
  const watched = await watch(t, { app }, alice.accessToken)
  const other = await watch(t, { app }, bob.accessToken)
  const { body: hers } = await alice.post(NOTES, { title: 'hers', body: 'told' })
  await bob.post('/api/v2/posts', { title: 'for all', content: 'x' })
  const told = await watched.events(2)
  t.match(told, [
    {
      event: 'note.created',
      data: { resource_id: hers.id, data: { title: 'hers', body: 'told' } },
    },
    { event: 'post.created' },
  ])
  t.match(await other.events(1), [{ event: 'post.created' }])

  const link = await alice.post('/api/v2/me/exports')
  const { rawPayload } = await app.inject({ method: 'GET', url: link.body.url })
  const files = await unzip(rawPayload)
  t.match(JSON.parse(files['notes.ndjson'] ?? ''), { id: hers.id, title: 'hers', body: 'told' })

  await backend.accounts.remove(actorOf(alice), alice.id)
  t.strictSame(await rows(), [])
  const log = await backend.store.query((q) => q.select().from(backend.store.tables.changes))
  t.strictSame(
    log.map(({ type, userId }) => [type, userId]),
    [
      ['note.created', alice.id],
      ['post.created', bob.id],
      ['note.deleted', alice.id],
    ],
  )
})

await test('it is in the document and in what each operation needs, and keys for others do not open it', async (t) => {
  const { alice, backend, documents, request } = await scene(t)
  const operations = new Set(
    Object.values(documents.v2.paths).flatMap((path) =>
      Object.values(Object(path)).map((one) => Object(one).operationId),
    ),
  )
  for (const name of ['list', 'get', 'create', 'update', 'delete'])
    t.ok(operations.has(`${name}Note${name === 'list' ? 's' : ''}`), name)
  for (const name of ['bulkNotes', 'exportNotes', 'importNotes']) t.ok(operations.has(name))
  const { body } = await request('GET', '/api/v2/authz')
  const needs = body.data.find((one: { operation_id: string }) => one.operation_id === 'updateNote')
  t.match(needs, { record: ['owner'], scope: 'notes:write', access: 'access_token' })
  const { key } = await backend.apiKeys.create(actorOf(alice), {
    name: 'todos',
    scopes: ['todos:read', 'todos:write'],
  })
  const headers = { authorization: `Bearer ${key}` }
  for (const [method, url] of [
    ['GET', NOTES],
    ['GET', `${NOTES}/export`],
    ['DELETE', `${NOTES}/1`],
  ] as const)
    refused(t, await request(method, url, { headers }), 403, 'insufficient_scope')
})
