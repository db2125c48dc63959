import { test } from 'tap'
import { sql } from '../../src/db/drizzle.ts'
import { perShape, type Statement } from '../../src/db/store.ts'
import { openLeases } from './leases.ts'

await test('of statements that callers give the shape, the ones that were used last stay prepared', async (t) => {
  const { store, put } = await openLeases(t)
  await put('a')
  const { leases } = store.tables
  const declared: string[] = []
  const shapes = perShape(
    (shape) => {
      declared.push(shape)
      return store.define(`shape ${shape}`, (q) =>
        q.select({ value: sql<string>`${sql.raw(`'${shape}'`)}` }).from(leases),
      )
    },
    store,
    2,
  )
  const read = async (statement: Statement<Array<{ value: string }>>) =>
    (await store.read(statement)).map(({ value }) => value).join()

  const a = shapes('a')
  t.equal(await read(a), 'a')
  t.equal(await read(shapes('b')), 'b')
  t.equal(shapes('a'), a, 'kept')
  t.equal(await read(shapes('c')), 'c')
  t.strictSame(declared, ['a', 'b', 'c'])
  t.doesNotThrow(() => store.define('shape b', a.build), 'b was forgotten, and its name is free')
  t.throws(() => store.define('shape a', a.build), /already defined/, 'a was used later')

  for (const shape of 'defdefdef') t.equal(await read(shapes(shape)), shape, 'as often as it comes')
  t.equal(await read(a), 'a', 'what somebody still reads with is not taken from them')
})
