import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type Database from 'better-sqlite3'
import type { TokenType } from '../src/db/schema/tables.ts'
import { checkClaims, type Claims } from '../src/domain/sessions/tokens.ts'

/** As many as the real server remembers. */
const REMEMBERED = 10_000

/** What the bare servers know of tokens: signature and claims, checked as the real one does. */
export function createVerifier(
  db: Database.Database,
  issuer: string,
  lifetimes: Record<TokenType, number>,
) {
  const keys = new Map(
    db
      .prepare<[], { kid: string; public_key: string }>('SELECT kid, public_key FROM signing_keys')
      .all()
      .map(({ kid, public_key: pem }) => [kid, createPublicKey(pem)]),
  )

  function keyOf(header: string): KeyObject | undefined {
    const parsed = parse(header)
    if (typeof parsed !== 'object' || parsed === null || !('kid' in parsed)) return undefined
    return keys.get(String(parsed.kid))
  }

  /** The claims of a token whose signature holds. @throws when they are not good */
  return function verifyToken(token: string, type: TokenType): Claims | undefined {
    const [header = '', payload = '', signature = ''] = token.split('.')
    const key = keyOf(header)
    const signed = Buffer.from(`${header}.${payload}`)
    if (!key || !verify(null, signed, key, Buffer.from(signature, 'base64url'))) return undefined
    return checkClaims(parse(payload), [type], { issuer, lifetimes }, Date.now())
  }
}

function parse(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString())
}

export function remember<T>(known: Map<string, T>, token: string, value: T) {
  if (known.size >= REMEMBERED) known.delete(known.keys().next().value ?? token)
  known.set(token, value)
}

export function send(response: ServerResponse, status: number, value: unknown) {
  const body = JSON.stringify(value)
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}
