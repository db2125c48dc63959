import isISBN from 'validator/lib/isISBN.js'
import { ValidationFailed, type Violation } from '../../base/errors.ts'
import { isStreamSafe, MOST_MARKS, normalised } from '../../base/stream-safe.ts'
import { codePoints, fold, isStorable } from '../../base/text.ts'
import type { ViolationCode } from '../../base/violation-code.ts'
import { mailboxOf, OCTETS } from './address.ts'

/** A rule gives the normalised text, or what is wrong with it. A detail completes the sentence that begins with the field's name. */
type Rule = (text: string) => string | Fault

interface Fault {
  code: ViolationCode
  detail: string
}

/** Inclusive bounds in Unicode code points, which is what `minLength` and `maxLength` of JSON Schema count too. */
export const LENGTHS = {
  username: [3, 32],
  email: [3, OCTETS.all],
  phone: [3, 16],
  title: [1, 200],
  content: [1, 100_000],
  description: [0, 10_000],
  author: [1, 200],
  category: [1, 32],
  isbn: [10, 32],
} as const

/** E.164: a plus and at most 15 digits, of which the first is not 0. */
export const PHONE_PATTERN = '^\\+[1-9][0-9]{1,14}$'

// A mark belongs to the letter before it (Devanagari, Thai). What nobody can see (DI) would make two names look alike.
const CATEGORY = /^[a-z0-9-]{1,32}$/
const USERNAME = /^(?:[\p{L}--\p{DI}][[\p{Mn}\p{Mc}]--\p{DI}]*|[\p{Nd}._\-])+$/v
const PHONE = new RegExp(PHONE_PATTERN)
const RESERVED = new Set(['admin', 'root', 'anonymous'])

export const NOT_STORABLE: Fault = {
  code: 'invalid_characters',
  detail: 'must not contain NUL or lone surrogates',
}
/** It would take time with the square of their number to normalise it (S79). */
export const TOO_MANY_MARKS: Fault = {
  code: 'too_many_marks',
  detail: `must not have more than ${MOST_MARKS} marks in a row`,
}

/** One rule per member name, the same wherever a member of this name appears (wire.md, "Fields"). */
const rules = {
  username(text) {
    const name = normalised(text, 'NFKC')
    if (!USERNAME.test(name)) {
      return fault('invalid_characters', 'must consist of letters, digits, ".", "_" and "-"')
    }
    if (RESERVED.has(fold(name))) return fault('reserved', 'is reserved')
    return sized(name, LENGTHS.username)
  },
  email(text) {
    const [, max] = LENGTHS.email
    if (text.length > 2 * max) return sized(text, LENGTHS.email)
    const address = normalised(text, 'NFC')
    if (mailboxOf(address) !== undefined) return sized(address, LENGTHS.email)
    const isLong = Buffer.byteLength(address.slice(0, address.indexOf('@'))) > OCTETS.local
    return isLong
      ? fault('too_long', `must have at most ${OCTETS.local} bytes before the "@"`)
      : fault(
          'invalid_email',
          'must be an email address: no spaces, quotes or brackets, and a host name behind the "@"',
        )
  },
  phone(text) {
    if (PHONE.test(text)) return text
    return fault('invalid_phone', 'must be a phone number in E.164, such as +4915112345678')
  },
  title: (text) => sized(text.trim(), LENGTHS.title),
  content: (text) => sized(text, LENGTHS.content),
  description: (text) => sized(text, LENGTHS.description),
  author: (text) => sized(text.trim(), LENGTHS.author),
  category(text) {
    if (CATEGORY.test(text)) return text
    return fault('invalid_category', 'must be 1 to 32 of the letters a to z, digits and "-"')
  },
  isbn: (text) => toIsbn13(text) ?? fault('invalid_isbn', 'must be an ISBN of 10 or 13 digits'),
} satisfies Record<string, Rule>

const NAMES = [
  'username',
  'email',
  'phone',
  'title',
  'content',
  'description',
  'author',
  'category',
  'isbn',
] as const

type Fields = { [K in keyof typeof rules]?: string | null | undefined }

/**
 * A copy of `input` in which every text that has a rule is normalised: username in NFKC, email in NFC, title and author trimmed. Other members,
 * null and undefined stay as they are. `others` are violations that were found elsewhere, such as those of the password.
 * Throws ValidationFailed with every violation at once.
 */
export function checkFields<T extends Fields>(input: T, others: readonly Violation[] = []): T {
  const violations: Violation[] = []
  const kept: Fields = {}
  for (const name of NAMES) {
    const text = input[name]
    if (typeof text !== 'string') continue
    const result = judge(name, text)
    if (typeof result === 'string') kept[name] = result
    else violations.push(violation(`/${name}`, result.code, result.detail))
  }
  violations.push(...others)
  if (violations.length > 0) throw new ValidationFailed(violations)
  return { ...input, ...kept }
}

/** A text as a member of this name is kept; undefined when it is not acceptable. */
export function normalise(name: keyof typeof rules, text: string): string | undefined {
  const result = judge(name, text)
  return typeof result === 'string' ? result : undefined
}

/** A text that is far too long is not read; what else it is asked before its rule takes time that grows with it alone. */
function judge(name: keyof typeof rules, text: string): string | Fault {
  const [, most] = LENGTHS[name]
  if (isFarTooLong(text, most)) return tooLong(most)
  if (!isStorable(text)) return NOT_STORABLE
  return isStreamSafe(text) ? rules[name](text) : TOO_MANY_MARKS
}

/** One thing that is wrong with the body; `detail` completes the sentence that begins with the member's name. */
export function violation(path: string, code: ViolationCode, detail: string): Violation {
  return { in: 'body', path, code, detail: `${path.slice(path.lastIndexOf('/') + 1)} ${detail}` }
}

/**
 * Whether a text has more than `most` code points in whatever normal form, known without a look at it: each of them comes of four at most,
 * each of those of two units.
 */
export const isFarTooLong = (text: string, most: number): boolean => text.length > 8 * most

function sized(text: string, [min, max]: readonly [number, number]): string | Fault {
  const length = codePoints(text)
  if (length > max) return tooLong(max)
  if (length < min) return fault('too_short', `must have at least ${characters(min)}`)
  return text
}

const tooLong = (most: number) => fault('too_long', `must have at most ${most} characters`)

function characters(count: number) {
  return count === 1 ? '1 character' : `${count} characters`
}

function fault(code: ViolationCode, detail: string): Fault {
  return { code, detail }
}

/** The 13 digits of an ISBN (ISO 2108) of either length whose check digit is right, with or without hyphens and spaces. */
export function toIsbn13(text: string): string | undefined {
  if (text.length > LENGTHS.isbn[1]) return undefined
  const digits = text.replaceAll(/[\s-]/g, '').toUpperCase()
  if (!/^[\dX]+$/.test(digits)) return undefined
  if (isISBN.default(digits, 13)) return digits
  if (!isISBN.default(digits, 10)) return undefined
  return Array.from({ length: 10 }, (_, check) => `978${digits.slice(0, 9)}${check}`).find((isbn) =>
    isISBN.default(isbn, 13),
  )
}
