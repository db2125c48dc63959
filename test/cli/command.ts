import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import tap, { type Test } from 'tap'
import { run } from '../../src/cli/run.ts'
import { type Env, loadConfig } from '../../src/config/index.ts'
import { createHasher } from '../../src/domain/accounts/hasher.ts'
import type { Backend } from '../../src/domain/backend.ts'
import { openBackend } from '../../src/open-backend.ts'

export const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
export const PASSWORD = 'a quiet place to write'
export const ORIGIN = { ip: '192.0.2.1', userAgent: undefined, requestId: 'test' }

/** One pool of threads for all that this process looks at. */
const hasher = createHasher()
tap.teardown(() => hasher.close())

export interface Result {
  code: number | null
  stdout: string
  stderr: string
}
export interface Setting {
  /** DATABASE_URL */
  url?: string
  env?: Env
  /** What stands on standard input, which then ends. */
  input?: string | Buffer
  cwd?: string
  /** Arguments of node itself. */
  node?: string[]
}

/** Runs the real command to its end. */
export async function commonplace(args: string[], setting: Setting = {}): Promise<Result> {
  const child = start(args, setting, { stdio: 'pipe' })
  const result = outputOf(child)
  child.stdin?.on('error', () => undefined) // it may end without reading
  child.stdin?.end(setting.input)
  return result
}

export function start(
  args: string[],
  { url, env, cwd, node = [] }: Setting,
  options: SpawnOptions,
) {
  return spawn(process.execPath, [...node, CLI, ...args], {
    ...options,
    ...(cwd && { cwd }),
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'test',
      ...(url && { DATABASE_URL: url }),
      ...env,
    },
  })
}

/**
 * The same in this process, for tables of refusals: a process of its own costs most of a second. Not for what reads standard input,
 * nor for wrong usage, which commander itself reports.
 */
export async function here(args: string[], { url, env }: Pick<Setting, 'url' | 'env'>) {
  const { log, error } = console
  let [stdout, stderr] = ['', '']
  console.log = (text: string) => void (stdout += `${text}\n`)
  console.error = (text: string) => void (stderr += `${text}\n`)
  try {
    const code = await run(args, { NODE_ENV: 'test', ...(url && { DATABASE_URL: url }), ...env })
    return { code, stdout, stderr } satisfies Result
  } finally {
    Object.assign(console, { log, error })
  }
}

export async function outputOf(child: ChildProcess): Promise<Result> {
  let [stdout, stderr] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text) => (stderr += text))
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}

/** `commonplace serve` on a free port, stopped with the test. */
export async function serving(t: Test, setting: Setting) {
  const env = { PORT: '0', LOG_LEVEL: 'info', ...setting.env }
  const child = start(['serve'], { ...setting, env }, { stdio: 'pipe' })
  t.teardown(() => void child.kill('SIGKILL'))
  let log = ''
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      log += text
      const found = /listening on http:\/\/[^:]+:(\d+)/.exec(log)?.[1]
      if (found) resolve(found)
    })
    child.once('close', (code) => reject(new Error(`serve ended with ${code}: ${log}`)))
  })
  return {
    url: `http://127.0.0.1:${port}`,
    child,
    async stop() {
      child.kill('SIGTERM')
      const [code] = await once(child, 'close')
      return code
    },
  }
}

/** Looks at the database with the same code as the server. */
export async function inside<T>(
  url: string,
  work: (backend: Backend) => Promise<T>,
  env: Env = {},
): Promise<T> {
  const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: url, ...env })
  const { backend, close } = await openBackend(config, { hasher })
  try {
    return await work(backend)
  } finally {
    await close()
  }
}

/** Whether a login works. */
export const logsIn = (url: string, username: string, password: string) =>
  inside(url, ({ sessions }) =>
    sessions.login({ username, password }, ORIGIN, { rotating: false }).then(
      () => true,
      () => false,
    ),
  )

export const register = (url: string, ...usernames: string[]) =>
  inside(url, async ({ accounts }) => {
    for (const username of usernames) await accounts.register({ username, password: PASSWORD })
  })

/** A refusal is one sentence on stderr and nothing else, without a stack. */
export function refused(t: Test, result: Result, sentence: RegExp, code = 1) {
  t.equal(result.code, code)
  t.equal(result.stdout, '')
  t.match(result.stderr, sentence)
  t.match(result.stderr, /^error: .+\n$/)
  t.notMatch(result.stderr, /\n\s+at /)
}
