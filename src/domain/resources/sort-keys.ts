import { FIRST, LAST } from '../../db/schema/column-kit.ts'
import { fold } from '../../base/text.ts'

/** Code points of a text that count for its place in a list: an index of PostgreSQL holds no longer keys. */
const SORTED = 200
/** A year that nobody may give: it stands for none. */
export const NO_YEAR = 10_000

/** What a text is sorted by, the same on both engines: its fold. */
export const sortText = (text: string): string => Array.from(fold(text)).slice(0, SORTED).join('')

/**
 * What a moment is sorted by, by direction: none comes last in both. The first and the last that there are stand for none, so they
 * count as the ones beside them.
 */
export const sortMoment = (moment: Date | null): [ascending: Date, descending: Date] =>
  moment === null
    ? [LAST, FIRST]
    : [
        new Date(Math.min(moment.getTime(), LAST.getTime() - 1)),
        new Date(Math.max(moment.getTime(), FIRST.getTime() + 1)),
      ]

/** What a year is sorted by, by direction: none comes last in both. */
export const sortYear = (year: number | null): [ascending: number, descending: number] => [
  year ?? NO_YEAR,
  year ?? -NO_YEAR,
]
