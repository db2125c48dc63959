import { type ClientRequest, get, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import type { Test } from 'tap'
import type { Timers } from '../../../src/base/timers.ts'
import type { Reply, Started } from '../../helper.ts'
import { listening } from '../plugins/frame.ts'

/** What is between two empty lines. */
export interface Block {
  event?: string
  id?: string
  data?: string
  retry?: string
  comment?: string
}

/** What happens again and again happens when a test says so. */
export function handTimers() {
  const works = new Map<number, Set<() => void>>()
  return {
    every(ms, work) {
      const all = works.get(ms) ?? new Set()
      works.set(ms, all.add(work))
      return () => void all.delete(work)
    },
    fire(ms: number) {
      for (const work of works.get(ms) ?? []) work()
    },
    /** How many wait. */
    get size() {
      return [...works.values()].reduce((sum, all) => sum + all.size, 0)
    },
  } satisfies Timers & { fire(ms: number): void; size: number }
}

/** As the WHATWG says, as far as we make use of it. */
export function parse(text: string): Block {
  const block: Block = {}
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^(\w*): ?(.*)$/.exec(line) ?? []
    Object.assign(block, { [name || 'comment']: value })
  }
  return block
}

interface Options {
  headers?: Record<string, string>
  lastEventId?: string | number | undefined
}

/** Opens a stream over a socket, as a client does, and closes it with the test. */
export async function watch(
  t: Test,
  { app }: Pick<Started, 'app'>,
  token: string | undefined,
  { headers = {}, lastEventId }: Options = {},
) {
  const { port } = await listening(app)
  const sent = {
    ...headers,
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(lastEventId !== undefined && { 'last-event-id': String(lastEventId) }),
  }
  const request: ClientRequest = get({
    port,
    path: '/api/v2/events',
    headers: sent,
    host: '127.0.0.1',
    agent: false,
  })
  request.on('error', () => undefined)
  t.teardown(() => request.destroy())
  const [response]: IncomingMessage[] = await once(request, 'response')
  if (!response) throw new Error('no response')

  const blocks: Block[] = []
  const waiting: Array<(block: Block | undefined) => void> = []
  let text = ''
  let isOver = false
  const closed = new Promise<void>((resolve) => {
    response.on('close', () => {
      isOver = true
      for (const take of waiting.splice(0)) take(undefined)
      resolve()
    })
  })
  response.on('error', () => undefined)
  response.setEncoding('utf8')
  const read = (part: string) => {
    const parts = (text + part).split('\n\n')
    text = parts.pop() ?? ''
    for (const one of parts) {
      const block = parse(one)
      const take = waiting.shift()
      if (take) take(block)
      else blocks.push(block)
    }
  }
  response.on('data', read)

  /** The next block, or undefined when the stream is over. */
  const block = async (): Promise<Block | undefined> =>
    blocks.shift() ??
    (isOver ? undefined : new Promise<Block | undefined>((resolve) => void waiting.push(resolve)))
  /** The next event, past comments. */
  async function event() {
    for (let next = await block(); next; next = await block())
      if (next.event !== undefined)
        return { event: next.event, id: Number(next.id), data: JSON.parse(next.data ?? '') }
    return undefined
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers as Reply['headers'],
    block,
    event,
    /** So many events. */
    async events(count: number) {
      const all = []
      while (all.length < count) all.push(await event())
      return all
    },
    /** Resolves when the server has ended it, or the connection broke. */
    closed,
    /** What is left of it, once it is over. */
    body: async () => {
      await closed
      return text
    },
    close: () => request.destroy(),
    pause: () => response.pause(),
    resume: () => response.resume(),
  }
}
export type Watched = Awaited<ReturnType<typeof watch>>

/** Resolves when so many streams are open on a node. */
export async function streams({ backend }: Pick<Started, 'backend'>, count: number) {
  while (backend.events.size !== count) await new Promise(setImmediate)
}
