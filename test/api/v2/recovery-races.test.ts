import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { test } from 'tap'
import type { Actor } from '../../../src/base/actor.ts'
import { engine } from '../../database.ts'
import { actorOf, codeOf } from '../credentials.ts'
import { bearer } from '../v1/forge.ts'
import { left, NOTHING } from './account-left.ts'
import { type Scene, scene } from './intruder.ts'
import { NEW_PASSWORD } from './mailing.ts'
import { login } from './session.ts'

/** All that makes something which could act later, on behalf of whoever had been let in. */
async function makings(all: Scene, actor: Actor): Promise<Record<string, () => Promise<unknown>>> {
  const { backend, goTo, other } = all
  other.state.says = { sub: 'intruder' }
  const { code, verifier } = await goTo(other.visit, 'other')
  const email = 'thief@example.com'
  return {
    key: () => backend.apiKeys.create(actor, { name: 'x', scopes: ['account:read'] }),
    link: () => backend.identities.link(actor, code, verifier),
    address: () => backend.accounts.update(actor, actor.id, { email }, { emailPending: true }),
    factor: () => backend.secondFactor.begin(actor),
    archive: () => backend.archives.offer(actor),
    invitation: () => backend.invitations.create({ role: 'admin' }, actor),
  }
}

const actorIn = (all: Scene): Actor => ({
  ...actorOf({ id: all.id, username: 'owner', accessToken: all.stolen.access }),
  role: 'admin',
  type: 'access',
  authenticatedAt: all.clock.now().getTime(),
})

await test('S82 what was let in before a recovery makes nothing after it', async (t) => {
  const all = await scene(t)
  const { backend } = all
  const actor = actorIn(all)
  const offered = await backend.secondFactor.begin(actor)
  const { id: keyId } = await backend.apiKeys.create(actor, { name: 'x', scopes: ['users:write'] })
  const byKey = { ...actor, sessionId: '', keyId, type: 'key' } as const
  const { accounts, secondFactor } = backend
  const every: Record<string, () => Promise<unknown>> = {
    ...(await makings(all, actor)),
    confirm: () => secondFactor.confirm(actor, codeOf(offered.secret, all)),
    rename: () => accounts.update(byKey, all.id, { username: 'mine' }),
    delete: () => accounts.remove(actor, all.id),
    'delete by the key': () => accounts.remove(byKey, all.id),
  }
  const offers = await backend.store.query((q) => q.select().from(backend.store.tables.totpFactors))
  await accounts.setPassword(all.id, NEW_PASSWORD)
  // So that it is the session that refuses, and not that there is nothing to confirm.
  await backend.store.transaction((tx) =>
    tx.query((q) =>
      q.insert(backend.store.tables.totpFactors).values(offers.map(({ id: _id, ...row }) => row)),
    ),
  )
  for (const [name, make] of Object.entries(every))
    await t.rejects(make(), { code: 'TOKEN_REVOKED' }, name)
  t.strictSame(await left(all), { ...NOTHING, offers: 1 })
  t.match(await accounts.find(all.id), { username: 'owner' })
})

await test('S82 a recovery at the same moment leaves nothing alive, whatever comes first', async (t) => {
  const all = await scene(t)
  const { backend, auth, stolen, id } = all
  let password = 'a quiet place to write'
  for (let round = 1; round <= 6; round++) {
    const token = await all.forgotten()
    const next = `${NEW_PASSWORD} ${round}`
    const { body } = await login(all, 'owner', password)
    const session = { ...all, stolen: { ...stolen, access: body.access_token } }
    const make = Object.values(await makings(session, actorIn(session)))
    const tried = (works: ReadonlyArray<() => Promise<unknown>>) =>
      works.map(async (work) => work().catch(() => undefined))
    // What they do stands before the recovery, or behind it; the pauses let some of it pass it on its way.
    const before = round % 2 === 0 ? tried(make) : []
    const recovery =
      round <= 3
        ? auth('password/reset', { token, new_password: next }).then(({ status }) =>
            t.equal(status, 204),
          )
        : backend.accounts.setPassword(id, next)
    const behind = [
      login(all, 'owner', password),
      auth('refresh', { refresh_token: body.refresh_token }),
      ...(round % 2 === 0 ? [] : tried(make)),
    ]
    await Promise.all([...before, recovery, ...behind])
    t.strictSame(await left(all), NOTHING, `round ${round}`)
    t.match(await all.request('GET', '/api/v2/me', bearer(body.access_token)), { status: 401 })
    password = next
  }
})

await test(
  'S82 what is made waits for a recovery that has not committed yet, and then finds its session gone',
  { skip: engine === 'sqlite' && 'SQLite has one writer at a time' },
  async (t) => {
    const all = await scene(t)
    const make = await makings(all, actorIn(all))
    const other = new Client({ connectionString: all.databaseUrl })
    await other.connect()
    t.teardown(() => other.end())
    await other.query('BEGIN')
    await other.query('UPDATE users SET revision = revision + 1 WHERE id = $1', [all.id])
    await other.query('UPDATE sessions SET ended_at = now() WHERE user_id = $1', [all.id])
    const refused = Promise.all(
      Object.entries(make).map(([name, work]) =>
        t.rejects(work(), { code: 'TOKEN_REVOKED' }, name),
      ),
    )
    await sleep(100)
    await other.query('COMMIT')
    await refused
    t.strictSame(await left(all), NOTHING)
  },
)
