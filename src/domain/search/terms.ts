import { ValidationFailed } from '../../base/errors.ts'
import { partsOf, wordsOf } from './search-text.ts'

/** Words that must follow each other in a record. */
export interface Term {
  words: string[]
  /** Whether the last word may go on. */
  isPrefix: boolean
}

/** Characters of what is asked for. */
export const LONGEST_QUERY = 200
/** Terms that one query may have: each costs every record that is looked at. */
const MOST_TERMS = 20
/** Words that are shorter stand for themselves alone. */
const SHORTEST_PREFIX = 2

/**
 * What a query asks for: words, which may go on where they have two characters and more, and "words in quotes", which follow each
 * other. Nothing else has a meaning, so nothing can be wrong.
 * @returns the terms, each once; none when there is no word in it, which finds nothing.
 * @throws ValidationFailed when there are more than 20.
 */
export function termsOf(query: string): Term[] {
  const terms = new Map<string, Term>()
  const add = (words: string[], isPrefix: boolean) => {
    if (words.length > 0) terms.set(needleOf({ words, isPrefix }), { words, isPrefix })
  }
  const parts = query.split(/["\u201c\u201d\u201e]/)
  for (const [i, part] of parts.entries()) {
    // What a quote opens and none closes is not quoted.
    if (i % 2 === 1 && i < parts.length - 1) add(wordsOf(part), false)
    else
      for (const run of partsOf(part)) {
        const words = [...run]
        const [word = ''] = words
        add(words, words.length === 1 && Array.from(word).length >= SHORTEST_PREFIX)
      }
  }
  if (terms.size > MOST_TERMS)
    throw new ValidationFailed([
      {
        in: 'query',
        path: 'q',
        code: 'too_many',
        detail: `q must have at most ${MOST_TERMS} words and phrases`,
      },
    ])
  return [...terms.values()]
}

/** A part of ` ${search text} ` that records have which hold the term. No word of a text begins with the sign of a tag. */
export const needleOf = ({ words, isPrefix }: Term) => ` ${words.join(' ')}${isPrefix ? '' : ' '}`

/** For `tsquery`: all the words, in whatever order. They are letters and digits, with nothing in them to escape. */
export const tsqueryOf = (terms: readonly Term[], tags: readonly string[]) =>
  [
    ...tags.map((tag) => `'${tag}'`),
    ...terms.flatMap(({ words, isPrefix }) =>
      words.map((word, i) => `'${word}'${isPrefix && i === words.length - 1 ? ':*' : ''}`),
    ),
  ].join(' & ')
