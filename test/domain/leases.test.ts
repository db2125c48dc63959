import { test, type Test } from 'tap'
import { loadConfig } from '../../src/config/index.ts'
import { randomIds } from '../../src/base/ids.ts'
import { createLeases } from '../../src/domain/leases.ts'
import { openBackend } from '../../src/open-backend.ts'
import { freshDatabase, openStore } from '../database.ts'
import { movableClock } from '../helper.ts'

const LEASE = 60

/** Two processes over one database, whose clocks are moved apart by hand. */
async function pair(t: Test) {
  const url = await freshDatabase(t)
  const node = async () => {
    const store = await openStore(url)
    t.teardown(() => store.close())
    const clock = movableClock()
    const leases = createLeases({ store, clock, ids: randomIds })
    const work = (body: () => unknown = () => undefined) =>
      leases.alone('work', LEASE, async (renew) => {
        await body()
        return { stillOurs: await renew() }
      })
    return { store, clock, leases, work }
  }
  return { one: await node(), other: await node() }
}
const DONE = { stillOurs: true }

await test('of many that try at once one does it, and then another may', async (t) => {
  const { one, other } = await pair(t)
  const turnedAway = Promise.withResolvers<void>()
  const nodes = [one, other, one, other, other, one]
  let left = nodes.length - 1
  const tries = nodes.map(async ({ work }) => {
    // Whoever has it works until all others have been turned away.
    const done = await work(() => turnedAway.promise)
    if (!done && --left === 0) turnedAway.resolve()
    return done
  })
  const done = (await Promise.all(tries)).filter((result) => result !== undefined)
  t.strictSame(done, [DONE])
  t.strictSame([await one.work(), await other.work()], [DONE, DONE])
})

await test('one that dies is succeeded when its lease has run out, and not before', async (t) => {
  const { one, other } = await pair(t)
  await t.rejects(
    one.work(() => Promise.reject(new Error('died'))),
    { message: 'died' },
  )
  t.equal(await other.work(), undefined)
  other.clock.advance(LEASE - 1)
  t.equal(await other.work(), undefined)
  other.clock.advance(2)
  t.strictSame(await other.work(), DONE)
})

await test('one that renews keeps it, and one whose lease is lost is told', async (t) => {
  const { one, other } = await pair(t)
  const clocks = [one.clock, other.clock]
  const tries: unknown[] = []
  await one.leases.alone('work', LEASE, async (renew) => {
    for (let step = 0; step < 3; step++) {
      for (const clock of clocks) clock.advance(LEASE - 1)
      t.equal(await renew(), true)
      tries.push(await other.work())
    }
  })
  t.strictSame(tries, [undefined, undefined, undefined])

  const stalled = await one.work(async () => {
    for (const clock of clocks) clock.advance(LEASE + 1)
    await t.rejects(
      other.work(() => Promise.reject(new Error('has it now'))),
      /has it now/,
    )
  })
  t.strictSame(stalled, { stillOurs: false })
  t.equal(await one.work(), undefined, 'what is the other’s is not given up by the first')
})

await test('a clock that was ahead, or is, neither keeps a lease for long nor takes one early', async (t) => {
  const { one, other } = await pair(t)
  const die = () => Promise.reject(new Error('died'))
  // A little ahead is as clocks are: the lease holds.
  one.clock.advance(LEASE - 5)
  await t.rejects(one.work(die), /died/)
  t.equal(await other.work(), undefined)
  // A year ahead, and set right again: nobody waits for a year.
  one.clock.advance(365 * 86_400)
  await t.rejects(one.work(die), /died/)
  t.strictSame(await other.work(), DONE)
})

await test('a process that closes stops its work, and hands it over', async (t) => {
  const { one, other } = await pair(t)
  await t.rejects(
    one.leases.alone('another', LEASE, () => Promise.reject(new Error('failed'))),
    /failed/,
  )
  let closed: Promise<void> | undefined
  const stopped = await one.work(() => void (closed = one.leases.close()))
  await closed
  t.strictSame(stopped, { stillOurs: false })
  t.strictSame(await other.work(), DONE, 'at once')
  t.equal(
    await other.leases.alone('another', LEASE, async () => 'done'),
    'done',
    'what failed, too',
  )
  t.equal(await one.work(), undefined, 'it begins nothing any more')
})

await test('a server that closes in the middle of a purge leaves it to the other', async (t) => {
  const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: await freshDatabase(t) })
  const one = await openBackend(config)
  const other = await openBackend(config)
  t.teardown(() => other.close())
  const both = [one.backend.purge(), one.backend.purge()]
  t.equal(await both[1], undefined, 'once at a time in one process, too')
  await one.close()
  t.equal(await both[0], undefined)
  t.ok(await other.backend.purge())
})
