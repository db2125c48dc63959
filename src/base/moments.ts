import { ValidationFailed, type Violation } from './errors.ts'

/**
 * The moment that an RFC 3339 text names, to the millisecond; undefined for one that not every database holds. What years PostgreSQL and
 * ISO 8601 write with four digits; a leap second has no place in a Date.
 */
export function momentOf(text: string): Date | undefined {
  const at = new Date(text)
  // Records have whole milliseconds: what is later than one is reached by the next.
  if (/\.\d{3}\d*[1-9]/.test(text)) at.setTime(at.getTime() + 1)
  const year = at.getUTCFullYear()
  return year >= 1 && year <= 9999 ? at : undefined
}

/** The moment that a member of a body names. @throws ValidationFailed for one that no database holds */
export function readMoment(text: string, member: string): Date {
  const at = momentOf(text)
  if (!at) throw new ValidationFailed([noMoment('body', member)])
  return at
}

export const noMoment = (part: 'query' | 'body', name: string): Violation => ({
  in: part,
  path: part === 'body' ? `/${name}` : name,
  code: 'wrong_format',
  detail: `${name} must be a date-time of the years 1 to 9999, such as 2026-11-20T16:33:06.902Z`,
})
