import { test } from 'tap'
import { start } from '../../helper.ts'
import { PASSWORD, register, stillClock } from './session.ts'

/** Seconds that strangers guess without a break, and from how many sites. */
const LASTS = 300
const SITES = 40
/** Guesses that are looked at before the longest wait: 50, and the turns after 1, 2, 4, 8, 16 and 30 s. */
const BEFORE = 56

await test('S14 S87 guessing from many sites without a break gains two guesses a minute and one for each site, and keeps no owner on the move out', async (t) => {
  const clock = stillClock()
  const node = await start(t, { clock, env: { TRUST_PROXY: '127.0.0.1' } })
  await register(node, 'alice')
  async function from(ip: string, password: string): Promise<number> {
    const reply = await node.request('POST', '/api/v2/auth/login', {
      body: { identifier: 'alice', password },
      headers: { 'x-forwarded-for': ip },
    })
    // Where the machine is busy with other things: it was not looked at.
    return reply.status === 503 ? from(ip, password) : reply.status
  }
  let moves = 0
  const owner = (password: string) => from(`203.0.113.${moves++}`, password)

  let [looked, late] = [0, 0]
  for (let second = 0; second < LASTS; second += 10) {
    for (let i = 0; i < SITES; i++) {
      if ((await from(`198.51.100.${i}`, 'wrong')) !== 401) continue
      looked += 1
      if (second >= LASTS - 60) late += 1
    }
    if (second === LASTS / 2)
      for (let i = 0; i < 3; i++) t.equal(await owner('a typing error'), 401)
    clock.advance(10)
  }
  t.ok(looked <= BEFORE + (2 * LASTS) / 60 + SITES, `all in all: ${looked}`)
  t.ok(late <= 2, `in the last minute, with the guesses of the sites spent: ${late}`)
  t.equal(await owner(PASSWORD), 200, 'at once, from wherever they are')
})
