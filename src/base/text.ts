import { normalised } from './stream-safe.ts'

/** What usernames, titles and authors are compared, sorted and kept unique by: NFKC and lower case, one for all spellings. */
export function fold(text: string): string {
  // A sigma is lowered by its place in the word, and a part of a word has no place. Lower case can also leave a letter and a
  // mark that compose (J with caron has no capital of its own): normalised once more.
  return normalised(normalised(text, 'NFKC').toLowerCase().replaceAll('ς', 'σ'), 'NFKC')
}

/** Neither engine keeps NUL or a lone surrogate as it was sent (S57). */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

/** The length in Unicode code points. */
export function codePoints(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

/** `a, b and c`; `word` stands before the last. */
export const enumerate = (names: readonly string[], word = 'and'): string =>
  [names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(` ${word} `)
