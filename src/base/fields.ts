import { Type } from './schema.ts'

/**
 * The fields that both versions share. Request members carry the limits of the contract, counted in
 * code points; the domain enforces them again after it has trimmed and normalised.
 */

/** Ids fit PostgreSQL's integer: anything above it would be its error 22003, a 500. */
export const MAX_ID = 2_147_483_647

/**
 * Rules that the domain checks, in sentences of its own: the document has them, the validator leaves them alone. Of a text they
 * are as much as a pattern can say in every dialect of regular expressions: `\p{L}` is a plain `p{L}` in some.
 */
export const stated = (rules: {
  pattern?: string
  minLength?: number
  maxLength?: number
  minProperties?: number
}) => ({ 'x-stated': rules })

export const id = (description: string) =>
  Type.Integer({ minimum: 1, maximum: MAX_ID, description, examples: [42] })

export const timestamp = (description: string) =>
  Type.String({
    format: 'date-time',
    pattern: String.raw`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$`,
    description: `${description} RFC 3339, UTC, with milliseconds.`,
    examples: ['2026-11-20T16:33:06.902Z'],
  })

/** A moment that a caller gives. */
export const moment = (description: string, example = '2026-11-20T00:00:00Z') =>
  Type.String({ format: 'date-time', description: `${description} RFC 3339.`, examples: [example] })

export const username = (description: string) =>
  Type.String({
    minLength: 3,
    maxLength: 32,
    description,
    examples: ['alice'],
    // Up to the first letter beyond ASCII nothing but letters, digits, ".", "_" and "-".
    ...stated({ pattern: String.raw`^[^\x00-\x2c\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\xa9]+$` }),
  })

/** No `format: email`: it refuses addresses beyond ASCII, and takes quoted ones. */
export const email = (description: string) =>
  Type.String({
    maxLength: 254,
    pattern: String.raw`^[^@\s]+@[^@\s]+$`,
    description,
    examples: ['alice@example.com'],
    ...stated({
      pattern: String.raw`^[^@\s\x00-\x1f\x7f-\x9f\xad]+@[^@\s\x00-\x1f\x7f-\x9f\xad]+$`,
    }),
  })

export const phone = (description: string) =>
  Type.String({
    pattern: String.raw`^\+[1-9][0-9]{1,14}$`,
    description: `${description} E.164.`,
    examples: ['+4915112345678'],
  })

/** No length here: the domain names the rule that a password breaks. */
export const password = (description: string) =>
  Type.String({ format: 'password', description, examples: ['correct horse battery staple'] })

export const newPassword = (description: string) =>
  Type.String({ ...password(description), ...stated({ minLength: 8, maxLength: 128 }) })

/** Something to show, and no NUL; one reading is enough to tell. */
export const SHOWN = stated({ pattern: String.raw`^\s*[^\s\x00][^\x00]*$` })

/** A single line that is trimmed; the pattern refuses one that has nothing to show. */
export const line = (description: string, example: string) =>
  Type.String({
    minLength: 1,
    maxLength: 200,
    pattern: String.raw`\S`,
    description: `${description} 1 to 200 characters; spaces around it are dropped.`,
    examples: [example],
    ...SHOWN,
  })

export const content = (description: string, example: string) =>
  Type.String({ minLength: 1, maxLength: 100_000, description, examples: [example] })

export const description = (text: string, example: string) =>
  Type.String({ maxLength: 10_000, description: text, examples: [example] })

export const role = (text: string) =>
  Type.Unsafe<'user' | 'moderator' | 'admin'>({
    type: 'string',
    enum: ['user', 'moderator', 'admin'],
    description: text,
    examples: ['user'],
  })

export const closed = { additionalProperties: false } as const

export const idParams = (what: string) => Type.Object({ id: id(`The id of the ${what}.`) }, closed)

/** A body without members. */
export const Nothing = Type.Object({}, closed)
