import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { test } from 'tap'
import { createClient } from '../../client/src/index.ts'
import { ALICE, serve } from './node.ts'

setFlagsFromString('--expose-gc')
// The cast: that flag makes it.
const collect = runInNewContext('gc') as () => void
/** Memory is tidied up, as it is sooner or later where one waits for long. */
async function tidy() {
  for (let i = 0; i < 2; i += 1) {
    await new Promise(setImmediate)
    collect()
  }
}

await test('a signal reaches a request that has waited for long', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const controller = new AbortController()
  const { GET } = createClient({ baseUrl: `http://127.0.0.1:${port}/api/v2` })
  const read = GET('/posts', { signal: controller.signal })
  await once(server, 'request')
  await tidy()
  controller.abort()
  await t.rejects(read, { name: 'AbortError' })
})

await test('a signal reaches a stream that has been read for long', async (t) => {
  const node = await serve(t)
  const { login, events } = node.client()
  await login(ALICE)
  const controller = new AbortController()
  const next = events({ signal: controller.signal }).next()
  while (node.backend.events.size === 0) await new Promise(setImmediate)
  await tidy()
  controller.abort()
  await t.rejects(next, { name: 'AbortError' })
  while (node.backend.events.size > 0) await new Promise(setImmediate)
})
