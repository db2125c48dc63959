import { Type } from '../../typebox.ts'

/**
 * The fields that both versions share. Request members carry the limits of the contract, counted in
 * code points; the domain enforces them again after it has trimmed and normalised.
 */

/** Ids fit PostgreSQL's integer: anything above it would be its error 22003, a 500. */
export const MAX_ID = 2_147_483_647

export const id = (description: string) =>
  Type.Integer({ minimum: 1, maximum: MAX_ID, description, examples: [42] })

export const timestamp = (description: string) =>
  Type.String({
    format: 'date-time',
    pattern: String.raw`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$`,
    description: `${description} RFC 3339, UTC, with milliseconds.`,
    examples: ['2026-11-20T16:33:06.902Z'],
  })

export const username = (description: string) =>
  Type.String({ minLength: 3, maxLength: 32, description, examples: ['alice'] })

/** No `format: email`: it refuses addresses that mail servers accept. */
export const email = (description: string) =>
  Type.String({
    maxLength: 254,
    pattern: String.raw`^[^@\s]+@[^@\s]+$`,
    description,
    examples: ['alice@example.com'],
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

/** A single line that is trimmed; the pattern refuses one that has nothing to show. */
export const line = (description: string, example: string) =>
  Type.String({
    minLength: 1,
    maxLength: 200,
    pattern: String.raw`\S`,
    description: `${description} 1 to 200 characters; spaces around it are dropped.`,
    examples: [example],
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
