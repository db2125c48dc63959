import { once } from 'node:events'
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'
import type { Test } from 'tap'
import { type ClientOptions, createClient, type TokenStorage } from '../../client/src/index.ts'
import { listening } from '../api/plugins/frame.ts'
import { type Options, start } from '../helper.ts'

export const PASSWORD = 'a quiet place to write'
export const ALICE = { identifier: 'alice', password: PASSWORD }

/** A server on loopback with alice and bob, and what came to it. */
export async function serve(t: Test, options: Options = {}) {
  const node = await start(t, options)
  if (options.databaseUrl === undefined)
    for (const username of ['alice', 'bob'])
      await node.backend.accounts.register({ username, password: PASSWORD })
  const seen: string[] = []
  node.app.server.prependListener('request', ({ method, url }: IncomingMessage) => {
    if (method !== 'OPTIONS') seen.push(`${method} ${url?.replace('/api/v2', '')}`)
  })
  const { port } = await listening(node.app)
  const baseUrl = `http://127.0.0.1:${port}/api/v2`
  /** What the client waited for, in milliseconds; it did not really. */
  const waits: number[] = []
  const sleep = async (ms: number, signal?: AbortSignal) => {
    waits.push(ms)
    signal?.throwIfAborted()
  }

  return {
    ...node,
    port,
    baseUrl,
    seen,
    waits,
    /** How often this came. */
    count: (line: string) => seen.filter((one) => one === line).length,
    client: (more: Partial<ClientOptions> = {}) => createClient({ baseUrl, sleep, ...more }),
  }
}
export type Served = Awaited<ReturnType<typeof serve>>

/** As a program would bring its own: it takes a while, and shows what it holds. */
export function ownStorage(shared?: string) {
  let text = ''
  return {
    ...(shared !== undefined && { shared }),
    get: async () => (text === '' ? undefined : JSON.parse(text)),
    set: async (tokens) => {
      await new Promise(setImmediate)
      text = JSON.stringify(tokens)
    },
    clear: async () => {
      text = ''
    },
    text: () => text,
  } satisfies TokenStorage & { text(): string }
}

/** What a proxy does with a reply: passes it on, or answers something else in its place. */
type Meddle = (line: string, reply: IncomingMessage, outgoing: ServerResponse) => 'pass' | 'meddled'

/** A proxy on loopback that may lose what the server answered. @returns where v2 is behind it */
export async function proxy(t: Test, port: number, meddle: Meddle): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming
    const onward = send({ host: '127.0.0.1', port, method, path, headers }, (reply) => {
      if (meddle(`${method} ${path?.replace('/api/v2', '')}`, reply, outgoing) !== 'pass') return
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers)
      pipeline(reply, outgoing, () => undefined)
    })
    onward.on('error', () => outgoing.destroy())
    // Who hangs up is not waited for.
    outgoing.once('close', () => onward.destroy())
    incoming.pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v2`
}
