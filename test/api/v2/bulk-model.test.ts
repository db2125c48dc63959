import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { test } from 'tap'
import { start } from '../../helper.ts'
import { RESOURCES, urlOf } from './content.ts'

/** `SLOW` asks for many more. */
const RUNS = process.env['SLOW'] ? 300 : 25

type Step =
  | { op: 'create'; title: string }
  | { op: 'update'; at: number; title: string; stale: boolean }
  | { op: 'delete'; at: number; stale: boolean }

const title = fc.constantFrom('a', 'b', 'c', '')
const at = fc.nat(7)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ op: fc.constant('create' as const), title }),
  fc.record({ op: fc.constant('update' as const), at, title, stale: fc.boolean() }),
  fc.record({ op: fc.constant('delete' as const), at, stale: fc.boolean() }),
)

for (const resource of RESOURCES)
  await test(`${resource.name}: whatever is in a bulk, it does what it says, and atomic is all or nothing`, async (t) => {
    const { as } = await start(t)
    const alice = await as('alice')
    const bob = await as('bob')
    const url = urlOf(resource)
    const make = async (owner: typeof alice) =>
      Number((await owner.post(url, { ...resource.least, title: 'old' })).body.id)
    const titleOf = async (id: number, owner: typeof alice) => {
      const { status, body } = await owner.get(`${url}/${id}`)
      return status === 200 ? String(body.title) : undefined
    }

    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(step, {
          minLength: 1,
          maxLength: 12,
          selector: (one) => ('at' in one ? one.at : Symbol('new')),
        }),
        fc.boolean(),
        async (steps, atomic) => {
          // The first five are hers, the next two his, the last is gone.
          const ids = [alice, alice, alice, alice, alice, bob, bob].map(make)
          const known = [...(await Promise.all(ids)), 2147483647]
          const operations = steps.map((one) => {
            if (one.op === 'create')
              return { op: 'create', value: { ...resource.least, title: one.title } }
            const target = {
              op: one.op,
              id: known[one.at],
              ...(one.stale && { if_match: '"stale"' }),
            }
            return one.op === 'update' ? { ...target, value: { title: one.title } } : target
          })
          const wanted = steps.map((one) => {
            if ('title' in one && one.title === '') return 422
            if (one.op === 'create') return 201
            if (one.at === 7) return 404
            if (one.at >= 5) return 403
            if (one.stale) return 412
            return one.op === 'update' ? 200 : 204
          })
          const { status, body } = await alice.post(`${url}/bulk`, { atomic, operations })
          const failed = wanted.findIndex((code) => code >= 400)
          const undone = atomic && failed !== -1
          if (undone) {
            assert.equal(status, wanted[failed])
            assert.equal(body.code, 'bulk_rolled_back')
            assert.equal(body.errors[0].pointer, `#/operations/${failed}`)
          } else {
            const statuses = (body.results as Array<{ status: number }>).map((one) => one.status)
            assert.deepEqual(statuses, wanted)
          }
          for (const [index, id] of known.slice(0, 7).entries()) {
            const touched = steps.findIndex((one) => 'at' in one && one.at === index)
            const done = steps[touched]
            const isDone = !undone && Number(wanted[touched]) < 400
            const expected = !isDone ? 'old' : done?.op === 'update' ? done.title : undefined
            assert.equal(await titleOf(id, index < 5 ? alice : bob), expected)
          }
          if (undone) return
          for (const [index, one] of steps.entries())
            if (wanted[index] === 201)
              assert.equal(await titleOf(body.results[index].data.id, alice), Object(one).title)
        },
      ),
      { numRuns: RUNS },
    )
  })
