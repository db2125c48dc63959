import { normalised } from '../stream-safe.ts'

/** UTF-8 bytes that the words of a record may take, each with its place: PostgreSQL indexes less than 1 MiB of a row. */
const ROOM = 1_000_000
const PLACE = 6
/** Characters of a longer word that are kept: its beginning. */
const LONGEST_WORD = 64

const MARKS = /\p{M}/gu
const WORD = /[\p{L}\p{N}]+/gu
/** Scripts that are written without spaces, and what they share, such as the sign that lengthens a vowel. */
const UNSPACED = /([\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}]+)/u

/**
 * The words of a text, the same for what is stored and for what is asked: in compatibility form, without marks, in lower case. A run of
 * Chinese or Japanese characters, which knows no spaces, becomes its overlapping pairs.
 */
export const wordsOf = (text: string): string[] => partsOf(text).flat()

/** The words of a text, those together that are one run of characters without spaces. */
export function partsOf(text: string): string[][] {
  const plain = normalised(text, 'NFKD').replaceAll(MARKS, '').toLowerCase().replaceAll('ς', 'σ')
  return (plain.match(WORD) ?? []).flatMap((run) =>
    // What the pattern captures comes at the odd places.
    run.split(UNSPACED).flatMap((part, i) => {
      const characters = Array.from(part)
      if (i % 2 === 1) return [pairsOf(characters)]
      return part === '' ? [] : [[characters.slice(0, LONGEST_WORD).join('')]]
    }),
  )
}

function pairsOf(characters: string[]): string[] {
  if (characters.length === 1) return characters
  return characters.slice(1).map((character, i) => `${characters[i]!}${character}`)
}

/**
 * What is stored beside a record for its full-text index: words between spaces, as many as the index holds. `tags` are words that no
 * text can hold, such as `_u42` for the owner, so that the index itself finds the words of one owner.
 */
export function searchText(
  texts: ReadonlyArray<string | null | undefined>,
  tags: readonly string[] = [],
): string {
  const words = [...tags, ...texts.flatMap((text) => (text ? wordsOf(text) : []))]
  let room = ROOM
  const last = words.findIndex((word) => (room -= Buffer.byteLength(word) + PLACE) < 0)
  return (last === -1 ? words : words.slice(0, last)).join(' ')
}
