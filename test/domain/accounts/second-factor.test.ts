import { test } from 'tap'
import { loadConfig } from '../../../src/config/index.ts'
import { createHasher } from '../../../src/domain/accounts/hasher.ts'
import { randomIds } from '../../../src/base/ids.ts'
import { openBackend } from '../../../src/open-backend.ts'
import { freshDatabase } from '../../database.ts'

await test('the codes are those of RFC 6238, appendix B', async (t) => {
  const hasher = createHasher()
  const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: await freshDatabase(t) })
  const now = { seconds: 59 }
  const clock = { now: () => new Date(now.seconds * 1000) }
  const secret = Buffer.from('12345678901234567890')
  const ids = {
    ...randomIds,
    bytes: (count: number) => (count === 20 ? secret : randomIds.bytes(count)),
  }
  const { backend, close } = await openBackend(config, { clock, ids, hasher })
  t.teardown(async () => {
    await close()
    await hasher.close()
  })
  const { id } = await backend.accounts.register({ username: 'alice', password: 'a quiet place' })
  const origin = { ip: '192.0.2.7', userAgent: undefined, requestId: 'r' }
  const actor = { id, username: 'alice', role: 'user', sessionId: '', origin } as const
  t.match(await backend.secondFactor.begin(actor), { secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' })

  // The last six of the eight digits there.
  const vectors = [
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ] as const
  for (const [seconds, code] of vectors) {
    now.seconds = seconds
    if (seconds === 59) await backend.secondFactor.confirm(actor, code)
    else {
      const spend = await backend.secondFactor.look(id, code)
      t.ok(spend && (await backend.store.transaction(spend)), code)
      t.equal(await backend.secondFactor.look(id, code), undefined, 'used')
    }
  }
})
