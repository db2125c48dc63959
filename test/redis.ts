import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import type { Test } from 'tap'

const { error } = spawnSync('redis-server', ['--version'])
/** Why tests that need a Redis of their own are skipped, or false. */
export const skip = error !== undefined && 'redis-server is not installed'

/** A Redis of this test's own on a free port of loopback, which keeps nothing on disk. */
export async function redisServer(t: Test, { password = '', running = true } = {}) {
  const port = await freePort()
  const url = `redis://${password && `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`
  let child: ChildProcess | undefined

  async function start() {
    const settings = `--port ${port} --bind 127.0.0.1 --appendonly no --save`.split(' ')
    const secret = password ? ['--requirepass', password] : []
    const { stdout } = (child = spawn('redis-server', [...settings, '', ...secret], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }))
    for await (const line of createInterface(stdout)) if (/Ready to accept/.test(line)) break
    stdout.resume()
  }
  async function kill() {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  t.teardown(kill)
  if (running) await start()
  return {
    url,
    start,
    kill,
    /** It holds its connections, and answers nothing. */
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    /** What an operator does to it, such as `SET key value`. */
    async command(line: string): Promise<unknown> {
      const [name = '', ...args] = line.split(' ')
      const redis = new Redis(url)
      try {
        return await redis.call(name, ...args)
      } finally {
        redis.disconnect()
      }
    },
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on a port
  server.close()
  await once(server, 'close')
  return port
}
