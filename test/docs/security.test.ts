import { test } from 'tap'
import { promises } from './promises.ts'

const byNumber = (a: { number: string }, b: { number: string }) =>
  Number(a.number.slice(1)) - Number(b.number.slice(1))

await test('every promise of docs/security.md names its tests, and they are there', (t) => {
  const { byTests, byDocument } = promises()
  t.same(
    byDocument.map(({ number }) => number),
    byDocument.map((_, index) => `S${index + 1}`),
    'numbered without a gap',
  )
  t.same(
    byDocument.filter(({ tests }) => tests.length === 0).map(({ number }) => number),
    [],
    'without a test',
  )
  t.same(
    byDocument.filter(({ tests }) => tests.length > 0),
    byTests.toSorted(byNumber),
    'node test/docs/promises.ts writes it anew',
  )
  t.end()
})
