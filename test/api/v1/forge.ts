import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import type { Test } from 'tap'
import { randomIds } from '../../../src/base/ids.ts'
import { createSecrets } from '../../../src/domain/secrets.ts'
import type { Reply, Send, Started } from '../../helper.ts'

export type Json = Record<string, unknown>
type Type = 'access' | 'refresh'

export const encode = (part: unknown) =>
  (Buffer.isBuffer(part)
    ? part
    : Buffer.from(typeof part === 'string' ? part : JSON.stringify(part))
  ).toString('base64url')

/** A member that is undefined is left out. */
export const input = (header: unknown, payload: unknown) => `${encode(header)}.${encode(payload)}`

/** A token with the Ed25519 signature that `key` makes, whatever the header says. */
export function signed(header: unknown, payload: unknown, key: KeyObject) {
  const text = input(header, payload)
  return `${text}.${encode(sign(null, Buffer.from(text), key))}`
}

const part = (token: string, index: number): Json =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString())
export const headerOf = (token: string) => part(token, 0)
export const claimsOf = (token: string) => part(token, 1)

/** The key that signs, as whoever holds SECRET_KEY and the database can read it. */
export async function signingKey({ backend, config }: Pick<Started, 'backend' | 'config'>) {
  const { signingKeys } = backend.store.tables
  const [row] = await backend.store.query((q) => q.select().from(signingKeys))
  if (!row) throw new Error('there is no signing key')
  const pem = createSecrets(config.secretKeys, randomIds).open('signing-key', row.privateKey)
  return { kid: row.kid, privateKey: createPrivateKey(pem), publicPem: row.publicKey }
}

export const bearer = (token: string): Send => ({ headers: { authorization: `Bearer ${token}` } })

/** As a page sends it. Over http on a loopback host, as in tests, the names have no prefix. */
const cookie = (token: string): Send => ({ headers: { cookie: `commonplace_access=${token}` } })
const inBody = (token: string): Send => ({ body: { refresh_token: token } })

export interface Door {
  name: string
  type: Type
  /** A token of the other type is good there, too. */
  both?: boolean
  /** Characters that a token may have there at the most; a longer one is a violation of the schema. */
  longest?: number
  method: string
  url: string
  carry: (token: string) => Send
}

/** Every kind of route of both versions that takes a token, and the type of token that it takes. */
export const DOORS: readonly Door[] = [
  { name: 'user', type: 'access', method: 'GET', url: '/api/v1/protected', carry: bearer },
  {
    name: 'optional',
    type: 'access',
    method: 'GET',
    url: '/api/v1/partially-protected',
    carry: bearer,
  },
  { name: 'refresh', type: 'refresh', method: 'POST', url: '/api/v1/refresh', carry: bearer },
  {
    name: 'refresh by body',
    type: 'refresh',
    method: 'POST',
    url: '/api/v1/refresh',
    carry: inBody,
  },
  {
    name: 'session',
    type: 'access',
    both: true,
    method: 'POST',
    url: '/api/v1/logout',
    carry: bearer,
  },
  {
    name: 'session by refresh token',
    type: 'refresh',
    both: true,
    method: 'DELETE',
    url: '/api/v1/logout',
    carry: bearer,
  },
  { name: 'v2 user', type: 'access', method: 'GET', url: '/api/v2/me', carry: bearer },
  { name: 'v2 user by cookie', type: 'access', method: 'GET', url: '/api/v2/me', carry: cookie },
  { name: 'v2 optional', type: 'access', method: 'GET', url: '/api/v2/users', carry: bearer },
  {
    name: 'v2 session',
    type: 'access',
    both: true,
    method: 'GET',
    url: '/api/v2/auth/csrf',
    carry: bearer,
  },
  {
    name: 'v2 session by refresh token',
    type: 'refresh',
    both: true,
    method: 'GET',
    url: '/api/v2/auth/csrf',
    carry: bearer,
  },
  {
    name: 'v2 refresh',
    type: 'refresh',
    longest: 4096,
    method: 'POST',
    url: '/api/v2/auth/refresh',
    carry: inBody,
  },
]

export const knock = (
  { request }: Pick<Started, 'request'>,
  { method, url, carry }: Door,
  token: string,
) => request(method, url, carry(token))

/** What each door says to a token whose time is over. */
export const EXPIRED = {
  access: 'Token has expired',
  refresh: 'Refresh token has expired',
} as const

/** The sentence of a refusal, in the shape of either version. */
export const messageOf = ({ body }: Reply): unknown => body?.message ?? body?.detail

/** A 401 as wire.md describes it, for a token that was sent, in the shape of either version. */
export function refused(t: Test, reply: Reply, message: string, name: string) {
  const isProblem = reply.headers['content-type']?.startsWith('application/problem+json')
  t.match(
    reply,
    {
      status: 401,
      headers: {
        'www-authenticate': `Bearer realm="commonplace", error="invalid_token", error_description="${message}"`,
        'cache-control': 'no-store',
        'x-api-version': isProblem ? '2' : '1',
      },
      body: isProblem
        ? {
            title: 'Unauthorized',
            status: 401,
            detail: message,
            code: /^(refresh_)?token_[a-z_]+$/,
          }
        : { error: 'Unauthorized', message },
    },
    name,
  )
}
