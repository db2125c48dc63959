import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import type { Test } from 'tap'
import { randomIds } from '../../../src/domain/ids.ts'
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

/** Every kind of route that takes a token, and the type of token that it takes. */
export const DOORS: ReadonlyArray<{
  name: string
  type: Type
  /** A token of the other type is good there, too. */
  both?: boolean
  method: string
  url: string
  carry: (token: string) => Send
}> = [
  { name: 'user', type: 'access', method: 'GET', url: 'protected', carry: bearer },
  { name: 'optional', type: 'access', method: 'GET', url: 'partially-protected', carry: bearer },
  { name: 'refresh', type: 'refresh', method: 'POST', url: 'refresh', carry: bearer },
  {
    name: 'refresh by body',
    type: 'refresh',
    method: 'POST',
    url: 'refresh',
    carry: (token) => ({ body: { refresh_token: token } }),
  },
  { name: 'session', type: 'access', both: true, method: 'POST', url: 'logout', carry: bearer },
  {
    name: 'session by refresh token',
    type: 'refresh',
    both: true,
    method: 'DELETE',
    url: 'logout',
    carry: bearer,
  },
]

export const knock = (
  { request }: Pick<Started, 'request'>,
  { method, url, carry }: (typeof DOORS)[number],
  token: string,
) => request(method, `/api/v1/${url}`, carry(token))

/** What each door says to a token whose time is over. */
export const EXPIRED = {
  access: 'Token has expired',
  refresh: 'Refresh token has expired',
} as const

/** A 401 as wire.md describes it, for a token that was sent. */
export function refused(t: Test, reply: Reply, message: string, name: string) {
  t.match(
    reply,
    {
      status: 401,
      headers: {
        'www-authenticate': `Bearer realm="commonplace", error="invalid_token", error_description="${message}"`,
        'cache-control': 'no-store',
      },
      body: { error: 'Unauthorized', message },
    },
    name,
  )
}
