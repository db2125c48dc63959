import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const SERVER = fileURLToPath(new URL('../../src/server.ts', import.meta.url))

export interface Reply {
  status: number
  headers: Headers
  // Parsed JSON: whoever reads it knows what was asked for.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any
}

interface Setting {
  /** The most handles that the process may have. */
  handles?: number
  env?: Record<string, string>
}

/** A server in a process of its own, over a SQLite file. Resolves when it listens. */
export async function startServer(file: string, { handles, env = {} }: Setting = {}) {
  const started = performance.now()
  // tap adds to the NODE_OPTIONS of children what ends them at SIGXFSZ, which node itself ignores.
  const command = ['env', '-u', 'NODE_OPTIONS', process.execPath, SERVER]
  const limited = `${handles === undefined ? '' : `ulimit -n ${handles} && `}exec "$@"`
  const child = spawn('sh', ['-c', limited, 'sh', ...command], {
    cwd: dirname(file),
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'test',
      LOG_LEVEL: 'info',
      HOST: '127.0.0.1',
      PORT: '0',
      DATABASE_URL: `sqlite:${file}`,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  // A test that is cut off leaves no server behind.
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
  const lines = createInterface(child.stdout)
  const url = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      const found = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)
      if (found?.[1]) resolve(found[1])
    })
    child.once('exit', (code) => reject(new Error(`the server did not start: exit code ${code}`)))
  })

  return {
    pid: child.pid ?? 0,
    url,
    /** Milliseconds from the start of the process until it listened. */
    startedIn: Math.round(performance.now() - started),
    async send(
      method: string,
      path: string,
      body?: unknown,
      token?: string,
      headers: Record<string, string> = {},
    ): Promise<Reply> {
      const reply = await fetch(url + path, {
        method,
        headers: {
          // A kept connection may be closed by the server just as it is used again, which is nobody's fault.
          connection: 'close',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await reply.text()
      return {
        status: reply.status,
        headers: reply.headers,
        body: text === '' ? undefined : JSON.parse(text),
      }
    },
    /** Ends the process, at once by default. */
    async stop(signal: NodeJS.Signals = 'SIGKILL') {
      child.kill(signal)
      await exited
    },
  }
}
export type ServerProcess = Awaited<ReturnType<typeof startServer>>

export interface Tokens {
  access: string
  refresh: string
}
export const ALICE = { username: 'alice', password: 'a quiet place to write' }

/** Logs alice in and returns her tokens. */
export async function logIn(server: ServerProcess): Promise<Tokens> {
  const { status, body } = await server.send('POST', '/api/v1/login', ALICE)
  if (status !== 200) throw new Error(`the login was answered with ${status}`)
  return { access: String(body.access_token), refresh: String(body.refresh_token) }
}
