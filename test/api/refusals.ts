import { isDeepStrictEqual } from 'node:util'
import type { Test } from 'tap'
import { asc } from '../../src/db/drizzle.ts'
import type { Backend } from '../../src/domain/backend.ts'
import type { Reply, Send, Started } from '../helper.ts'

export type Client = Awaited<ReturnType<Started['as']>>

/** One thing that is wrong with the input, as v2 names it. */
export interface Violation {
  pointer?: string
  in?: 'query' | 'path' | 'header'
  parameter?: string
  code: string
  detail: string
}
export interface Refusal {
  /** Method and path below the version: `PUT /posts/1`. */
  call: string
  body?: unknown
  headers?: Record<string, string>
  query?: Send['query']
  /** That of the catalogue. */
  status: number
  /** The stable word of the catalogue, which v2 tells. */
  code?: string
  /** The whole message, or what must be in it. */
  message: string | RegExp
  /** Everything that is wrong with the input, which v2 tells. */
  errors?: Violation[]
  /** What is wrong, when the call and its body do not say so. */
  name?: string
}

/** Every record there is: what a refused request must leave as it was. */
export async function everything({ store }: Backend) {
  const { users, sessions, refreshTokens, posts, todos, books } = store.tables
  const [accounts, families, tokens, articles, tasks, catalogue] = await Promise.all([
    store.query((q) => q.select().from(users).orderBy(asc(users.id))),
    store.query((q) => q.select().from(sessions).orderBy(asc(sessions.id))),
    store.query((q) => q.select().from(refreshTokens).orderBy(refreshTokens.jti)),
    store.query((q) => q.select().from(posts).orderBy(asc(posts.id))),
    store.query((q) => q.select().from(todos).orderBy(asc(todos.id))),
    store.query((q) => q.select().from(books).orderBy(asc(books.id))),
  ])
  return {
    users: accounts,
    sessions: families,
    tokens,
    posts: articles,
    todos: tasks,
    books: catalogue,
  }
}

/** Passes if nothing changed since `before`. */
export async function unchanged(
  t: Test,
  backend: Backend,
  before: Awaited<ReturnType<typeof everything>>,
  about: string,
) {
  const after = await everything(backend)
  // The comparison of tap is for people to read, and slow.
  if (isDeepStrictEqual(after, before)) t.pass(`${about}: nothing changed`)
  else t.strictSame(after, before, `${about}: nothing changed`)
}

/** How a version refuses. */
export interface Voice {
  /** The path that its calls are below. */
  base: string
  status: (refusal: Refusal) => number
  contentType: RegExp
  body: (refusal: Refusal, reply: Reply, path: string) => object
}

/** Makes the check of a version: each is refused in its shape and its words, and nothing that is stored changes. */
export const refuser =
  ({ base, status, contentType, body }: Voice) =>
  async (
    t: Test,
    { backend, request }: Pick<Started, 'backend' | 'request'>,
    by: Pick<Client, 'send'> | undefined,
    refusals: Refusal[],
  ) => {
    const before = await everything(backend)
    for (const refusal of refusals) {
      const { call, body: sent, headers, query, name } = refusal
      const [method = '', path = ''] = call.split(' ')
      const more = { ...(headers && { headers }), ...(query && { query }) }
      const url = `${base}${path}`
      const reply = by
        ? await by.send(method, url, sent, more)
        : await request(method, url, { ...more, ...(sent !== undefined && { body: sent }) })
      const about = `${call} ${name ?? shorten(sent ?? query)}`
      t.strictSame(
        {
          status: reply.status,
          body: reply.body,
          challenge: reply.headers['www-authenticate'],
          cache: reply.headers['cache-control'],
        },
        {
          status: status(refusal),
          body: body(refusal, reply, url.split('?')[0] ?? url),
          challenge: challenge(refusal),
          cache: 'no-store',
        },
        `${about}: ${refusal.status}`,
      )
      t.match(reply.headers['content-type'], contentType)
      await unchanged(t, backend, before, about)
    }
  }

/** What was said, if that is what was expected. */
export const said = (expected: string | RegExp, message: unknown) =>
  typeof expected === 'string' || !expected.test(String(message)) ? String(expected) : message

const shorten = (value: unknown) => (JSON.stringify(value) ?? '').slice(0, 80)

/** RFC 6750, section 3: no error when no token was sent. */
function challenge({ status, code, message }: Refusal) {
  const realm = 'Bearer realm="commonplace"'
  if (status === 403 && code?.startsWith('insufficient_'))
    return `${realm}, error="insufficient_scope"`
  if (status !== 401) return undefined
  if (message === 'Missing token' || message === 'Invalid credentials') return realm
  return `${realm}, error="invalid_token", error_description="${String(message)}"`
}
