import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cores } from './cores.ts'

export interface Server {
  url: string
  pid: number
  child: ChildProcess
  /** Of user and system time, all threads. */
  cpuSeconds(): number
  /** A line of /proc/<pid>/status, such as VmRSS, in MiB. */
  memory(line: 'VmRSS' | 'VmHWM'): number
  stop(): Promise<void>
}
export interface StartOptions {
  /** Beside this folder: `src/server.ts`, or one of the benchmark's own. */
  entry: string
  env: NodeJS.ProcessEnv
  core: string | undefined
}

const ROOT = new URL('..', import.meta.url).pathname
/** How `npm start` runs the server: its variables, and the flags of node. */
const START = (() => {
  const { scripts }: { scripts: { start: string } } = JSON.parse(
    readFileSync(`${ROOT}package.json`, 'utf8'),
  )
  const words = scripts.start.split(' ')
  return {
    env: Object.fromEntries(
      words.filter((word) => /^\w+=/.test(word)).map((word) => word.split('=')),
    ),
    flags: words.filter((word) => word.startsWith('--')),
  }
})()
const TICKS = clockTicks()
const running = new Set<ChildProcess>()

/** The environment that the real server runs with: production, every plugin on, and no limit that the load would reach. */
export function production(databaseUrl: string, secret: string) {
  return {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    DATABASE_URL: databaseUrl,
    SECRET_KEY: secret,
    PUBLIC_URL: 'https://commonplace.example',
    CORS_ORIGINS: 'https://app.example',
    RATE_LIMITS: '10000',
    LOG_LEVEL: 'info',
    JWT_ACCESS_TOKEN_EXPIRES: '3600',
  }
}

/** Starts a server and waits until it accepts a connection. */
export async function startServer({ entry, env, core }: StartOptions) {
  const port = await freePort()
  const command = [process.execPath, ...START.flags, entry]
  if (core !== undefined) command.unshift('taskset', '-c', core)
  const [file = '', ...args] = command
  const { PATH, HOME, TMPDIR } = process.env
  const child = spawn(file, args, {
    cwd: ROOT,
    env: { PATH, HOME, TMPDIR, ...START.env, ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  await listening(child, port)
  return serverOf(child, port)
}

function serverOf(child: ChildProcess, port: number): Server {
  const pid = child.pid ?? 0
  return {
    url: `http://127.0.0.1:${port}`,
    pid,
    child,
    cpuSeconds() {
      // The second field may hold spaces, but is closed by the last parenthesis.
      const fields = read(`/proc/${pid}/stat`)
        .replace(/^.*\) /, '')
        .split(' ')
      return (Number(fields[11]) + Number(fields[12])) / TICKS
    },
    memory: (line) =>
      Number(new RegExp(`${line}:\\s+(\\d+)`).exec(read(`/proc/${pid}/status`))?.[1]) / 1024,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** Ends what is still running, for when the benchmark itself is ended. */
export function killServers() {
  for (const child of running) child.kill('SIGKILL')
}

/** The core that a server under load gets, or all of them: for what real servers do beside the event loop. */
export const coreFor = (cores: Cores, pinned: boolean) => (pinned ? cores.server : cores.all)

async function listening(child: ChildProcess, port: number) {
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`The server exited with ${child.exitCode}`)
    await sleep(2)
  }
}

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(port, '127.0.0.1')
  socket.once('connect', () => resolve(true))
  socket.once('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port is free')
  return address.port
}

/** Linux alone has these files; elsewhere the columns that need them stay empty. */
function read(file: string) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function clockTicks() {
  try {
    return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  } catch {
    return 100
  }
}
