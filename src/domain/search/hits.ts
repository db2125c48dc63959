import { sql } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import type { Term } from './terms.ts'

/** Characters of the longest beginning that the index of SQLite has a list of records for. */
const LISTED = 4
/** Words that one beginning may stand for: each is looked for in the index. */
const MOST_WORDS = 16

/**
 * Asks the full-text index of a table on SQLite. It is only asked what it has one ready list of records for, of which it reads no more
 * than the newest: it would join the lists of longer beginnings, and walk through whole lists for what is in two of them.
 */
export function createHits(store: Store, name: string) {
  const index = sql.raw(`${name}_search`)
  const matching = store.define(`hits_${name}`, (q) =>
    q
      .select({ ids: sql<string>`json_group_array(id)` })
      .from(
        sql`(select rowid as id from ${index} where ${index} match ${$('match')} order by rowid desc limit ${$('limit')})`,
      ),
  )
  const following = store.define(`hits_${name}_term`, (q) =>
    q
      .select({ term: sql<string>`term` })
      .from(sql`temp.${sql.raw(`${name}_search_terms`)}`)
      .where(sql`term >= ${$('from')}`)
      .limit(1),
  )
  async function find(match: string, limit: number): Promise<number[]> {
    const [row] = await store.step(matching, { match, limit })
    return JSON.parse(row?.ids ?? '[]')
  }
  /** The words that begin so, when they are few. */
  async function wordsFrom(beginning: string): Promise<string[] | undefined> {
    const words: string[] = []
    for (let from = beginning; ; from = `${from}\u0001`) {
      const [row] = await store.step(following, { from })
      if (!row?.term.startsWith(beginning)) return words
      if (words.length === MOST_WORDS) return undefined
      words.push((from = row.term))
    }
  }

  async function hitsOf(word: string, isPrefix: boolean, limit: number) {
    const characters = Array.from(word)
    if (!isPrefix || characters.length <= LISTED)
      return find(`"${word}"${isPrefix ? '*' : ''}`, limit)
    const wider = await find(`"${characters.slice(0, LISTED).join('')}"*`, limit)
    if (wider.length < limit) return wider
    const words = await wordsFrom(word)
    if (!words) return wider
    return words.length === 0 ? [] : find(words.map((one) => `"${one}"`).join(' OR '), limit)
  }

  /**
   * The ids of records among which are all that have the terms and tags: of at most `most`, or undefined when no word of them is so
   * rare. A record of them need not have every term.
   */
  return async function hits(
    terms: readonly Term[],
    tags: readonly string[],
    most: number,
  ): Promise<number[] | undefined> {
    const words = [
      ...terms.flatMap((term) =>
        term.words.map((word, i) => ({
          word,
          isPrefix: term.isPrefix && i === term.words.length - 1,
        })),
      ),
      ...tags.map((word) => ({ word, isPrefix: false })),
    ]
    // Long words are rare.
    for (const { word, isPrefix } of words.toSorted((a, b) => b.word.length - a.word.length)) {
      const found = await hitsOf(word, isPrefix, most + 1)
      if (found.length <= most) return found
    }
    return undefined
  }
}
export type Hits = ReturnType<typeof createHits>
