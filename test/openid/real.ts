import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import type { Test } from 'tap'

export interface Person {
  email?: string
  email_verified?: boolean
  preferred_username?: string
  name?: string
}

/** A real provider on loopback, at which everybody is whoever the test says. */
export async function realProvider(t: Test, callback: string) {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const issuer = `http://localhost:${port}`
  const people: Record<string, Person> = {}
  let present: string | undefined
  let codeLife = 60
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'commonplace',
        client_secret: 'canary-client-secret',
        redirect_uris: [callback],
        token_endpoint_auth_method: 'client_secret_basic',
      },
    ],
    claims: {
      email: ['email', 'email_verified'],
      profile: ['preferred_username', 'name'],
    },
    features: { devInteractions: { enabled: false } },
    ttl: { AuthorizationCode: () => codeLife, Interaction: 60, Session: 60, Grant: 60 },
    cookies: { keys: ['x'.repeat(32)] },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: unknown, sub: string) => ({
      accountId: sub,
      claims: () => ({ sub, ...people[sub] }),
    }),
  })

  async function interact(request: IncomingMessage, response: ServerResponse) {
    const { prompt, session } = await provider.interactionDetails(request, response)
    if (present === undefined)
      return provider.interactionFinished(request, response, { error: 'access_denied' })
    if (prompt.name === 'login')
      return provider.interactionFinished(request, response, { login: { accountId: present } })
    const who = { accountId: session?.accountId, clientId: 'commonplace' }
    const grant = new provider.Grant(who)
    grant.addOIDCScope('openid email profile')
    return provider.interactionFinished(request, response, {
      consent: { grantId: await grant.save() },
    })
  }
  const others = provider.callback()
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith('/interaction/')) void interact(request, response)
    else others(request, response)
  })
  t.teardown(() => stop())
  const stop = async () => {
    server.closeAllConnections()
    if (server.listening) await new Promise((done) => server.close(done))
  }

  return {
    issuer,
    people,
    stop,
    /** Who sits before the browser; undefined says no. */
    be(sub: string | undefined) {
      present = sub
    },
    /** Seconds. */
    codesLive(seconds: number) {
      codeLife = seconds
    },
    /** A browser that follows the provider's own pages. @returns where it is sent at last */
    async visit(url: string): Promise<string> {
      const jar = new Map<string, string>()
      for (let at = url; ;) {
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
        const reply = await fetch(at, { headers: { cookie }, redirect: 'manual' })
        for (const one of reply.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(one) ?? []
          if (value === '') jar.delete(name)
          else jar.set(name, value)
        }
        const next = reply.headers.get('location')
        if (next === null) throw new Error(`${reply.status} at ${at}: ${await reply.text()}`)
        at = new URL(next, at).href
        if (!at.startsWith(issuer)) return at
      }
    },
  }
}
