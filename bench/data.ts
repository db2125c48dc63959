import { randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { loadConfig } from '../src/config/index.ts'
import { AUDIENCES, type Claims } from '../src/domain/sessions/tokens.ts'
import { openBackend } from '../src/open-backend.ts'
import { production } from './servers.ts'

/** Posts, books and to-dos in the small database: "empty" but for what is read. */
export const ROWS = 1000
export const USERS = 20
export const PASSWORD = 'a quiet place to write'
/** More than the server remembers, so that in turn each is seen as if for the first time. */
const SESSIONS = 12_800
const LIFETIME = 3600

export interface Data {
  secret: string
  /** Access tokens, each of a session of its own. */
  tokens: string[]
  /** Of the users, who all have the same password. */
  usernames: string[]
  /** The file that is only read. */
  small: string
  /** The same with many posts and many revoked tokens, made at the first call. */
  large(rows: number): string
  /** A copy to write to. */
  copy(name: string): string
  folder: string
  remove: () => void
}

export const urlOf = (file: string) => `sqlite:${file}`

/** A database as the server makes it, in a temporary folder, with users, sessions and records. */
export async function createData(): Promise<Data> {
  const folder = mkdtempSync(join(tmpdir(), 'commonplace-bench-'))
  const small = join(folder, 'small.db')
  const secret = randomBytes(48).toString('base64')
  const usernames = Array.from({ length: USERS }, (_, i) => `reader-${i + 1}`)
  const tokens = await populate(small, secret, usernames)
  const large = join(folder, 'large.db')

  return {
    secret,
    tokens,
    usernames,
    small,
    folder,
    large(rows) {
      if (!existsSync(large)) {
        copyFileSync(small, large)
        grow(large, rows)
      }
      return large
    },
    copy(name) {
      const file = join(folder, `${name}.db`)
      copyFileSync(small, file)
      return file
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Users and keys through the domain, the rest in bulk. Returns the access tokens. */
async function populate(file: string, secret: string, usernames: string[]): Promise<string[]> {
  const config = loadConfig(production(urlOf(file), secret))
  const { backend, close } = await openBackend(config)
  const userIds: number[] = []
  for (const username of usernames)
    userIds.push((await backend.accounts.register({ username, password: PASSWORD })).id)
  const claims = Array.from({ length: SESSIONS }, (_, i) =>
    accessClaims(config.publicUrl, userIds[i % USERS] ?? 1),
  )
  const tokens = await backend.keys.sign(claims)
  await close()

  const db = openForBulk(file)
  const session = db.prepare(
    `INSERT INTO sessions (id, user_id, rotating, created_at, authenticated_at, last_used_at, expires_at, ip)
     VALUES (?, ?, 0, ?, ?, ?, ?, '127.0.0.1')`,
  )
  const now = Date.now()
  db.transaction(() => {
    for (const { sid, sub } of claims) session.run(sid, sub, now, now, now, now + LIFETIME * 1000)
    addPosts(db, ROWS)
    db.exec(`${numbers(ROWS)} INSERT INTO books (user_id, title, author, created_at, updated_at)
      SELECT 1 + n % ${USERS}, 'The commonplace book, volume ' || n, 'Anne Lister', ${now}, ${now} FROM numbers`)
    db.exec(`${numbers(ROWS)} INSERT INTO todos
      (user_id, title, title_key, description, description_key, completed, created_at, updated_at)
      SELECT 1, 'Copy page ' || n, 'copy page ' || n, null, null, n % 2, ${now}, ${now} FROM numbers`)
  })()
  db.close()
  return tokens
}

function accessClaims(iss: string, userId: number): Claims {
  const now = Math.floor(Date.now() / 1000)
  return {
    iss,
    sub: String(userId),
    aud: AUDIENCES.access,
    exp: now + LIFETIME,
    nbf: now,
    iat: now,
    jti: id(),
    sid: id(),
    type: 'access',
    role: 'user',
  }
}

const id = () => randomBytes(16).toString('base64url')

/** `rows` revoked tokens, and posts up to `rows`. */
function grow(file: string, rows: number) {
  const db = openForBulk(file)
  const now = Date.now()
  db.transaction(() => {
    addPosts(db, rows - ROWS)
    db.exec(`${numbers(rows)} INSERT INTO token_blacklist
      (jti, token_type, user_id, expires_at, revoked_at, reason)
      SELECT hex(randomblob(11)), 'access', 1 + n % ${USERS}, ${now + LIFETIME * 1000} + n, ${now}, 'logout'
      FROM numbers`)
  })()
  db.close()
}

/** About 300 bytes of content each. */
function addPosts(db: Database.Database, rows: number) {
  const now = Date.now()
  db.exec(`${numbers(rows)} INSERT INTO posts (user_id, title, content, created_at, updated_at)
    SELECT 1 + n % ${USERS}, 'On keeping a commonplace book, part ' || n,
      '${'Copy what strikes you, and say where you found it. '.repeat(6)}', ${now}, ${now} FROM numbers`)
}

const numbers = (count: number) =>
  `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})`

/** Nobody else has the file, and a crash only costs the benchmark. */
function openForBulk(file: string) {
  const db = new Database(file)
  db.pragma('synchronous = OFF')
  db.pragma('cache_size = -256000')
  return db
}
