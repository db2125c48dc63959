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
      // A text that cannot be kept hides nothing.
      [
        [
          create(resource, { title: 'a\0b' }),
          { op: 'update', id, value: { title: 'x' }, if_match: [] },
        ],
        '#/operations/1/if_match',
        'wrong_type',
      ],
      [[ok, { op: 'delete', id, if_match: '\ud800' }], '#/operations/1/if_match', 'malformed_text'],
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
    t.match(await bulk([ok], { atomic: 1 }), { status: 422 })
    t.match(await bulk([ok], { extra: 1 }), { status: 422 })
    // A fault in a value hides no fault elsewhere.
    const bad = { operations: [create(resource, { title: 1 })] }
    const url = `${urlOf(resource)}/bulk`
    t.match(await alice.post(url, bad, { query: { x: '1' } }), { status: 422 })
    t.match(await alice.post(url, bad, { headers: { 'idempotency-key': 'ä' } }), { status: 422 })
    t.same(await titles(), ['mine'])
  })

await test('however much is wrong with the values, the others are done', async (t) => {
  const { bulk, titles } = await scene(t, RESOURCES[1]!)
  const wrong = Array.from({ length: 96 }, () => create(RESOURCES[1]!, { title: '', x: 1, y: 2 }))
  const unknown = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`x${i}`, 1]))
  const { status, body } = await bulk([
    ...wrong,
    create(RESOURCES[1]!, unknown),
    create(RESOURCES[1]!, { title: 'a\0b' }),
    create(RESOURCES[1]!, { title: '\ud800', description: 5 }),
    create(RESOURCES[1]!, { title: 'good' }),
  ])
  t.equal(status, 200)
  const [many, nul, half, good] = body.results.slice(-4)
  t.match(many, { status: 422 })
  t.equal(many.problem.errors.length, 10, 'the first ten are told')
  const at = (index: number, member: string, code: string) => ({
    pointer: `#/operations/${index}/value/${member}`,
    code,
  })
  t.match(nul, { status: 422, problem: { errors: [at(97, 'title', 'malformed_text')] } })
  t.match(half, {
    status: 422,
    problem: {
      errors: [at(98, 'title', 'malformed_text'), at(98, 'description', 'wrong_type')],
    },
  })
  t.match(good, { status: 201 })
  t.match(
    body.results.slice(0, 96),
    wrong.map(() => ({ status: 422 })),
  )
  t.same(await titles(), ['good'])
})
