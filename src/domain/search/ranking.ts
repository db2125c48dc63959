import { needleOf, type Term } from './terms.ts'

/** Of Okapi BM25, as everyone sets them: how soon more of the same word stops to count, and how much a long text does against it. */
const SATURATION = 1.2
const LENGTH = 0.75

export interface Read {
  id: number
  /** Times that each term stands in it. */
  counts: number[]
  /** Characters. */
  length: number
}

/** What ranking needs of a search text. */
export function readFor(terms: readonly Term[], { id, text }: { id: number; text: string }): Read {
  const spaced = ` ${text} `
  return {
    id,
    counts: terms.map((term) => occurrences(spaced, needleOf(term))),
    length: spaced.length,
  }
}

/** Scores records against each other by Okapi BM25, in which what few of them have counts more. @returns one score for each */
export function scores(terms: readonly Term[], records: readonly Read[]): number[] {
  const average = records.reduce((sum, { length }) => sum + length, 0) / records.length
  const weights = terms.map((_, i) => {
    const having = records.filter(({ counts }) => counts[i]! > 0).length
    return Math.log(1 + (records.length - having + 0.5) / (having + 0.5))
  })
  return records.map(({ counts, length }) => {
    const norm = SATURATION * (1 - LENGTH + LENGTH * (length / average))
    return counts.reduce(
      (sum, times, i) => sum + (weights[i]! * times * (SATURATION + 1)) / (times + norm),
      0,
    )
  })
}

function occurrences(text: string, needle: string): number {
  let found = 0
  // The space behind one is the space before the next.
  for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + needle.length - 1))
    found += 1
  return found
}
