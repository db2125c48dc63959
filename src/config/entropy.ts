/** The pairs of letters that more than half of all pairs in English words are, and one in thirteen of random ones. */
const FREQUENT = new Set(
  'th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro ic ne ea ra ce li ch ll be ma si om ur'.split(
    ' ',
  ),
)
/** Bits of a character of prose (Shannon 1951: 0.6 to 1.3; more for what is no whole sentence). */
const PROSE = 1.3
/** Bits of a word that somebody has thought of: a list of dice has 13, and people choose among few of them. */
const WORD = 7
/** Rows of keys, and what goes down them in columns. */
const KEYBOARD =
  'qwertyuiop asdfghjkl zxcvbnm 1q2w3e4r5t6y7u8i9o0p 1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p qazwsxedcrfvtgbyhnujmikolp'
/** Characters that are looked at: so many are enough. */
const LONGEST = 256

/**
 * A cautious estimate of how many bits a guesser has to find out: characters that follow from those before (a repeated part, an
 * alphabet, a row of the keyboard) count nothing, prose by its characters, words between spaces or dashes each once. What a random generator makes is estimated at about
 * its true size: 48 bytes in base64 at some 300 bits. Dictionaries would find more, and take longer to load than all the
 * rest of a start.
 */
export function entropyOf(text: string): number {
  const head = text.slice(0, LONGEST)
  const surprising = Array.from(head).filter((_, index, all) => !follows(all, index))
  const bits = surprising.length * (isProse(head) ? PROSE : bitsOfEach(surprising))
  const words = wordsOf(head)
  return words ? Math.min(bits, words.size * WORD) : bits
}

/** The words of a text that consists of them, at least four; undefined of any other: random characters do not part into words of one case. */
function wordsOf(text: string): Set<string> | undefined {
  const words = text.match(/(?<![A-Za-z0-9])(?:[A-Za-z][a-z]+|[A-Z]{2,})(?![A-Za-z0-9])/g) ?? []
  const isAll = words.join('').length >= text.length * 0.55
  return isAll && words.length > 3 ? new Set(words.map((word) => word.toLowerCase())) : undefined
}

/** Whether three characters in a row stood before already, or go on by a step of at most one. */
function follows(all: string[], index: number): boolean {
  const [first = '', second = '', third = ''] = all.slice(index - 2, index + 1)
  if (index < 2) return false
  const step = code(second) - code(first)
  if (Math.abs(step) <= 1 && code(third) - code(second) === step) return true
  const three = first + second + third
  return KEYBOARD.includes(three) || all.slice(0, index).join('').includes(three)
}

const code = (character: string) => character.codePointAt(0) ?? 0

/** Words, in whatever case and whatever stands between them. Hexadecimal digits make pairs that words have, too. */
function isProse(text: string): boolean {
  if (/^[\da-f]*$/i.test(text)) return false
  const words = text.toLowerCase().match(/[a-z]+/g) ?? []
  const pairs = words.flatMap((word) =>
    Array.from({ length: word.length - 1 }, (_, index) => word.slice(index, index + 2)),
  )
  const frequent = pairs.filter((pair) => FREQUENT.has(pair)).length
  return frequent >= 9 && frequent / pairs.length > 0.38
}

/** The entropy of a character by how often each is there (Shannon 1948, section 6). */
function bitsOfEach(characters: string[]): number {
  const counts = new Map<string, number>()
  for (const one of characters) counts.set(one, (counts.get(one) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) {
    const share = count / characters.length
    bits -= share * Math.log2(share)
  }
  return bits
}
