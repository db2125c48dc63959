import { test } from 'tap'
import { createLane } from '../../src/db/sqlite/lane.ts'

/** Work that holds the event loop up for so many milliseconds. */
const busy = (ms: number) => () => {
  for (const end = performance.now() + ms; performance.now() < end;);
}

await test('however many long reads there are, everything else has its turn between their steps', async (t) => {
  const step = createLane(2)
  let turns = 0
  let isOver = false
  const others = () => {
    turns += 1
    if (!isOver) setImmediate(others)
  }
  setImmediate(others)
  await Promise.all(
    Array.from({ length: 5 }, async () => {
      for (let i = 0; i < 4; i++) await step(busy(3))
    }),
  )
  isOver = true
  t.ok(turns >= 19, `${turns} turns between 20 steps`)
})

await test('steps that are short share a turn, and one that fails fails alone', async (t) => {
  const step = createLane(1000)
  let turned = false
  setImmediate(() => (turned = true))
  for (let i = 0; i < 10; i++) t.equal(await step(() => i), i)
  await t.rejects(
    step(() => {
      throw new Error('no')
    }),
    { message: 'no' },
  )
  t.notOk(turned)
})

await test('when too many wait, the next is refused', async (t) => {
  const step = createLane(1, 2)
  await step(busy(3))
  const waiting = [step(() => 1), step(() => 2)]
  await t.rejects(
    step(() => 3),
    { code: 'OVERLOADED' },
  )
  t.strictSame(await Promise.all(waiting), [1, 2])
})
