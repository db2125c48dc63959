import { createPrivateKey, randomBytes, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import Database from 'better-sqlite3'
import { groupCommit } from '../src/db/sqlite/group-commit.ts'
import { configure, explain } from '../src/db/sqlite/store.ts'
import { randomIds } from '../src/base/ids.ts'
import { createSecrets } from '../src/domain/secrets.ts'
import type { Claims } from '../src/domain/sessions/tokens.ts'
import { createVerifier, send } from './bare-tokens.ts'

/**
 * What a refresh is compared with: the same signatures, the same look at whether the token lives, and the same four writes in
 * commits that requests share, without anything else.
 */

const { PORT, DATABASE_URL = '', PUBLIC_URL = '', SECRET_KEY = '' } = process.env
const LIFETIMES = { access: 3600, refresh: 30 * 86_400 }
const GRACE = 10_000

interface Alive {
  user_id: number
  role: 'user'
  status: string
  expires_at: number
  ended_at: number | null
}
interface Spent {
  used_at: number
  successor: string
}
interface Pair {
  access: Claims
  refresh: Claims
}

const db = new Database(DATABASE_URL.replace('sqlite:', ''))
configure(db)
const commit = groupCommit(db, explain)
const verifyToken = createVerifier(db, PUBLIC_URL, LIFETIMES)
const alive = db.prepare<[string], Alive>(
  'SELECT user_id, role, status, expires_at, ended_at FROM sessions JOIN users ON users.id = user_id WHERE sessions.id = ?',
)
const revoked = db.prepare<[string], 1>('SELECT 1 FROM token_blacklist WHERE jti = ?').pluck()
const use = db.prepare('UPDATE sessions SET last_used_at = ? WHERE id = ? AND ended_at IS NULL')
const spend = db.prepare(
  'UPDATE refresh_tokens SET used_at = ?, successor = ? WHERE jti = ? AND used_at IS NULL',
)
const spent = db.prepare<[string], Spent>(
  'SELECT used_at, successor FROM refresh_tokens WHERE jti = ?',
)
const forget = db.prepare('DELETE FROM refresh_tokens WHERE session_id = ? AND jti <> ?')
const insert = db.prepare(
  'INSERT INTO refresh_tokens (jti, session_id, created_at, expires_at) VALUES (?, ?, ?, ?)',
)
const key = db
  .prepare<[], { kid: string; private_key: string }>('SELECT kid, private_key FROM signing_keys')
  .get()
if (!key) throw new Error('There is no signing key')
const secrets = createSecrets([SECRET_KEY], randomIds)
const privateKey = createPrivateKey(secrets.open('signing-key', key.private_key).toString())
const header = encode({ alg: 'EdDSA', typ: 'JWT', kid: key.kid })

function encode(value: object) {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
function signToken(claims: Claims) {
  const signed = `${header}.${encode(claims)}`
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`
}

/** The claims of the pair that comes after a token, once it is spent; undefined when it is not good. */
async function rotate(claims: Claims): Promise<Pair | undefined> {
  const now = Date.now()
  const row = alive.get(claims.sid)
  if (!row || row.ended_at !== null || row.expires_at <= now || row.status !== 'active')
    return undefined
  if (row.user_id !== Number(claims.sub) || revoked.get(claims.jti) !== undefined) return undefined
  const { sid, jti } = claims
  const iat = Math.floor(now / 1000)
  const exp = Math.min(iat + LIFETIMES.access, Math.floor(row.expires_at / 1000))
  const id = () => randomBytes(16).toString('base64url')
  const common = { ...claims, iat, nbf: iat }
  const access = {
    ...common,
    type: 'access',
    aud: 'commonplace',
    jti: id(),
    exp,
    role: row.role,
  } as const
  const next: Pair = { access, refresh: { ...common, jti: id() } }
  return commit(() => {
    if (use.run(now, sid).changes === 0) return undefined
    if (spend.run(now, JSON.stringify(next), jti).changes === 0) {
      const before = spent.get(jti)
      return before && now - before.used_at <= GRACE ? JSON.parse(before.successor) : undefined
    }
    forget.run(sid, jti)
    insert.run(next.refresh.jti, sid, now, row.expires_at)
    return next
  })
}

async function answer(request: IncomingMessage, response: ServerResponse) {
  const { refresh_token: token = '' }: { refresh_token?: string } = JSON.parse(await text(request))
  const claims = verifyToken(token, 'refresh')
  const pair = claims && (await rotate(claims))
  if (!pair) return send(response, 401, { error: 'Unauthorized' })
  send(response, 200, {
    transport: 'body',
    access_token: signToken(pair.access),
    refresh_token: signToken(pair.refresh),
    token_type: 'Bearer',
    expires_in: pair.access.exp - pair.access.iat,
    refresh_expires_in: pair.refresh.exp - pair.refresh.iat,
    session_id: pair.access.sid,
  })
}

createServer((request, response) => void answer(request, response)).listen(
  Number(PORT),
  '127.0.0.1',
)

process.once('SIGTERM', () => process.exit(0))
