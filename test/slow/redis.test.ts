import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'
import { redisServer, skip as absent } from '../redis.ts'
import { at, listen, skip, timed } from './server.ts'

await test(
  'S70 while Redis freezes under load, no request waits longer than 250 ms',
  { skip: skip || absent },
  async (t) => {
    const redis = await redisServer(t)
    const { url } = await listen(t, { REDIS_URL: redis.url, RATE_LIMITS: '10000' })
    const state = { going: true, frozen: false }
    const before: number[] = []
    const frozen: number[] = []
    const clients = Array.from({ length: 8 }, async () => {
      while (state.going) {
        const { status, ms } = await timed(fetch(`${url}/api/v1/posts`))
        if (status !== 200) t.fail(`status ${status}`)
        ;(state.frozen ? frozen : before).push(ms)
      }
    })
    await sleep(1000)
    state.frozen = redis.freeze() === true
    await sleep(5000)
    state.going = false
    await Promise.all(clients)
    t.ok(before.length > 100 && frozen.length > 1000, `${before.length}, ${frozen.length} requests`)
    // A busy machine adds to it: as much as it did before.
    const slowest = at(frozen, 1)
    t.ok(slowest < 250 + 2 * at(before, 1), `the slowest took ${slowest.toFixed(1)} ms`)
    t.ok(at(frozen, 0.5) < 100, `p50: ${at(frozen, 0.5).toFixed(1)} ms`)
  },
)
