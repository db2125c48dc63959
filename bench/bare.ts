import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import Database from 'better-sqlite3'
import { configure } from '../src/db/sqlite.ts'
import { checkClaims, type Claims } from '../src/domain/sessions/tokens.ts'

/**
 * What the real server is compared with: the same work in the cheapest exact way, and nothing else. No framework, no
 * validation, no headers beyond what a reply needs; the same kind of database with the same pragmas.
 */

interface PostRow {
  id: number
  title: string
  content: string
  user_id: number
  created_at: number
  updated_at: number
}
interface SessionRow {
  user_id: number
  expires_at: number
  ended_at: number | null
}

const { PORT, DATABASE_URL = '', PUBLIC_URL = '', JWT_ACCESS_TOKEN_EXPIRES } = process.env
/** `lookups` asks the database for each request; `memo` keeps the answer until the database says it has changed. */
const memoized = process.env['BARE_AUTH'] === 'memo'
const db = new Database(DATABASE_URL.replace('sqlite:', ''))
configure(db)

const post = db.prepare<[number], PostRow>(
  'SELECT id, title, content, user_id, created_at, updated_at FROM posts WHERE id = ?',
)
const book = db.prepare<[number], object>(
  'SELECT id, title, author, user_id FROM books WHERE id = ?',
)
const session = db.prepare<[string], SessionRow>(
  'SELECT user_id, expires_at, ended_at FROM sessions WHERE id = ?',
)
const revoked = db.prepare<[string], 1>('SELECT 1 FROM token_blacklist WHERE jti = ?').pluck()
const user = db.prepare<[number], { status: string; role: string; username: string }>(
  'SELECT status, role, username FROM users WHERE id = ?',
)
const version = db.prepare<[], number>('PRAGMA data_version').pluck()
const keys = new Map(
  db
    .prepare<[], { kid: string; public_key: string }>('SELECT kid, public_key FROM signing_keys')
    .all()
    .map(({ kid, public_key: pem }) => [kid, createPublicKey(pem)]),
)
const rules = {
  issuer: PUBLIC_URL,
  lifetimes: { access: Number(JWT_ACCESS_TOKEN_EXPIRES), refresh: 0 },
}

/** As many as the real server remembers. */
const REMEMBERED = 10_000
/** Claims whose signature holds, under the whole token. */
const verified = new Map<string, Claims>()
/** Tokens found alive at a version of the database. Nothing in this process writes, so that version says all. */
const alive = new Map<string, number>()

function isAllowed({ headers: { authorization = '' } }: IncomingMessage): boolean {
  const token = authorization.slice('Bearer '.length)
  const claims = verified.get(token) ?? verifyToken(token)
  const now = Date.now()
  if (!claims || claims.exp * 1000 <= now) return false
  const current = memoized ? version.get() : undefined
  if (current !== undefined && alive.get(token) === current) return true

  const row = session.get(claims.sid)
  if (!row || row.ended_at !== null || row.expires_at <= now || row.user_id !== Number(claims.sub))
    return false
  if (revoked.get(claims.jti) !== undefined) return false
  if (user.get(row.user_id)?.status !== 'active') return false
  if (current !== undefined) remember(alive, token, current)
  return true
}

function verifyToken(token: string): Claims | undefined {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const key = keyOf(header)
  const signed = Buffer.from(`${header}.${payload}`)
  if (!key || !verify(null, signed, key, Buffer.from(signature, 'base64url'))) return undefined
  const claims = checkClaims(parse(payload), ['access'], rules, Date.now())
  remember(verified, token, claims)
  return claims
}

function keyOf(header: string): KeyObject | undefined {
  const parsed = parse(header)
  if (typeof parsed !== 'object' || parsed === null || !('kid' in parsed)) return undefined
  return keys.get(String(parsed.kid))
}

function parse(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString())
}

function remember<T>(known: Map<string, T>, token: string, value: T) {
  if (known.size >= REMEMBERED) known.delete(known.keys().next().value ?? token)
  known.set(token, value)
}

function send(response: ServerResponse, status: number, value: unknown) {
  const body = JSON.stringify(value)
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

const POSTS = '/api/v1/posts/'
const BOOKS = '/api/v1/books/'

createServer((request, response) => {
  const { url = '' } = request
  if (url.startsWith(POSTS)) {
    // Everyone may read it: the contract ignores a token here, and so does this.
    const row = post.get(Number(url.slice(POSTS.length)))
    if (!row) return send(response, 404, { error: 'Not Found' })
    return send(response, 200, {
      id: row.id,
      title: row.title,
      content: row.content,
      user_id: row.user_id,
      created_at: new Date(row.created_at).toISOString(),
      updated_at: new Date(row.updated_at).toISOString(),
    })
  }
  if (!url.startsWith(BOOKS)) return send(response, 404, { error: 'Not Found' })
  if (!isAllowed(request)) return send(response, 401, { error: 'Unauthorized' })
  const row = book.get(Number(url.slice(BOOKS.length)))
  return row ? send(response, 200, row) : send(response, 404, { error: 'Not Found' })
}).listen(Number(PORT), '127.0.0.1')

process.once('SIGTERM', () => process.exit(0))
