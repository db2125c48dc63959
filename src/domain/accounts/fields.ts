import type { Violation } from '../../base/errors.ts'
import { normalised } from '../../base/stream-safe.ts'
import { fold } from '../../base/text.ts'
import { checkTexts, judgeText, sized, type TextRule } from '../../base/text-rules.ts'
import { mailboxOf, OCTETS } from './address.ts'

/** Inclusive bounds in Unicode code points. */
export const LENGTHS = {
  username: [3, 32],
  email: [3, OCTETS.all],
  phone: [3, 16],
} as const

/** E.164: a plus and at most 15 digits, of which the first is not 0. */
export const PHONE_PATTERN = '^\\+[1-9][0-9]{1,14}$'

// A mark belongs to the letter before it (Devanagari, Thai). What nobody can see (DI) would make two names look alike.
const USERNAME = /^(?:[\p{L}--\p{DI}][[\p{Mn}\p{Mc}]--\p{DI}]*|[\p{Nd}._\-])+$/v
const PHONE = new RegExp(PHONE_PATTERN)
const RESERVED = new Set(['admin', 'root', 'anonymous'])

/** One rule per member name, the same wherever a member of this name appears (wire.md, "Fields"). */
export const ACCOUNT_RULES = {
  username: {
    length: LENGTHS.username,
    judge(text) {
      const name = normalised(text, 'NFKC')
      if (!USERNAME.test(name)) {
        const detail = 'must consist of letters, digits, ".", "_" and "-"'
        return { code: 'invalid_characters', detail }
      }
      if (RESERVED.has(fold(name))) return { code: 'reserved', detail: 'is reserved' }
      return sized(name, LENGTHS.username)
    },
  },
  email: {
    length: LENGTHS.email,
    judge(text) {
      const [, max] = LENGTHS.email
      if (text.length > 2 * max) return sized(text, LENGTHS.email)
      const address = normalised(text, 'NFC')
      if (mailboxOf(address) !== undefined) return sized(address, LENGTHS.email)
      const isLong = Buffer.byteLength(address.slice(0, address.indexOf('@'))) > OCTETS.local
      return isLong
        ? { code: 'too_long', detail: `must have at most ${OCTETS.local} bytes before the "@"` }
        : {
            code: 'invalid_email',
            detail:
              'must be an email address: no spaces, quotes or brackets, and a host name behind the "@"',
          }
    },
  },
  phone: {
    length: LENGTHS.phone,
    judge(text) {
      if (PHONE.test(text)) return text
      const detail = 'must be a phone number in E.164, such as +4915112345678'
      return { code: 'invalid_phone', detail }
    },
  },
} as const satisfies Record<string, TextRule>

type Fields = { [K in keyof typeof ACCOUNT_RULES]?: string | null | undefined }

/**
 * A copy of `input` in which the texts of accounts are normalised: username in NFKC, email in NFC. Other members, null and undefined stay
 * as they are.
 * @param others violations that were found elsewhere, such as those of the password
 * @throws ValidationFailed with every violation at once
 */
export const checkFields = <T extends Fields>(input: T, others?: readonly Violation[]): T =>
  checkTexts(ACCOUNT_RULES, input, others)

/** A text as a member of this name is kept; undefined when it is not acceptable. */
export function normalise(name: keyof typeof ACCOUNT_RULES, text: string): string | undefined {
  const result = judgeText(ACCOUNT_RULES[name], text)
  return typeof result === 'string' ? result : undefined
}
