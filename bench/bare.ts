import { createServer, type IncomingMessage } from 'node:http'
import Database from 'better-sqlite3'
import { configure } from '../src/db/sqlite/store.ts'
import type { Claims } from '../src/domain/sessions/tokens.ts'
import { createVerifier, remember, send } from './bare-tokens.ts'

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
interface ListedRow extends PostRow {
  category: string
  username: string
}
interface AccountRow {
  id: number
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
const account = db.prepare<[number], AccountRow>(
  'SELECT id, username, email, pending_email, phone, role, status, created_at, updated_at FROM users WHERE id = ?',
)
const newest = db.prepare<[], ListedRow>(
  `SELECT id, title, content, category, user_id, (SELECT username FROM users WHERE users.id = user_id) AS username, created_at, updated_at
   FROM posts ORDER BY created_at DESC, id DESC LIMIT 21`,
)
const session = db.prepare<[string], SessionRow>(
  'SELECT user_id, expires_at, ended_at FROM sessions WHERE id = ?',
)
const revoked = db.prepare<[string], 1>('SELECT 1 FROM token_blacklist WHERE jti = ?').pluck()
const user = db.prepare<[number], { status: string; role: string; username: string }>(
  'SELECT status, role, username FROM users WHERE id = ?',
)
const version = db.prepare<[], number>('PRAGMA data_version').pluck()
const lifetimes = { access: Number(JWT_ACCESS_TOKEN_EXPIRES), refresh: 0 }
const verifyToken = createVerifier(db, PUBLIC_URL, lifetimes)

/** Claims whose signature holds, under the whole token. */
const verified = new Map<string, Claims>()
/** Tokens found alive at a version of the database. Nothing in this process writes, so that version says all. */
const alive = new Map<string, number>()

/** The id of the user whom the token of a request speaks for. */
function caller({ headers: { authorization = '' } }: IncomingMessage): number | undefined {
  const token = authorization.slice('Bearer '.length)
  const claims = verified.get(token) ?? verify(token)
  const now = Date.now()
  if (!claims || claims.exp * 1000 <= now) return undefined
  const id = Number(claims.sub)
  const current = memoized ? version.get() : undefined
  if (current !== undefined && alive.get(token) === current) return id

  const row = session.get(claims.sid)
  if (!row || row.ended_at !== null || row.expires_at <= now || row.user_id !== id) return undefined
  if (revoked.get(claims.jti) !== undefined) return undefined
  if (user.get(id)?.status !== 'active') return undefined
  if (current !== undefined) remember(alive, token, current)
  return id
}

function verify(token: string) {
  const claims = verifyToken(token, 'access')
  if (claims) remember(verified, token, claims)
  return claims
}

const presentAccount = (row: AccountRow | undefined) =>
  row && {
    ...row,
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
  }

const presentPost = ({ user_id: id, username, created_at, updated_at, ...rest }: ListedRow) => ({
  ...rest,
  user: { id, username },
  created_at: new Date(created_at).toISOString(),
  updated_at: new Date(updated_at).toISOString(),
})

const POSTS = '/api/v1/posts/'
const NEWEST = '/api/v2/posts'
const BOOKS = '/api/v1/books/'
const ME = '/api/v2/me'

createServer((request, response) => {
  const { url = '' } = request
  if (url === NEWEST) {
    const rows = newest.all()
    const page = { limit: 20, has_more: rows.length > 20, next_cursor: null, prev_cursor: null }
    return send(response, 200, { data: rows.slice(0, 20).map(presentPost), page })
  }
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
  if (!url.startsWith(BOOKS) && url !== ME) return send(response, 404, { error: 'Not Found' })
  const id = caller(request)
  if (id === undefined) return send(response, 401, { error: 'Unauthorized' })
  if (url === ME) return send(response, 200, presentAccount(account.get(id)))
  const row = book.get(Number(url.slice(BOOKS.length)))
  return row ? send(response, 200, row) : send(response, 404, { error: 'Not Found' })
}).listen(Number(PORT), '127.0.0.1')

process.once('SIGTERM', () => process.exit(0))
