import { test, type Test } from 'tap'
import { start } from '../../helper.ts'
import { RESOURCES, type Resource, urlOf } from './content.ts'

const LARGEST = 2147483647
const create = (resource: Resource, more: object = {}) => ({
  op: 'create',
  value: { ...resource.least, ...more },
})

async function scene(t: Test, resource: Resource) {
  const started = await start(t)
  const alice = await started.as('alice')
  const bob = await started.as('bob')
  const bulk = (operations: object[], more: object = {}, caller = alice) =>
    caller.post(`${urlOf(resource)}/bulk`, { operations, ...more })
  const make = async (title: string, owner = alice) => {
    const { body, headers } = await owner.post(urlOf(resource), { ...resource.least, title })
    return { id: Number(body.id), etag: String(headers['etag']), owner }
  }
  const titles = async (owner = alice) => {
    const query = { sort: 'id:asc', fields: 'title' }
    const { body } = await owner.get(urlOf(resource), { query })
    return (body.data as Array<{ title: string }>).map(({ title }) => title)
  }
  return { ...started, alice, bob, bulk, make, titles }
}

for (const resource of RESOURCES) {
  const { name, one } = resource

  await test(`${name}: a bulk creates, changes and removes in its order`, async (t) => {
    const { alice, bulk, make, titles } = await scene(t, resource)
    const first = await make('first')
    const second = await make('second')
    const { status, body } = await bulk([
      create(resource, { title: 'third' }),
      { op: 'update', id: first.id, if_match: first.etag, value: { title: 'changed' } },
      { op: 'delete', id: second.id, if_match: `"x", ${second.etag}` },
      create(resource, { title: 'fourth' }),
    ])
    t.equal(status, 200)
    const [third, changed, gone, fourth] = body.results
    t.match(third, { status: 201, data: { ...resource.shown, title: 'third' } })
    t.match(changed, { status: 200, data: { id: first.id, title: 'changed' } })
    t.same(gone, { status: 204 })
    t.match(fourth, { status: 201, data: { title: 'fourth' } })
    t.same(await titles(), ['changed', 'third', 'fourth'])

    for (const { etag, data } of [third, changed, fourth]) {
      const read = await alice.get(urlOf(resource, data.id))
      t.same(read.body, data, 'what was answered is what is there')
      t.equal(read.headers['etag'], etag)
    }
  })

  await test(`${name}: what fails in a bulk fails alone`, async (t) => {
    const { bob, bulk, make, titles } = await scene(t, resource)
    const mine = await make('mine')
    const theirs = await make('theirs', bob)
    const { status, body } = await bulk([
      { op: 'update', id: mine.id, if_match: '"stale"', value: { title: 'lost' } },
      { op: 'delete', id: theirs.id },
      { op: 'delete', id: LARGEST },
      create(resource, { title: '' }),
      create(resource, { title: ' ', extra: 1 }),
      { op: 'update', id: LARGEST - 1, value: {} },
      create(resource, { title: 'made' }),
    ])
    t.equal(status, 200)
    const instance = `${urlOf(resource)}/bulk`
    const problem = (its: number, code: string, errors?: object) => ({
      status: its,
      problem: { status: its, code, instance, ...(errors && { errors }) },
      data: undefined,
    })
    const at = (index: number, member: string) => ({
      pointer: `#/operations/${index}/value${member}`,
    })
    t.match(body.results, [
      problem(412, 'precondition_failed'),
      problem(403, 'not_owner'),
      problem(404, 'not_found'),
      problem(422, 'validation_failed', [at(3, '/title')]),
      problem(422, 'validation_failed', [at(4, '/extra'), at(4, '/title')]),
      problem(422, 'validation_failed', [at(5, '')]),
      { status: 201, data: { title: 'made' } },
    ])
    t.equal(body.results[2].problem.detail, `${one} not found`)
    t.same(
      (await titles()).filter((title) => title !== 'theirs'),
      ['mine', 'made'],
    )
    t.match(await bob.get(urlOf(resource, theirs.id)), { status: 200 })
  })

  await test(`${name}: an atomic bulk is all or nothing`, async (t) => {
    const { bob, bulk, make, titles } = await scene(t, resource)
    const mine = await make('mine')
    const theirs = await make('theirs', bob)
    const before = await titles()
    const cases: Array<[failing: object, status: number, code: string]> = [
      [{ op: 'delete', id: LARGEST }, 404, 'not_found'],
      [{ op: 'delete', id: theirs.id }, 403, 'not_owner'],
      [{ op: 'delete', id: theirs.id, if_match: theirs.etag }, 403, 'not_owner'],
      [{ op: 'delete', id: mine.id, if_match: '"stale"' }, 412, 'precondition_failed'],
      [create(resource, { title: 5 }), 422, 'validation_failed'],
    ]
    for (const [failing, status, code] of cases) {
      const operations = [create(resource), create(resource), failing, create(resource)]
      const reply = await bulk(operations, { atomic: true })
      t.match(reply, {
        status,
        body: { code: 'bulk_rolled_back', errors: [{ pointer: '#/operations/2', code }] },
      })
      t.same(await titles(), before, `${code}: nothing happened`)
    }
    const done = await bulk([create(resource), { op: 'delete', id: mine.id }], { atomic: true })
    t.match(done.body.results, [{ status: 201 }, { status: 204 }])
  })

  await test(`${name}: a bulk that cannot be read is refused whole`, async (t) => {
    const { alice, bulk, make, titles } = await scene(t, resource)
    const { id } = await make('mine')
    const ok = create(resource)
    const cases: Array<[operations: object[], pointer: string, code: string]> = [
      [[], '#/operations', 'too_few'],
      [Array.from({ length: 101 }, () => ok), '#/operations', 'too_many'],
      [[ok, { op: 'replace', id }], '#/operations/1/op', 'not_one_of'],
      [[ok, { id }], '#/operations/1/op', 'required'],
      [[ok, { op: 'update', value: { title: 'x' } }], '#/operations/1/id', 'required'],
      [[ok, { op: 'delete', id: '1' }], '#/operations/1/id', 'wrong_type'],
      [[ok, { op: 'delete', id: 2147483648 }], '#/operations/1/id', 'too_large'],
      [[ok, { op: 'delete', id, value: {} }], '#/operations/1/value', 'unknown_member'],
      [[ok, { ...ok, id }], '#/operations/1/id', 'unknown_member'],
      [
        [ok, { op: 'delete', id }, { op: 'update', id, value: { title: 'x' } }],
        '#/operations/2/id',
        'duplicate',
      ],
      // Behind such a text nothing was looked at: what the others are is not known.
      [
        [
          create(resource, { title: 'a\0b' }),
          { op: 'update', id, value: { title: 'x' }, if_match: [] },
        ],
        '#/operations/0/value/title',
        'malformed_text',
      ],
      [
        [create(resource, { title: '\ud800' }), create(resource, { title: 5, unknown: true })],
        '#/operations/0/value/title',
        'malformed_text',
      ],
    ]
    for (const [operations, pointer, code] of cases) {
      const reply = await bulk(operations)
      t.match(reply, { status: 422, body: { code: 'validation_failed' } }, `${pointer} ${code}`)
      t.ok(
        reply.body.errors.some((e: object) => 'pointer' in e && e.pointer === pointer),
        JSON.stringify(reply.body.errors),
      )
      t.match(
        reply.body.errors.filter((e: { pointer: string }) => e.pointer === pointer),
        [{ code }],
      )
    }
    const many = Array.from({ length: 60 }, () => create(resource, { title: '' }))
    t.match(await bulk([ok, ...many]), { status: 422, body: { code: 'validation_failed' } })
    t.match(await bulk([ok], { atomic: 1 }), { status: 422 })
    t.match(await bulk([ok], { extra: 1 }), { status: 422 })
    // A fault in a value hides no fault elsewhere.
    const bad = { operations: [create(resource, { title: 1 })] }
    const url = `${urlOf(resource)}/bulk`
    t.match(await alice.post(url, bad, { query: { x: '1' } }), { status: 422 })
    t.match(await alice.post(url, bad, { headers: { 'idempotency-key': 'ä' } }), { status: 422 })
    t.same(await titles(), ['mine'])
  })
}

await test('an ISBN that is taken fails alone, wherever it stands', async (t) => {
  const { bulk, titles } = await scene(t, RESOURCES[2]!)
  const isbn = '9780441478125'
  const book = (title: string, more: object = {}) => ({
    op: 'create',
    value: { title, author: 'a', ...more },
  })
  const operations = [
    book('one', { isbn }),
    book('two', { isbn: '0-441-47812-3' }),
    book('three'),
    book('four', { isbn: '1' }),
  ]
  const undone = await bulk(operations, { atomic: true })
  t.match(undone, {
    status: 409,
    body: { code: 'bulk_rolled_back', errors: [{ pointer: '#/operations/1', code: 'isbn_taken' }] },
  })
  t.same(await titles(), [])
  const { body } = await bulk(operations)
  t.match(body.results, [
    { status: 201 },
    { status: 409, problem: { code: 'isbn_taken' } },
    { status: 201 },
    {
      status: 422,
      problem: { errors: [{ pointer: '#/operations/3/value/isbn', code: 'invalid_isbn' }] },
    },
  ])
  t.same(await titles(), ['one', 'three'])
})

await test('a time that no database holds fails alone', async (t) => {
  const { bulk } = await scene(t, RESOURCES[1]!)
  const { body } = await bulk([
    { op: 'create', value: { title: 'a', due_at: '0000-01-01T00:00:00Z' } },
    { op: 'create', value: { title: 'b', due_at: '2026-12-01T00:00:00Z' } },
  ])
  t.match(body.results, [
    { status: 422, problem: { errors: [{ pointer: '#/operations/0/value/due_at' }] } },
    { status: 201, data: { due_at: '2026-12-01T00:00:00.000Z' } },
  ])
})

await test('what a bulk did and was denied stands in the audit trail and the change log', async (t) => {
  const { backend, bulk, make, bob, alice } = await scene(t, RESOURCES[0]!)
  const admin = await backend.accounts.setRole(alice.id, 'moderator')
  t.ok(admin)
  const theirs = await make('theirs', bob)
  const mine = await make('mine')
  await bulk([{ op: 'update', id: theirs.id, value: { title: 'moderated' } }])
  await bulk([{ op: 'delete', id: mine.id }], {}, bob)
  await bulk([{ op: 'delete', id: mine.id }], { atomic: true }, bob)
  const { auditEvents, changes } = backend.store.tables
  const events = await backend.store.query((q) => q.select().from(auditEvents))
  t.match(
    events.filter(({ targetType }) => targetType === 'post'),
    [
      { action: 'post.update', actorId: alice.id, targetId: String(theirs.id) },
      { action: 'access.denied', actorId: bob.id, targetId: String(mine.id) },
      { action: 'access.denied', actorId: bob.id, targetId: String(mine.id) },
    ],
  )
  const log = await backend.store.query((q) => q.select().from(changes).orderBy(changes.id))
  t.match(log, [
    { type: 'post.created', resourceId: theirs.id, userId: bob.id },
    { type: 'post.created', resourceId: mine.id, userId: alice.id },
    { type: 'post.updated', resourceId: theirs.id, userId: bob.id },
  ])
  t.equal(log.length, 3)
})
