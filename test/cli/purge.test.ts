import { test } from 'tap'
import { freshDatabase } from '../database.ts'
import { commonplace, here, inside, refused, register } from './command.ts'

const blacklist = (url: string) =>
  inside(url, ({ store }) => store.query((q) => q.select().from(store.tables.tokenBlacklist)))

await test('S43 purge removes what has expired, only that, and counts it', async (t) => {
  const url = await freshDatabase(t)
  await register(url, 'alice')
  await revoke(url, 1201, -1000)
  await revoke(url, 2, 3_600_000)
  t.match(JSON.parse((await commonplace(['purge', '--json'], { url })).stdout), {
    token_blacklist: 1201,
    refresh_tokens: 0,
    sessions: 0,
    signing_keys: 0,
    login_failures: 0,
    audit_events: 0,
  })
  t.equal((await blacklist(url)).length, 2)
  const again = await here(['purge'], { url })
  t.match(again, { code: 0, stderr: '', stdout: /^TABLE +REMOVED\ntoken_blacklist +0\n/ })
})

await test('purge leaves it to the process that is at it', async (t) => {
  const url = await freshDatabase(t)
  await register(url, 'alice')
  await revoke(url, 1, -1000)
  await inside(url, async ({ store }) => {
    const { leases } = store.tables
    const lease = { name: 'purge', holder: 'someone else', until: new Date(Date.now() + 60_000) }
    await store.write(store.define('test_lease', (q) => q.insert(leases).values(lease)))
  })
  refused(t, await here(['purge'], { url }), /Another process is purging/)
  t.equal((await blacklist(url)).length, 1)
})

/** Blacklists so many tokens, which expire in so many milliseconds. */
function revoke(url: string, count: number, expiresIn: number) {
  return inside(url, async ({ store }) => {
    const { tokenBlacklist } = store.tables
    const now = new Date()
    const rows = Array.from({ length: count }, (_, index) => ({
      jti: `${expiresIn}-${index}`,
      tokenType: 'access' as const,
      userId: 1,
      expiresAt: new Date(now.getTime() + expiresIn),
      revokedAt: now,
      reason: 'logout',
    }))
    await store.write(store.define('test_revoke', (q) => q.insert(tokenBlacklist).values(rows)))
  })
}
