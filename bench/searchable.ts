import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { ownerTag } from '../src/domain/resources/engine/model.ts'
import { sortText } from '../src/domain/resources/sort-keys.ts'
import { searchText } from '../src/domain/search/search-text.ts'
import { type Data, USERS } from './data.ts'

/** In every post, and in four of a million. */
export const COMMONEST = 'commonplace'
export const RAREST = 'quincunx'
const VOCABULARY = 5000
const BETWEEN_RARE = 250_000

/** A database with so many posts that can be searched, made at the first call. */
export function searchable(data: Data, rows: number): string {
  const file = join(data.folder, 'searchable.db')
  if (!existsSync(file)) fill(data.copy('searchable'), rows)
  return file
}

/** Adds posts up to so many, a second apart, each as the server writes it; none has the same words as its neighbours. */
function fill(file: string, rows: number) {
  const db = new Database(file)
  // Nobody else has the file, and a crash only costs the benchmark.
  db.pragma('synchronous = OFF')
  db.pragma('cache_size = -256000')
  const trigger = db
    .prepare<[], string>(`SELECT sql FROM sqlite_schema WHERE name = 'posts_search_insert'`)
    .pluck()
    .get()
  const first = Number(db.prepare('SELECT max(id) FROM posts').pluck().get()) + 1
  const insert = db.prepare(
    `INSERT INTO posts (user_id, title, title_sort, content, search_text, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const now = Date.now() - rows * 1000
  // One index over all is made faster than one that grows with each.
  db.exec('DROP TRIGGER posts_search_insert')
  db.transaction(() => {
    for (let n = first; n <= rows; n++) {
      const words = Array.from({ length: 24 }, (_, i) =>
        word((n * (i + 7) * 7919 + i) % VOCABULARY),
      )
      const title = `${word(n % VOCABULARY)} in a ${COMMONEST} book, part ${n}`
      const content = `${words.join(' ')}${n % BETWEEN_RARE === 7 ? ` ${RAREST}` : ''}`
      const userId = 1 + (n % USERS)
      const text = searchText([title, content], [ownerTag(userId)])
      const at = now + n * 1000
      insert.run(userId, title, sortText(title), content, text, at, at)
    }
  })()
  db.exec(`INSERT INTO posts_search (posts_search) VALUES ('rebuild'); ${trigger}`)
  db.close()
}

/** Letters for a number, two to eight of them. */
const word = (n: number) =>
  `${String.fromCharCode(97 + (n % 26), 97 + ((n * 7) % 26))}${(n % 9 === 0 ? n : n * 911).toString(26).replaceAll(/\d/g, 'e')}`
