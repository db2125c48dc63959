import { test } from 'tap'
import { create, scene } from './bulk-scene.ts'
import { RESOURCES, urlOf } from './content.ts'

for (const resource of RESOURCES)
  await test(`${resource.name}: a bulk that cannot be read is refused whole`, async (t) => {
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
