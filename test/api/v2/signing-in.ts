import { createHash, randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import type { Env } from '../../../src/config/index.ts'
import { eq } from '../../../src/db/drizzle.ts'
import { type Options, start } from '../../helper.ts'
import { liar } from '../../openid/liar.ts'
import { bearer } from '../v1/forge.ts'
import { PASSWORD } from './session.ts'

export const BASE = '/api/v2/auth/providers'
export const PAGE = 'https://app.example.com/signed-in'

/** One that a page makes for itself (RFC 7636). */
export function pkce() {
  const verifier = randomBytes(32).toString('base64url')
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  return { verifier, challenge }
}

export const providersOf = (...issuers: string[]): Env => ({
  CORS_ORIGINS: 'https://app.example.com',
  OIDC_PROVIDERS: JSON.stringify(
    issuers.map((issuer, index) => ({
      name: ['example', 'other'][index],
      issuer,
      client_id: 'commonplace',
      client_secret: 'canary-client-secret',
    })),
  ),
})

/** Who a provider says somebody is. */
export const verified = (sub: string, email: string) => ({ sub, email, email_verified: true })

/** A server with two providers that say what the test wants, and browsers. */
export async function scene(t: Test, { env, ...options }: Options = {}) {
  const provider = await liar(t)
  const other = await liar(t)
  const started = await start(t, {
    ...options,
    env: { ...providersOf(provider.issuer, other.issuer), ...env },
  })
  const { backend } = started
  const people = ({ backend: { store } }: typeof started = started) =>
    store.query((q) => q.select().from(store.tables.users).orderBy(store.tables.users.id))
  const linked = () => backend.store.query((q) => q.select().from(backend.store.tables.identities))
  const actions = async (action: string) => {
    const { auditEvents } = backend.store.tables
    return backend.store.query((q) =>
      q.select().from(auditEvents).where(eq(auditEvents.action, action)),
    )
  }
  return { ...started, provider, other, people, linked, actions, ...browsers(started) }
}

/** What a browser and the page in it do. */
export function browsers({ request }: Pick<Awaited<ReturnType<typeof start>>, 'request'>) {
  /** Navigates to the provider. */
  async function begin(query: Record<string, string> = {}, name = 'example') {
    const { verifier, challenge } = pkce()
    const reply = await request('GET', `${BASE}/${name}/start`, {
      query: { redirect_to: PAGE, code_challenge: challenge, ...query },
    })
    const [cookie = ''] = (reply.headers['set-cookie'] ?? '').split(';')
    return { reply, verifier, cookie, url: reply.headers['location'] ?? '' }
  }
  /** Comes back from it. */
  async function comeBack(url: string, cookie: string) {
    const { pathname, search } = new URL(url)
    const reply = await request('GET', pathname + search, { headers: { cookie } })
    const at = URL.parse(reply.headers['location'] ?? '')
    const found = (name: string) => at?.searchParams.get(name) ?? undefined
    return { reply, at, code: found('code') ?? '', error: found('error') }
  }
  /** Goes all the way, up to the page that has the code. */
  async function goTo(visit: (url: string) => Promise<string>, name = 'example') {
    const { url, cookie, verifier } = await begin({}, name)
    return { verifier, ...(await comeBack(await visit(url), cookie)) }
  }
  const spend = (body: object, name = 'example') =>
    request('POST', `${BASE}/${name}/token`, { body })
  /** Signs in. @returns the reply of the login */
  async function signIn(visit: (url: string) => Promise<string>, more: object = {}) {
    const { code, verifier } = await goTo(visit)
    return spend({ code, verifier, ...more })
  }
  return { begin, comeBack, goTo, spend, signIn }
}

/** The same with people. */
export async function opened(t: Test, options = {}) {
  const all = await scene(t, options)
  const { request, backend, provider, signIn } = all
  const me = async (token: string) => (await request('GET', '/api/v2/me', bearer(token))).body
  /** Signs in as whom the provider names. @returns the account */
  async function as(says: Record<string, unknown>) {
    provider.state.says = says
    const { status, body } = await signIn(provider.visit)
    t.equal(status, 200)
    return { token: String(body.access_token), ...(await me(body.access_token)) }
  }
  /** An account with a password, and an address as its registration leaves it. */
  async function local(username: string, email: string, { isVerified = true } = {}) {
    const { users } = backend.store.tables
    const account = await backend.accounts.register({ username, password: PASSWORD, email })
    const emailVerifiedAt = isVerified ? new Date() : null
    await backend.store.transaction((tx) =>
      tx.query((q) => q.update(users).set({ emailVerifiedAt }).where(eq(users.id, account.id))),
    )
    return account
  }
  return { ...all, me, local, become: as }
}
