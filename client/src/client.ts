import createFetchClient, { defaultBodySerializer } from 'openapi-fetch'
import { type Ask, bearer, cookies } from './credentials.ts'
import { type Event, type EventOptions, watch } from './events.ts'
import type { LoginOptions, Method } from './methods.ts'
import { type All, follow } from './pages.ts'
import { ProblemError } from './problem.ts'
import { type components, FORM_PATHS, KEYED_PATHS, type paths } from './schema.ts'
import { createSession } from './session.ts'
import { memoryStorage, type TokenStorage } from './storage.ts'
import { createTransmit, type Patience } from './transmit.ts'

type Schemas = components['schemas']

/** What a client is made with. */
export interface ClientOptions extends Patience {
  /** Where v2 is: `https://api.example.com/api/v2`. */
  baseUrl: string
  /** Where the tokens are kept; in memory unless given. */
  storage?: TokenStorage | undefined
  /** The tokens are in cookies that no script can read. For pages on the same site as the API. */
  transport?: 'cookie' | undefined
  /** The session is over, or there is none: time to show a login. Called once, until somebody has logged in again. */
  onSignedOut?: ((problem: ProblemError) => void) | undefined
}

/** What `createClient` gives. */
export interface Client {
  /** Reads. `data` is the body, typed by the path. @throws ProblemError */
  GET: Method<'get'>
  /** Creates, or does something. What creates records is done once, however often it has to be sent. @throws ProblemError */
  POST: Method<'post'>
  /** Changes the members that are given. @throws ProblemError */
  PATCH: Method<'patch'>
  /** Removes. @throws ProblemError */
  DELETE: Method<'delete'>
  /**
   * Opens a session, with a password or with the code of a provider, and keeps it.
   * @throws ProblemError `invalid_credentials`, `otp_required`, `otp_invalid`, `too_many_attempts`
   */
  login(credentials: LoginOptions): Promise<void>
  /**
   * Ends `this` session unless told otherwise, the `others`, or `all`. That `this` was over before is no error; of `others` and `all` it
   * is, since none of them has ended. But for `others`, its tokens are gone from here in any case, unless they are in cookies: those only
   * the server can remove.
   * @throws ProblemError, or what fetch throws when the server could not be told
   */
  logout(scope?: 'this' | 'others' | 'all'): Promise<void>
  /** Makes an account, without logging in to it. @throws ProblemError `username_taken`, `validation_failed` */
  register(account: Schemas['Registration']): Promise<Schemas['Account']>
  /**
   * Reads a list from its first page to its last, each page when it is needed: leave the loop early and no more are read. Without
   * `fields` the records have all their members.
   * @throws ProblemError
   */
  all: All
  /**
   * Watches what happens, from now on or behind `lastEventId`. A connection that breaks is opened again, and misses nothing: what the
   * log has lost meanwhile is told by an event of the type `reset`. Ends when it is left, with the signal, or with the session.
   * @throws ProblemError, or the reason of the signal; what fetch throws when the first connection fails
   */
  events(options?: EventOptions): AsyncGenerator<Event, void>
}

/** A client of version 2 of a Commonplace API. */
export function createClient(options: ClientOptions): Client {
  const { storage = memoryStorage(), transport, onSignedOut, sleep } = options
  const baseUrl = options.baseUrl.replace(/\/$/, '')
  const sent = transport && ({ credentials: 'include' } as const)
  const transmit = createTransmit(options)
  const ask: Ask = async (method, path, headers, body) => {
    const type = { 'content-type': 'application/json' }
    const init = body
      ? { headers: { ...headers, ...type }, body: JSON.stringify(body) }
      : { headers: { ...headers } }
    // To refresh twice within ten seconds gives the same tokens twice.
    const request = new Request(baseUrl + path, { ...sent, ...init, method })
    return (await transmit(request, true)).json() as ReturnType<Ask>
  }
  const session = createSession(
    transmit,
    transport ? cookies(ask, `commonplace ${baseUrl}`) : bearer(ask, storage),
    onSignedOut,
  )

  const api = createFetchClient<paths>({
    ...sent,
    baseUrl,
    fetch: session.send,
    querySerializer: { array: { style: 'form', explode: false } },
    // A file is sent as it is.
    bodySerializer: (body: unknown) =>
      typeof body === 'string' || body instanceof Blob ? body : defaultBodySerializer(body),
  })
  api.use({
    async onRequest({ request, schemaPath }) {
      const { method, headers } = request
      if (method === 'POST' && KEYED_PATHS.has(schemaPath) && !headers.has('idempotency-key'))
        headers.set('idempotency-key', randomKey())
      // What has another type has been written by its caller.
      if (!FORM_PATHS.has(schemaPath) || headers.get('content-type') !== 'application/json')
        return undefined
      headers.delete('content-type')
      // The cast: the members of a form are texts.
      const members = (await request.json()) as Record<string, string>
      return new Request(request, { method, body: new URLSearchParams(members) })
    },
  })
  // The casts: a refusal is thrown, so there is always data.
  const GET = api.GET as Method<'get'>
  const POST = api.POST as Method<'post'>

  return {
    GET,
    POST,
    PATCH: api.PATCH as Method<'patch'>,
    DELETE: api.DELETE as Method<'delete'>,
    async login(credentials) {
      const { provider, ...rest } = { provider: undefined, ...credentials }
      const path = provider === undefined ? '/auth/login' : '/auth/providers/{name}/token'
      const params = { path: { name: provider } }
      const body = { ...rest, transport: transport ?? 'body' }
      const { data, response } = await POST(path, { params, body } as never)
      if (!data) throw new ProblemError(response, {})
      await session.keep(data)
    },
    async logout(scope = 'this') {
      try {
        await POST('/auth/logout', { body: { scope } })
      } catch (error) {
        const isOver =
          error instanceof ProblemError && error.status === 401 && error.code !== 'unknown'
        // It was over before, which says nothing of the others.
        if (scope !== 'this' || !isOver) throw error
      } finally {
        if (scope !== 'others') await session.forget()
      }
    },
    async register(account) {
      return (await POST('/auth/register', { body: account })).data
    },
    // The cast: the path says what the pages hold.
    all: ((path, { query, signal } = {}) =>
      follow(async (cursor) => {
        const params = { query: { limit: 100, ...query, ...cursor } }
        return (await GET(path, { params, signal } as never)).data
      })) as All,
    events: (watching = {}) =>
      watch(
        async (lastEventId, signal) => {
          const headers = { 'last-event-id': lastEventId }
          return (await GET('/events', { headers, signal, parseAs: 'stream' })).response
        },
        watching,
        sleep,
      ),
  }
}

/** Not `randomUUID`: pages of plain http have none. */
const randomKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
