import { normalised } from '../../base/stream-safe.ts'

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
export const wordsOf = (text: string): string[] => Array.from(eachWord(text))

/** One after the other, as far as they are wanted: one character may become four words. */
function* eachWord(text: string): Generator<string> {
  for (const words of partsOf(text)) yield* words
}

/** The words of a text, those together that are one run of characters without spaces. */
export function* partsOf(text: string): Generator<Iterable<string>> {
  const plain = normalised(text, 'NFKD').replaceAll(MARKS, '').toLowerCase().replaceAll('ς', 'σ')
  for (const [run] of plain.matchAll(WORD)) {
    if (!UNSPACED.test(run)) {
      yield [beginningOf(run)]
      continue
    }
    for (const [i, part] of run.split(UNSPACED).entries()) {
      // What the pattern captures comes at the odd places.
      if (i % 2 === 1) yield pairsOf(part)
      else if (part !== '') yield [beginningOf(part)]
    }
  }
}

const beginningOf = (word: string) =>
  word.length <= LONGEST_WORD ? word : Array.from(word).slice(0, LONGEST_WORD).join('')

function* pairsOf(run: string): Generator<string> {
  let before = ''
  for (const character of run) {
    if (before !== '') yield `${before}${character}`
    before = character
  }
  if (before === run) yield run
}

/**
 * What is stored beside a record for its full-text index: words between spaces, as many as the index holds. `tags` are words that no
 * text can hold, such as `_u42` for the owner, so that the index itself finds the words of one owner.
 */
export function searchText(
  texts: ReadonlyArray<string | null | undefined>,
  tags: readonly string[] = [],
): string {
  const lists = [tags, ...texts.map((text) => (text ? eachWord(text) : []))]
  return Array.from(withinRoom(lists)).join(' ')
}

/** As many words as the index holds. */
function* withinRoom(lists: ReadonlyArray<Iterable<string>>) {
  let room = ROOM
  for (const words of lists)
    for (const word of words) {
      room -= Buffer.byteLength(word) + PLACE
      if (room < 0) return
      yield word
    }
}
