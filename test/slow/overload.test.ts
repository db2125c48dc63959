import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import autocannon from 'autocannon'
import { test } from 'tap'
import { at, listen, skip, timed } from './server.ts'

await test(
  'S67 500 clients that drip their headers are cut within 5 s, and hold up nobody',
  { skip },
  async (t) => {
    const { url } = await listen(t)
    const { port, hostname } = new URL(url)
    const open = new Set<object>()
    const sockets = Array.from({ length: 500 }, () => {
      const socket = connect(Number(port), hostname, () =>
        socket.write('GET /healthz HTTP/1.1\r\nX-Drip: '),
      )
      open.add(socket)
      socket
        .on('close', () => open.delete(socket))
        .on('error', () => undefined)
        .resume()
      return socket
    })
    const dripping = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write('x')
    }, 500)
    t.teardown(() => clearInterval(dripping))
    const began = performance.now()
    const health: number[] = []
    while (open.size > 0 && performance.now() - began < 10_000) {
      health.push((await timed(fetch(`${url}/healthz`))).ms)
      await sleep(10)
    }
    t.equal(open.size, 0)
    // One second more than is asked for: the drips come from the same two cores.
    t.ok(performance.now() - began < 6000, `cut after ${Math.round(performance.now() - began)} ms`)
    t.ok(at(health, 0.99) < 100, `p99 of /healthz: ${at(health, 0.99).toFixed(1)} ms`)
  },
)

await test(
  'S71 ten times the load is answered no worse, and when it is over all is well',
  { skip },
  async (t) => {
    const { url } = await listen(t)
    const load = (connections: number) =>
      autocannon({ url: `${url}/api/v1/posts`, connections, duration: 4 })
    await load(16)
    const calm = await load(16)
    const busy = await load(160)
    const goodput = busy['2xx'] / calm['2xx']
    // Server and clients share this process: 80 % of what is left for the server.
    t.ok(goodput > 0.6, `goodput at ten times the load: ${goodput.toFixed(2)}`)
    t.ok(busy.latency.p99 < 1000, `p99: ${busy.latency.p99} ms`)
    const after = await timed(fetch(`${url}/api/v1/posts`))
    t.equal(after.status, 200)
    t.ok(after.ms < 1000)
  },
)
