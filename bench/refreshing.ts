import { randomBytes } from 'node:crypto'
import type { Request } from 'autocannon'
import Database from 'better-sqlite3'
import { loadConfig } from '../src/config/index.ts'
import { AUDIENCES } from '../src/domain/sessions/tokens.ts'
import { openBackend } from '../src/open-backend.ts'
import { urlOf, USERS } from './data.ts'
import { CONNECTIONS, post } from './load.ts'
import { production } from './servers.ts'

/** Sessions that each connection refreshes in turn. */
const EACH = 50
const LIFETIME = 86_400

const id = () => randomBytes(16).toString('base64url')

/** Opens sessions in a database, and returns the refresh tokens with which they go on. */
export async function openSessions(file: string, secret: string): Promise<string[]> {
  const config = loadConfig(production(urlOf(file), secret))
  const iat = Math.floor(Date.now() / 1000)
  const claims = Array.from({ length: CONNECTIONS * EACH }, (_, i) => ({
    iss: config.publicUrl,
    sub: String(1 + (i % USERS)),
    aud: AUDIENCES.refresh,
    exp: iat + LIFETIME,
    nbf: iat,
    iat,
    jti: id(),
    sid: id(),
    type: 'refresh' as const,
  }))
  const { backend, close } = await openBackend(config)
  const tokens = await backend.keys.sign(claims)
  await close()

  const db = new Database(file)
  const session = db.prepare(
    `INSERT INTO sessions (id, user_id, rotating, created_at, authenticated_at, last_used_at, expires_at, ip)
     VALUES (?, ?, 1, ?, ?, ?, ?, '127.0.0.1')`,
  )
  const token = db.prepare(
    'INSERT INTO refresh_tokens (jti, session_id, created_at, expires_at) VALUES (?, ?, ?, ?)',
  )
  const now = iat * 1000
  const end = now + LIFETIME * 1000
  db.transaction(() => {
    for (const { sid, sub, jti } of claims) {
      session.run(sid, sub, now, now, now, end)
      token.run(jti, sid, now, end)
    }
  })()
  db.close()
  return tokens
}

/** What clients send that refresh: each token once, and then the one that it was given for it. */
export function refreshing(tokens: readonly string[]): (connection: number) => Request[] {
  const queues = Array.from({ length: CONNECTIONS }, (_, i) =>
    tokens.slice(i * EACH, (i + 1) * EACH),
  )
  return (connection) => {
    const queue = queues[connection] ?? []
    // What was on its way when the last run ended may have been spent.
    queue.shift()
    return [
      {
        ...post('/api/v2/auth/refresh', {}),
        setupRequest: (request) => ({
          ...request,
          body: JSON.stringify({ refresh_token: queue[0] }),
        }),
        onResponse(status, body) {
          queue.shift()
          if (status === 200) queue.push(JSON.parse(body).refresh_token)
        },
      },
    ]
  }
}
