import { test } from 'tap'
import { create, scene } from './bulk-scene.ts'
import { RESOURCES, urlOf } from './content.ts'

const LARGEST = 2147483647

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
