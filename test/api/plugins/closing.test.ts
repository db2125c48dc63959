import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { test } from 'tap'
import { frame, listening } from './frame.ts'

await test('S77 what is in flight finishes, its client is told to go, and nobody keeps it open', async (t) => {
  const begun = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  const app = await frame(t, (routes) => {
    routes.get('/slow', async () => {
      begun.resolve()
      await held.promise
      return { done: true }
    })
    routes.get('/quick', async () => ({}))
  })
  const { port } = await listening(app)
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const ask = async (path: string): Promise<IncomingMessage> => {
    const [response] = await once(get({ port, path, agent, host: '127.0.0.1' }), 'response')
    return response
  }

  const idle = await ask('/quick')
  t.equal(idle.headers.connection, 'keep-alive')
  idle.resume()
  await once(idle, 'end')

  const inFlight = ask('/slow')
  await begun.promise
  const began = performance.now()
  const closed = app.close()
  while (!app.isClosing()) await new Promise(setImmediate)
  held.resolve()
  const reply = await inFlight
  t.equal(reply.statusCode, 200)
  t.equal(reply.headers.connection, 'close')
  reply.resume()
  await closed
  t.ok(performance.now() - began < 2000)
  t.equal(app.isClosing(), true)
  await t.rejects(ask('/quick'), 'new connections are refused')
})
