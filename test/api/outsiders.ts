import { createHmac } from 'node:crypto'
import type { Started } from '../helper.ts'
import type { Refusal } from './refusals.ts'
import { claimsOf, encode, headerOf, signed, signingKey } from './v1/forge.ts'

/**
 * Requests without a valid access token, of every kind, as refusals of a call. Goes before other logins: it moves the clock past the
 * life of earlier tokens.
 */
export async function outsiders(started: Started): Promise<Array<Omit<Refusal, 'call'>>> {
  const { as, backend, clock, config, login } = started
  const early = await as('early')
  clock.advance(config.accessTokenExpires + 1)
  const left = await as('left')
  const elsewhere = await login('left', left.id)
  const deleted = await as('deleted')
  const suspended = await as('suspended')
  const member = await as('member')
  await left.post('/api/v2/auth/logout', { scope: 'all' })
  await deleted.delete(`/api/v1/users/${deleted.id}`)
  await backend.accounts.setStatus(suspended.id, 'suspended')

  const { privateKey, publicPem } = await signingKey(started)
  const [head, , signature] = member.accessToken.split('.')
  const [, payload] = early.accessToken.split('.')
  const [header, claims] = [headerOf(member.accessToken), claimsOf(member.accessToken)]
  const unsigned = `${encode({ ...header, alg: 'none' })}.${encode(claims)}.`
  const confused = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`
  const hmac = createHmac('sha256', publicPem).update(confused).digest('base64url')
  const unknownKey = signed({ ...header, kid: 'A'.repeat(22) }, claims, privateKey)
  const audience = signed(header, { ...claims, aud: 'elsewhere' }, privateKey)
  const rows: Array<[name: string, authorization: string | undefined, code: Code]> = [
    ['no token', undefined, 'token_missing'],
    ['another scheme', 'Basic bWVtYmVyOmEgcXVpZXQgcGxhY2U=', 'token_missing'],
    ['no token after the scheme', 'Bearer', 'token_missing'],
    ['a word', 'Bearer nonsense', 'token_invalid'],
    ['a signature of other claims', `Bearer ${head}.${payload}.${signature}`, 'token_invalid'],
    ['no signature', `Bearer ${unsigned}`, 'token_invalid'],
    ['our public key as a shared secret', `Bearer ${confused}.${hmac}`, 'token_invalid'],
    ['an unknown key', `Bearer ${unknownKey}`, 'token_invalid'],
    ['another audience', `Bearer ${audience}`, 'token_invalid'],
    ['a refresh token', `Bearer ${member.refreshToken}`, 'token_type_invalid'],
    ['an expired token', `Bearer ${early.accessToken}`, 'token_expired'],
    ['a token after logout', `Bearer ${left.accessToken}`, 'token_revoked'],
    ['a token of a session that was ended', `Bearer ${elsewhere.accessToken}`, 'token_revoked'],
    ['a token of a deleted user', `Bearer ${deleted.accessToken}`, 'token_revoked'],
    ['a token of a suspended user', `Bearer ${suspended.accessToken}`, 'token_revoked'],
  ]
  return rows.map(([name, authorization, code]) => ({
    name,
    status: 401,
    code,
    message: MESSAGES[code],
    ...(authorization !== undefined && { headers: { authorization } }),
  }))
}

const MESSAGES = {
  token_missing: 'Missing token',
  token_invalid: 'Invalid token',
  token_type_invalid: 'Invalid token type',
  token_expired: 'Token has expired',
  token_revoked: 'Token has been revoked',
}
type Code = keyof typeof MESSAGES
