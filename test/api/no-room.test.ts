import { test } from 'tap'
import { keyOf } from './credentials.ts'
import { complete, open, type Opened, promises } from './every-operation.ts'
import { fillDisk } from './full-disk.ts'
import { nameOf, type Operation, recipeOf } from './requests.ts'
import { pkce, scene, verified } from './v2/signing-in.ts'

/** Makes a request of every operation there and then, to be sent later. */
async function prepared(opened: Opened, operations: Operation[]) {
  const requests = []
  for (const operation of operations) {
    const { method, url, send } = await complete(opened, operation)
    const again = (headers?: Record<string, string>) =>
      opened.request(method, url, { ...send, ...(headers && { headers }) })
    requests.push({ operation, name: nameOf(operation), again })
  }
  return requests
}

await test('S75 507: whatever stores something, on a full disk', async (t) => {
  const opened = await open(t)
  const storing = opened.operations.filter((operation) => promises(opened, operation, 507))
  // Without a provider these come to nothing before they store anything: see below.
  const reaching = storing.filter((operation) => recipeOf(operation).beyond === undefined)
  const requests = await prepared(opened, reaching)
  await fillDisk(opened.databaseUrl)
  for (const { name, again } of requests) t.equal((await again()).status, 507, name)
})

await test('S75 on a full disk a sign-in is 507, and its code stays good', async (t) => {
  const all = await scene(t)
  const alice = await all.as('alice')
  all.provider.state.says = verified('7', 'seven@example.com')
  const { code, verifier } = await all.goTo(all.provider.visit)
  const empty = await fillDisk(all.databaseUrl)
  t.equal((await all.spend({ code, verifier })).status, 507)
  t.equal((await alice.post('/api/v2/me/identities', { code, verifier })).status, 507)
  await empty()
  const wrong = { code, verifier: pkce().verifier }
  t.equal((await alice.post('/api/v2/me/identities', wrong)).status, 422)
  t.equal((await alice.post('/api/v2/me/identities', { code, verifier })).status, 201)
})

await test('S75 what stores nothing goes on, with tokens and keys, and so do refusals', async (t) => {
  const opened = await open(t)
  const reading = opened.operations.filter((operation) => !promises(opened, operation, 507))
  const owner = await opened.as('reader', 'admin')
  const requests = await prepared(opened, reading)
  const keys = new Map<string, string>()
  for (const { name, operation } of requests)
    if (operation.scope) keys.set(name, (await keyOf(opened, owner, [operation.scope])).key)
  const { key: other } = await keyOf(opened, owner, ['posts:write'])
  const before = new Map<string, number>()
  for (const { name, again } of requests) before.set(name, (await again()).status)

  await fillDisk(opened.databaseUrl)
  for (const { name, operation, again } of requests) {
    t.equal((await again()).status, before.get(name), name)
    const key = keys.get(name)
    if (key === undefined) continue
    const form = recipeOf(operation).headers
    t.not((await again({ ...form, 'x-api-key': key })).status, 507, `${name} with a key`)
    t.equal((await again({ ...form, 'x-api-key': other })).status, 403, `${name} with another`)
  }
})
