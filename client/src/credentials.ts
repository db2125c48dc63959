import type { components } from './schema.ts'
import type { Credentials, LoginReply } from './session.ts'
import type { TokenStorage } from './storage.ts'

type Schemas = components['schemas']
type Answer = LoginReply | Schemas['CsrfTokenReply']

/** Asks the server for something by itself, outside of any session. */
export type Ask = (
  method: 'GET' | 'POST',
  path: '/auth/refresh' | '/auth/csrf',
  headers?: Record<string, string>,
  body?: Schemas['Refresh'],
) => Promise<Answer>

const REFRESH = '/auth/refresh'

/** Whose an access token is (RFC 7519, section 4.1.2), as far as one can tell. */
function subjectOf(token: string): string | undefined {
  try {
    const [, claims = ''] = token.split('.')
    return JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))).sub
  } catch {
    return undefined
  }
}

/** The tokens are ours to keep, and each request shows one (RFC 6750). */
export function bearer(ask: Ask, storage: TokenStorage): Credentials {
  /** The last access token of whom this client acts for. */
  let ours = ''

  const read = async () => {
    const { accessToken = '', refreshToken = '' } = (await storage.get()) ?? {}
    const [owner, user] = [subjectOf(accessToken), subjectOf(ours)]
    return { accessToken, refreshToken, isForeign: !!owner && !!user && owner !== user }
  }
  /** Where another tab has logged somebody else in, what is meant here is done as our user, or refused as theirs. */
  async function mark() {
    const { accessToken, isForeign } = await read()
    if (isForeign) return ours
    ours = accessToken || ours
    return accessToken
  }
  async function keep(reply: Answer) {
    if (!('access_token' in reply)) return
    ours = reply.access_token
    await storage.set({ accessToken: ours, refreshToken: reply.refresh_token })
  }
  return {
    shared: storage.shared,
    // Browsers pass the changes of localStorage on to other tabs a little later than they pass on a lock.
    lag: storage.shared === undefined ? 0 : 100,
    mark,
    async sign({ headers }) {
      const token = await mark()
      if (token) headers.set('authorization', `Bearer ${token}`)
      else headers.delete('authorization')
      return token
    },
    async refresh(problem) {
      const { refreshToken, isForeign } = await read()
      if (!refreshToken || isForeign) throw problem
      await keep(await ask('POST', REFRESH, {}, { refresh_token: refreshToken }))
    },
    keep,
    async forget() {
      const { isForeign } = await read()
      if (ours && !isForeign) await storage.clear()
      ours = ''
    },
  }
}

/** The tokens are in cookies that no script can read; what changes something shows that a page of ours meant to. */
export function cookies(ask: Ask, shared: string): Credentials {
  let csrfToken: string | undefined
  let renewals = 0

  const header = () => (csrfToken ? { 'x-csrf-token': csrfToken } : undefined)
  async function keep(reply: Answer) {
    if ('csrf_token' in reply) csrfToken = reply.csrf_token
    renewals += 1
  }
  const mark = async () => (csrfToken ? String(renewals) : '')
  return {
    shared,
    mark,
    sign(request) {
      if (csrfToken && !/^(GET|HEAD)$/.test(request.method))
        request.headers.set('x-csrf-token', csrfToken)
      return mark()
    },
    async refresh(problem) {
      const isForgery = problem.code === 'csrf_failed'
      // The cookies are of another login than this page: what it shows is somebody else's.
      if (isForgery && csrfToken) throw problem
      if (!csrfToken) await keep(await ask('GET', '/auth/csrf'))
      if (!isForgery) await keep(await ask('POST', REFRESH, header()))
    },
    keep,
    async forget() {
      csrfToken = undefined
    },
  }
}
