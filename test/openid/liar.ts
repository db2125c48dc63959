import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import type { Test } from 'tap'

interface Asked {
  redirectUri: string
  nonce: string
  challenge: string
}

/** What it says beside the truth. */
interface Lies {
  /** Claims of the ID token in the place of the true ones; undefined leaves one out. */
  claims?: Record<string, unknown>
  /** Signs with a key that it does not publish. */
  isForged?: boolean
  /** Signs with the secret of the client (HS256), or not at all. */
  alg?: 'HS256' | 'none'
  /** `iss` of the authorization response (RFC 9207). */
  iss?: string
  /** What the authorization endpoint sends back in the place of a code. */
  error?: string
  /** Of the token endpoint. */
  tokenStatus?: number
  /** Seconds ago that the ID token expired. */
  expired?: number
}

/** A provider on loopback that says of people what the test wants, and lies when it is told to. */
export async function liar(t: Test) {
  let own = await generateKeyPair('ES256')
  let kid = 'k1'
  const stranger = await generateKeyPair('ES256')
  const codes = new Map<string, Asked>()
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`
  const state = {
    /** Who sits before the browser. */
    says: { sub: 'nobody' } as Record<string, unknown>,
    lies: {} as Lies,
    /** Of every reply, when it is down. */
    status: 200,
    isSilent: false,
    /** Paths that are not answered. */
    mute: [] as string[],
    /** What it says of itself beside what it must. */
    metadata: {} as Record<string, unknown>,
    /** What it tells whoever brings the access token. */
    userinfo: {} as Record<string, unknown>,
    requests: [] as string[],
    methods: ['client_secret_post'] as string[] | undefined,
    /** How the client last showed who it is. */
    authentication: '',
  }

  async function idToken(nonce: string) {
    const { claims, isForged, alg, expired = -300 } = state.lies
    const now = Math.floor(Date.now() / 1000)
    const truth = { iss: issuer, aud: 'commonplace', nonce, iat: now, exp: now - expired }
    const payload = Object.fromEntries(
      Object.entries({ ...truth, ...state.says, ...claims }).filter(([, one]) => one !== undefined),
    )
    if (alg === 'none') return new UnsecuredJWT(payload).encode()
    if (alg === 'HS256')
      return new SignJWT(payload)
        .setProtectedHeader({ alg, kid })
        .sign(new TextEncoder().encode('canary-client-secret'))
    return new SignJWT(payload)
      .setProtectedHeader({ alg: 'ES256', kid })
      .sign(isForged ? stranger.privateKey : own.privateKey)
  }

  function authorize(query: URLSearchParams, response: ServerResponse) {
    const redirectUri = query.get('redirect_uri') ?? ''
    const back = new URL(redirectUri)
    back.searchParams.set('state', query.get('state') ?? '')
    back.searchParams.set('session_state', 'what nobody asked for')
    if (state.lies.iss !== undefined) back.searchParams.set('iss', state.lies.iss)
    if (state.lies.error === undefined) {
      const code = `code-${codes.size + 1}`
      const challenge = query.get('code_challenge') ?? ''
      codes.set(code, { redirectUri, nonce: query.get('nonce') ?? '', challenge })
      back.searchParams.set('code', code)
    } else back.searchParams.set('error', state.lies.error)
    response.writeHead(302, { location: back.href }).end()
  }

  async function token(request: IncomingMessage, response: ServerResponse) {
    const form = new URLSearchParams(await text(request))
    state.authentication = request.headers.authorization ?? `post ${form.get('client_id')}`
    const asked = codes.get(form.get('code') ?? '')
    const proof = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const status = state.lies.tokenStatus ?? 200
    if (!asked || proof !== asked.challenge || form.get('redirect_uri') !== asked.redirectUri)
      return json(response, 400, { error: 'invalid_grant' })
    codes.delete(form.get('code') ?? '')
    if (status !== 200) return json(response, status, { error: 'server_error' })
    return json(response, 200, {
      access_token: 'canary-access-token',
      token_type: 'Bearer',
      expires_in: 60,
      id_token: await idToken(asked.nonce),
    })
  }

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const { pathname, searchParams } = new URL(request.url ?? '', issuer)
    state.requests.push(pathname)
    if (state.isSilent || state.mute.includes(pathname)) return
    if (state.status !== 200) return void response.writeHead(state.status).end('down')
    if (pathname === '/auth') return authorize(searchParams, response)
    if (pathname === '/token') return token(request, response)
    if (pathname === '/jwks')
      return json(response, 200, { keys: [{ ...(await exportJWK(own.publicKey)), kid }] })
    if (pathname === '/userinfo') return json(response, 200, state.userinfo)
    return json(response, 200, {
      issuer,
      ...state.metadata,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      id_token_signing_alg_values_supported: ['ES256'],
      token_endpoint_auth_methods_supported: state.methods,
    })
  }
  server.on('request', (request, response) => void answer(request, response))
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  })
  /** A browser that it sends straight back. @returns where to */
  const visit = async (url: string) =>
    (await fetch(url, { redirect: 'manual' })).headers.get('location') ?? ''
  /** Signs with a new key from now on, which it publishes in the place of the last. */
  const rotate = async () => {
    own = await generateKeyPair('ES256')
    kid = 'k2'
  }
  return { issuer, state, visit, rotate }
}

function json(response: ServerResponse, status: number, body: object) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
