import { STATUS_CODES } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import { asc } from '../../../src/db/drizzle.ts'
import type { Test } from 'tap'
import type { Backend } from '../../../src/domain/backend.ts'
import type { Send, Started } from '../../helper.ts'

export type Client = Awaited<ReturnType<Started['as']>>

export interface Refusal {
  /** Method and path below /api/v1: `PUT /posts/1`. */
  call: string
  body?: unknown
  headers?: Record<string, string>
  query?: Send['query']
  status: number
  /** The whole message, or what must be in it. */
  message: string | RegExp
  /** What is wrong, when the call and its body do not say so. */
  name?: string
}

/** Members that a client might hope to set (S47). */
const FOREIGN_MEMBERS = {
  user_id: 1,
  role: 'admin',
  id: 7,
  created_at: '2026-11-20T16:33:06.902Z',
  password_hash: 'x',
  revision: 9,
}
/** What is not a value of the type (S56), be it ever so close to one. */
const NOT_A = {
  string: [5, true, null, ['text'], { text: 'x' }],
  'nullable string': [5, false, ['text'], {}],
  boolean: [null, 'true', 'false', 1, 0, [true], {}],
} as const
type Kind = keyof typeof NOT_A

/** Other spellings of ids, and numbers that are none (S51, S58). */
export const NO_IDS = [
  '1e3',
  '0x1',
  '1.0',
  '01',
  '%201',
  '1%20',
  '+1',
  '-1',
  '0',
  '1,2',
  'abc',
  'null',
  '2147483648',
  '9007199254740993',
  '1e20',
  '99999999999999999999',
  '%C3%A9',
]

export const unknownMembers = (call: string, body: object): Refusal[] =>
  Object.entries(FOREIGN_MEMBERS).map(([member, value]) => ({
    call,
    body: { ...body, [member]: value },
    status: 400,
    message: `"${member}" is not a member of this body`,
  }))

export const wrongTypes = (call: string, body: object, kinds: Record<string, Kind>): Refusal[] =>
  Object.entries(kinds).flatMap(([member, kind]) =>
    NOT_A[kind].map((value) => ({
      call,
      body: { ...body, [member]: value },
      status: 400,
      message: new RegExp(String.raw`^${member} must be (a string|true or false)( or null)?$`),
    })),
  )

/** Calls in which `{id}` stands for an id. */
export const badIds = (calls: Array<Pick<Refusal, 'call' | 'body'>>): Refusal[] =>
  calls.flatMap(({ call, body }) =>
    NO_IDS.map((id) => ({
      call: call.replace('{id}', id),
      body,
      status: 400,
      message: 'id must be a whole number from 1 to 2147483647',
    })),
  )

/** Every record there is: what a refused request must leave as it was. */
export async function everything({ store }: Backend) {
  const { users, posts, todos, books } = store.tables
  return {
    users: await store.query((q) => q.select().from(users).orderBy(asc(users.id))),
    posts: await store.query((q) => q.select().from(posts).orderBy(asc(posts.id))),
    todos: await store.query((q) => q.select().from(todos).orderBy(asc(todos.id))),
    books: await store.query((q) => q.select().from(books).orderBy(asc(books.id))),
  }
}

/** Each is refused in the shape and the words of v1, and nothing that is stored changes. */
export async function refuses(
  t: Test,
  { backend, request }: Started,
  by: Pick<Client, 'send'> | undefined,
  refusals: Refusal[],
) {
  const before = await everything(backend)
  for (const { call, body, headers, query, status, message, name } of refusals) {
    const [method = '', path = ''] = call.split(' ')
    const more = { ...(headers && { headers }), ...(query && { query }) }
    const url = `/api/v1${path}`
    const reply = by
      ? await by.send(method, url, body, more)
      : await request(method, url, { ...more, ...(body !== undefined && { body }) })
    const about = `${call} ${name ?? shorten(body ?? query)}`
    t.strictSame(
      { status: reply.status, body: reply.body, challenge: reply.headers['www-authenticate'] },
      {
        status,
        body: { error: STATUS_CODES[status], message: said(message, reply.body?.message) },
        challenge: status === 401 ? challenge(String(message)) : undefined,
      },
      `${about}: ${status}`,
    )
    const after = await everything(backend)
    // The comparison of tap is for people to read, and slow.
    if (isDeepStrictEqual(after, before)) t.pass(`${about}: nothing changed`)
    else t.strictSame(after, before, `${about}: nothing changed`)
  }
}

/** What was said, if that is what was expected. */
const said = (expected: string | RegExp, message: unknown) =>
  typeof expected === 'string' || !expected.test(String(message)) ? String(expected) : message

const shorten = (value: unknown) => (JSON.stringify(value) ?? '').slice(0, 80)

function challenge(message: string) {
  const realm = 'Bearer realm="commonplace"'
  if (message === 'Missing token' || message === 'Invalid credentials') return realm
  return `${realm}, error="invalid_token", error_description="${message}"`
}

/**
 * Refuses a request without a valid token, of every kind. The calls come without a body: who calls is asked first. Goes before
 * other logins: it moves the clock past the life of earlier tokens.
 */
export async function refusesOutsiders(t: Test, started: Started, calls: string[]) {
  for (const { name, authorization, message } of await outsiders(started)) {
    const headers = authorization === undefined ? {} : { authorization }
    await refuses(
      t,
      started,
      undefined,
      calls.map((call) => ({ call, name, headers, status: 401, message })),
    )
  }
}

async function outsiders({ as, backend, clock, config }: Started) {
  const early = await as('early')
  clock.advance(config.accessTokenExpires + 1)
  const left = await as('left')
  const deleted = await as('deleted')
  const suspended = await as('suspended')
  const member = await as('member')
  await left.post('/api/v1/logout')
  await deleted.delete(`/api/v1/users/${deleted.id}`)
  await backend.accounts.setStatus(suspended.id, 'suspended')
  const [head, , signature] = member.accessToken.split('.')
  const [, payload] = early.accessToken.split('.')
  const rows: Array<[name: string, authorization: string | undefined, message: string]> = [
    ['no token', undefined, 'Missing token'],
    ['another scheme', 'Basic bWVtYmVyOmEgcXVpZXQgcGxhY2U=', 'Missing token'],
    ['no token after the scheme', 'Bearer', 'Missing token'],
    ['a word', 'Bearer nonsense', 'Invalid token'],
    ['a signature of other claims', `Bearer ${head}.${payload}.${signature}`, 'Invalid token'],
    ['a refresh token', `Bearer ${member.refreshToken}`, 'Invalid token type'],
    ['an expired token', `Bearer ${early.accessToken}`, 'Token has expired'],
    ['a token after logout', `Bearer ${left.accessToken}`, 'Token has been revoked'],
    ['a token of a deleted user', `Bearer ${deleted.accessToken}`, 'Token has been revoked'],
    ['a token of a suspended user', `Bearer ${suspended.accessToken}`, 'Token has been revoked'],
  ]
  return rows.map(([name, authorization, message]) => ({ name, authorization, message }))
}
