import { test } from 'tap'
import { at, listen, PASSWORD, skip } from './server.ts'

/** Within the time limit of a file, on a machine that is busy. */
const TURNS = 30

await test('S10 S11 the time of a login does not tell why it failed', { skip }, async (t) => {
  const cheap = await listen(t, { BCRYPT_COST: '8' })
  await cheap.app.backend.accounts.register({ username: 'cheap', password: PASSWORD })
  const { app, login } = await listen(t)
  const { accounts, store } = app.backend
  await accounts.register({ username: 'alice', password: PASSWORD })
  const { id } = await accounts.register({ username: 'suspended', password: PASSWORD })
  await accounts.setStatus(id, 'suspended')
  const { users, loginFailures } = store.tables
  const [old] = await cheap.app.backend.store.query((q) => q.select().from(users))
  if (!old) throw new Error('nobody has registered')
  const { id: _, ...row } = old
  await store.write(store.define('test_cheap', (q) => q.insert(users).values(row)))
  const forget = store.define('test_forget', (q) => q.delete(loginFailures))

  const times: Record<string, number[]> = { alice: [], suspended: [], nobody: [], cheap: [] }
  for (let turn = 0; turn < TURNS; turn++) {
    // Each of them is the first as often as the last: what came before must not matter.
    const order = Object.entries(times)
    for (const [name, taken] of [...order.slice(turn % 4), ...order.slice(0, turn % 4)]) {
      const { status, ms } = await login(name, 'a wrong password')
      t.equal(status, 401)
      taken.push(ms)
    }
    // Otherwise guessing would be slowed down.
    await store.write(forget)
  }
  // A busy machine only ever adds: what is least disturbed is compared, with half as much again of tolerance.
  const reference = at(times['alice'] ?? [], 0.1)
  for (const [name, taken] of Object.entries(times)) {
    const ratio = at(taken, 0.1) / reference
    t.ok(Math.abs(ratio - 1) < 0.15, `${name}: ${ratio.toFixed(3)} of the time of a wrong password`)
  }
})
