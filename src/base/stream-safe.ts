/**
 * To normalise a text, the marks behind each letter are sorted, which takes time with the square of their number. A text is stream-safe
 * when no more than 30 of them follow each other, as they do once it is decomposed for compatibility (Unicode Standard Annex 15,
 * section 13). No language comes near.
 */
export const MOST_MARKS = 30

/** Takes part in nothing, and ends what is sorted (Unicode 15.0, section 23.2). */
const JOINER = '\u034F'
/**
 * So many characters in a row that are marks, or become some (half-width Katakana), may be more than 30: one of them makes three at most,
 * the letter before them brings three, the one behind them one.
 */
const SUSPECT = /[[\p{M}\uFF9E\uFF9F]--\u034F]{9}/v
const LEADING = /^\p{M}*/u
const TRAILING = /\p{M}*$/u
/** Characters of a text that is normalised whatever it holds: it takes less than a millisecond. */
const SHORT = 1024

export const isStreamSafe = (text: string): boolean => streamSafe(text) === text

/**
 * The normal form of any text, in time that grows with it and no faster. A long one that is not stream-safe, which was stored before such
 * texts were refused, gets joiners among its marks.
 */
export const normalised = (text: string, form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD'): string =>
  (text.length > SHORT ? streamSafe(text) : text).normalize(form)

/** The Stream-Safe Text Process (section 13.1 of the annex). */
function streamSafe(text: string): string {
  if (!SUSPECT.test(text)) return text
  let safe = ''
  let marks = 0
  for (const character of text) {
    const decomposed = character === JOINER ? '' : character.normalize('NFKD')
    const leading = LEADING.exec(decomposed)?.[0] ?? ''
    if (marks + count(leading) > MOST_MARKS) {
      safe += JOINER
      marks = 0
    }
    safe += character
    if (leading === decomposed && character !== JOINER) marks += count(leading)
    else marks = count(TRAILING.exec(decomposed)?.[0] ?? '')
  }
  return safe
}

const count = (characters: string) => Array.from(characters).length
