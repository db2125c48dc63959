import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { test, type Test } from 'tap'
import { compare, hash } from '../../../src/domain/accounts/hash-worker.ts'
import { createHasher } from '../../../src/domain/accounts/hasher.ts'

/** The threads that are started while the test runs. */
function watchThreads(t: Test) {
  const threads: Worker[] = []
  const add = (thread: Worker) => threads.push(thread)
  process.on('worker', add)
  t.teardown(() => process.off('worker', add))
  return threads
}

await test('hashes and compares in threads that start with the first hash', async (t) => {
  const threads = watchThreads(t)
  const hasher = createHasher({ threads: 1 })
  t.teardown(() => hasher.close())
  await sleep(20)
  t.equal(threads.length, 0, 'none before it is needed')
  const stored = await hasher.hash('a pre-hash', 4)
  t.match(stored, /^\$2b\$04\$.{53}$/)
  t.equal(await hasher.compare('a pre-hash', stored, 4), true)
  t.equal(await hasher.compare('another', stored, 4), false)
  t.equal(threads.length, 1)
})

await test('a thread without work stops, and the next hash starts another', async (t) => {
  const threads = watchThreads(t)
  const hasher = createHasher({ threads: 1, idle: 10 })
  t.teardown(() => hasher.close())
  await hasher.hash('x', 4)
  while (threads[0]?.threadId !== -1) await sleep(5)
  t.match(await hasher.hash('x', 4), /^\$2b/)
  t.equal(threads.length, 2)
})

await test('S12 the event loop goes on while hashes are made', async (t) => {
  const hasher = createHasher({ threads: 1 })
  t.teardown(() => hasher.close())
  await hasher.hash('x', 4)
  let ticks = 0
  const ticking = setInterval(() => ticks++, 1)
  await Promise.all([hasher.hash('x', 10), hasher.hash('x', 10)])
  clearInterval(ticking)
  t.ok(ticks > 10, `${ticks} ticks of a millisecond in some 100 ms`)
})

await test('S13 the queue is bounded: who comes too many is told at once', async (t) => {
  const hasher = createHasher({ threads: 1, queue: 2 })
  t.teardown(() => hasher.close())
  for (const state of ['cold', 'warm']) {
    const tries = Array.from({ length: 6 }, () => hasher.hash('x', 6))
    const outcomes = await Promise.allSettled(tries)
    t.strictSame(
      outcomes.map(({ status }) => status),
      [...Array(3).fill('fulfilled'), ...Array(3).fill('rejected')],
      `${state}: one runs, two wait, three are refused`,
    )
    t.match(outcomes.at(-1), { reason: { code: 'OVERLOADED', statusCode: 503, retryAfter: 1 } })
  }
})

await test('S13 eight wait by default', async (t) => {
  const hasher = createHasher({ threads: 2 })
  t.teardown(() => hasher.close())
  const tries = Array.from({ length: 11 }, () => hasher.compare('x', undefined, 5))
  const outcomes = await Promise.allSettled(tries)
  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 10)
})

await test('closing finishes what was accepted and refuses the rest', async (t) => {
  const threads = watchThreads(t)
  const hasher = createHasher({ threads: 1 })
  const accepted = [hasher.hash('x', 6), hasher.hash('x', 6), hasher.hash('x', 6)]
  const closing = hasher.close()
  await t.rejects(hasher.hash('x', 4), { code: 'OVERLOADED' })
  for (const work of accepted) t.match(await work, /^\$2b\$06/)
  await closing
  t.strictSame(
    threads.map(({ threadId }) => threadId),
    [-1],
    'the thread has stopped',
  )
  await createHasher().close()
})

await test('S10 S11 a comparison costs one hash of the present cost, whatever is stored', async (t) => {
  const cost = 8
  const stored = {
    present: hash({ preHash: 'x', cost }),
    cheaper: hash({ preHash: 'x', cost: 5 }),
    absent: undefined,
    empty: '',
    malformed: '$2b$08$nonsense',
    'of no cost': `$2b$00$${'a'.repeat(53)}`,
    'of an enormous cost': `$2b$31$${'a'.repeat(53)}`,
  }
  // In turns and the least of many, so that a busy machine slows all alike; the tolerance still tells 1 from 1/8.
  const least = new Map(Object.keys(stored).map((name) => [name, Infinity]))
  for (let turn = 0; turn < 10; turn++) {
    for (const [name, hashed] of Object.entries(stored)) {
      const before = process.threadCpuUsage()
      compare({ preHash: 'x', stored: hashed, cost })
      // Their sum is exact; how it divides is the kernel's guess.
      const { user, system } = process.threadCpuUsage(before)
      least.set(name, Math.min(least.get(name) ?? 0, user + system))
    }
  }
  for (const [name, hashed] of Object.entries(stored)) {
    const ratio = (least.get(name) ?? 0) / (least.get('present') ?? 0)
    t.ok(ratio > 0.6 && ratio < 1.7, `${name}: ${ratio.toFixed(2)} of the time`)
    const same = name === 'present' || name === 'cheaper'
    t.equal(compare({ preHash: 'x', stored: hashed, cost }), same, name)
  }
})
