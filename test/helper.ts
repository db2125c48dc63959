import type { LightMyRequestResponse } from 'fastify'
import t, { type Test } from 'tap'
import { buildApp, type Overrides } from '../src/app.ts'
import { loadConfig, type Env } from '../src/config/index.ts'
import { createHasher } from '../src/domain/accounts/hasher.ts'
import type { Role } from '../src/base/actor.ts'
import type { Timers } from '../src/base/timers.ts'
import { RESOURCES } from '../src/domain/resources/index.ts'
import type { AnyResource } from '../src/domain/resources/resource.ts'
import { openBackend } from '../src/open-backend.ts'
import { meet } from './contract/met.ts'
import { checker } from './openapi-checker.ts'
import { freshDatabase } from './database.ts'

/** One pool of threads for all the apps of a test file. */
const hasher = createHasher()
t.teardown(() => hasher.close())

export interface Reply {
  status: number
  headers: Record<string, string | undefined>
  /** Parsed when it is JSON. Tests match it against what they expect. */
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any
  text: string
}
export interface Send {
  body?: unknown
  headers?: Record<string, string>
  query?: Record<string, string | string[]>
}
const PASSWORD = 'a quiet place to write'

export interface Options {
  env?: Env
  /** Another database than a new one: a second node. */
  databaseUrl?: string
  clock?: TestClock
  timers?: Timers
  logStream?: Overrides['logStream']
  /** What users own, where it is more than the server's own. */
  resources?: readonly AnyResource[]
  /** Milliseconds of event-loop delay above which it answers 503. */
  maxEventLoopDelay?: number
}

/** Real time, moved by hand: no test waits. */
export function movableClock() {
  let offset = 0
  return {
    now: () => new Date(Date.now() + offset),
    /** Moves on by so many seconds. */
    advance(seconds: number) {
      offset += seconds * 1000
    },
  }
}
export type TestClock = ReturnType<typeof movableClock>

/** The first part of a reply, after which the caller hangs up. */
async function beginning(reply: LightMyRequestResponse): Promise<string> {
  for await (const part of reply.stream()) {
    reply.raw.res.destroy()
    return String(part)
  }
  return ''
}

/** By the variables, which alone decide what an app documents: to ask for it and to make checks of it takes as long as a start. */
const contracts = new Map<string, ReturnType<typeof served>>()

async function served(get: (method: string, url: string) => Promise<Reply>) {
  const { body: v1 } = await get('GET', '/api/v1/openapi.json')
  const { body: v2 } = await get('GET', '/api/v2/openapi.json')
  return { documents: { v1, v2 }, checks: { v1: checker(v1, meet), v2: checker(v2, meet) } }
}

/**
 * Starts the app over a database of its own, as the server does. Every reply that passes through here is checked against the
 * document that such an app serves.
 */
export async function start(test: Test, options: Options = {}) {
  const { env = {}, clock = movableClock() } = options
  const databaseUrl = options.databaseUrl ?? (await freshDatabase(test))
  const { timers, logStream, resources = RESOURCES, maxEventLoopDelay = 0 } = options
  const variables = { NODE_ENV: 'test', DATABASE_URL: databaseUrl, ...env }
  const config = { ...loadConfig(variables), maxEventLoopDelay }
  const { backend, close } = await openBackend(config, {
    clock,
    hasher,
    resources,
    ...(timers && { timers }),
  })
  const app = await buildApp(config, { backend, clock, ...(logStream && { logStream }) })
  await app.ready()
  test.teardown(async () => {
    await app.close()
    await close()
  })
  const key = JSON.stringify([env, resources.map(({ name }) => name)])
  let contract = contracts.get(key)
  if (!contract) contracts.set(key, (contract = served(raw)))
  const { documents, checks } = await contract

  async function raw(method: string, url: string, { body, headers, query }: Send = {}) {
    // It never ends: what comes first has to do.
    const isStream = headers?.['accept'] === 'text/event-stream'
    const reply = await app.inject({
      method: method as 'GET', // inject knows the common methods only
      url,
      ...(body !== undefined && { payload: body as string | object }),
      ...(headers && { headers }),
      ...(query && { query }),
      payloadAsStream: isStream,
    })
    const text = isStream ? await beginning(reply) : reply.body
    const isJson = /\bjson\b/.test(reply.headers['content-type'] ?? '')
    return {
      status: reply.statusCode,
      headers: reply.headers as Record<string, string | undefined>,
      body: isJson && text !== '' ? JSON.parse(text) : undefined,
      text,
    } satisfies Reply
  }

  /** Sends a request and checks that the document promises such a reply. */
  async function request(method: string, url: string, send: Send = {}): Promise<Reply> {
    const reply = await raw(method, url, send)
    judge(method, url, reply)
    return reply
  }
  /** Fails the test unless the document promises such a reply, however it came. */
  function judge(method: string, url: string, reply: Reply) {
    const check = url.startsWith('/api/v2') ? checks.v2 : checks.v1
    const faults = check(method, url.split('?')[0] ?? url, reply)
    if (faults.length > 0) test.fail(`${method} ${url}: ${faults.join('; ')}`)
  }

  const clients = new Map<string, Promise<Client>>()
  /** A registered user who has logged in, the same one each time. */
  function as(username: string, role: Role = 'user'): Promise<Client> {
    let client = clients.get(username)
    if (!client) clients.set(username, (client = enter(username, role)))
    return client
  }
  async function enter(username: string, role: Role) {
    const account = await backend.accounts.register({ username, password: PASSWORD })
    if (role !== 'user') await backend.accounts.setRole(account.id, role)
    return login(username, account.id)
  }
  /** Another session of a user. */
  async function login(username: string, id: number) {
    const { body } = await request('POST', '/api/v1/login', {
      body: { username, password: PASSWORD },
    })
    return clientOf(id, username, body.access_token, body.refresh_token)
  }
  function clientOf(id: number, username: string, accessToken: string, refreshToken: string) {
    const send = (method: string, url: string, body?: unknown, more: Send = {}) =>
      request(method, url, {
        ...more,
        ...(body !== undefined && { body }),
        headers: { authorization: `Bearer ${accessToken}`, ...more.headers },
      })
    return {
      id,
      username,
      password: PASSWORD,
      accessToken,
      refreshToken,
      send,
      get: (url: string, more?: Send) => send('GET', url, undefined, more),
      post: (url: string, body?: unknown, more?: Send) => send('POST', url, body, more),
      put: (url: string, body?: unknown, more?: Send) => send('PUT', url, body, more),
      patch: (url: string, body?: unknown, more?: Send) => send('PATCH', url, body, more),
      delete: (url: string, body?: unknown, more?: Send) => send('DELETE', url, body, more),
    }
  }
  type Client = ReturnType<typeof clientOf>

  return { app, backend, clock, config, databaseUrl, request, judge, as, login, documents }
}
export type Started = Awaited<ReturnType<typeof start>>
