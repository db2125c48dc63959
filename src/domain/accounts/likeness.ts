import { createRequire } from 'node:module'
import { and, eq, ne, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import { ValidationFailed, type Violation } from '../../base/errors.ts'
import { normalised } from '../../base/stream-safe.ts'
import { violation } from '../../base/text-rules.ts'
import { LENGTHS } from './fields.ts'
import { fold, isStorable } from '../../base/text.ts'

/** Whose letters names are written in today (UAX 31, tables 5 and 7); those of all other scripts count as one more. */
const SCRIPTS =
  'Adlam Arabic Armenian Balinese Bamum Batak Bengali Canadian_Aboriginal Chakma Cham Cherokee Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Hanifi_Rohingya Hebrew Javanese Kannada Kayah_Li Khmer Lao Latin Lepcha Limbu Lisu Malayalam Mandaic Meetei_Mayek Miao Mongolian Myanmar New_Tai_Lue Newa Nko Ol_Chiki Oriya Osage Saurashtra Sinhala Sundanese Syloti_Nagri Syriac Tai_Le Tai_Tham Tai_Viet Tamil Telugu Thaana Thai Tibetan Tifinagh Vai Yi'.split(
    ' ',
  )
/** Those that are written together (UTS 39, section 5.2, "Highly Restrictive"). */
const TOGETHER = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
]
const scripts = (names: readonly string[]) => names.map((name) => `\\p{scx=${name}}`).join('')
const ANY = scripts(['Common', 'Inherited'])
const LISTED = scripts([...SCRIPTS, ...TOGETHER.flat()])
const ALLOWED = [
  ...[...TOGETHER, ...SCRIPTS.map((name) => [name])].map((names) => `[${ANY}${scripts(names)}]*`),
  `[${ANY}[^${LISTED}]]*`,
].map((characters) => new RegExp(`^${characters}$`, 'v'))

const load = createRequire(import.meta.url)
/** Loaded with the first new name: the table takes 6 MB, which a server that only reads does without. */
const unhomoglyph = (text: string): string => load('unhomoglyph')(text)

const isAscii = (text: string) => Buffer.byteLength(text) === text.length

/** Whether a name mixes scripts that nobody writes together: then it is made to be taken for another. */
export const mixesScripts = (username: string): boolean =>
  !isAscii(username) && !ALLOWED.some((allowed) => allowed.test(username))

/** What names have in common that look alike (UTS 39, section 4), as they are shown, whatever the case. */
export const skeletonOf = (username: string): string =>
  fold(unhomoglyph(normalised(username, 'NFD')))

/** What is wrong with a new name beyond its characters and its length, which another rule names. */
export function scriptFaults(username: string): Violation[] {
  const isReadable = isStorable(username) && username.length <= 8 * LENGTHS.username[1]
  return isReadable && mixesScripts(normalised(username, 'NFKC'))
    ? [confusable('must not mix scripts')]
    : []
}

const confusable = (detail: string) => violation('/username', 'username_confusable', detail)

/** Keeps new names from being taken for those of others. */
export function createLikeness(store: Store) {
  const { users } = store.tables
  const alike = and(
    eq(users.usernameSkeleton, $('skeleton')),
    ne(users.id, sql`${$('id', users.id)}`),
  )
  const any = store.define('likeness_any', (q) =>
    q.select({ id: users.id }).from(users).where(alike).limit(1),
  )
  /** In ASCII alone names may be alike: everybody knows "l" and "1". */
  const foreign = store.define('likeness_foreign', (q) =>
    q
      .select({ id: users.id })
      .from(users)
      .where(and(alike, sql`octet_length(${users.username}) <> length(${users.username})`))
      .limit(1),
  )
  /** SQLite has one transaction at a time; on PostgreSQL two that look alike take turns. */
  const hold =
    store.engine === 'postgres'
      ? store.define('likeness_hold', (q) =>
          q
            .select({
              held: sql`pg_advisory_xact_lock(hashtextextended(${$('skeleton', users.usernameSkeleton)}, 0))::text`,
            })
            .from(sql`(values (1)) as once`),
        )
      : undefined

  /**
   * Ends a transaction that has given an account a new name which could be taken for another.
   * @throws ValidationFailed
   */
  return function* distinct(tx: Tx, id: number, username: string): Steps<void> {
    const faults = scriptFaults(username)
    if (faults.length > 0) throw new ValidationFailed(faults)
    const skeleton = skeletonOf(username)
    if (hold) yield* tx.run(hold, { skeleton })
    const [other] = yield* tx.run(isAscii(username) ? foreign : any, { skeleton, id })
    if (other) throw new ValidationFailed([confusable('looks like that of another account')])
  }
}
export type Likeness = ReturnType<typeof createLikeness>
