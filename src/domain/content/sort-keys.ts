import { FIRST, LAST } from '../../db/schema/column-kit.ts'
import { NO_YEAR } from '../../db/schema/content-tables.ts'
import { fold } from '../../base/text.ts'

/** Code points of a text that count for its place in a list: an index of PostgreSQL holds no longer keys. */
const SORTED = 200

/** What a text is sorted by, the same on both engines: its fold. */
export const sortText = (text: string): string => Array.from(fold(text)).slice(0, SORTED).join('')

/**
 * What a moment is sorted by: none comes last in both directions. The first and the last that there are stand for none, so they
 * count as the ones beside them.
 */
export const sortMoment = (moment: Date | null) => ({
  ascending: moment === null ? LAST : new Date(Math.min(moment.getTime(), LAST.getTime() - 1)),
  descending: moment === null ? FIRST : new Date(Math.max(moment.getTime(), FIRST.getTime() + 1)),
})

/** What a year is sorted by: none comes last in both directions. */
export const sortYear = (year: number | null) => ({
  ascending: year ?? NO_YEAR,
  descending: year ?? -NO_YEAR,
})

/** A word beside the words of a record that no text can hold, so that the search index itself finds the records it marks. */
export const tag = (kind: string, value: string) => `_${kind}${value.replaceAll('-', '_')}`
export const ownerTag = (userId: number) => tag('u', String(userId))
