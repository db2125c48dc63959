import type { Violation } from '../../base/errors.ts'
import type { ViolationCode } from '../../base/violation-code.ts'
import { isCommonPassword } from './common-passwords.ts'
import { normalised } from '../../base/stream-safe.ts'
import { isFarTooLong, NOT_STORABLE, violation } from '../../base/text-rules.ts'
import { codePoints, fold, isStorable } from '../../base/text.ts'

const MAX_LENGTH = 128
const TOO_LONG = ['too_long', `must have at most ${MAX_LENGTH} characters`] as const
const PRODUCT = 'commonplace'

/** Whether a password is longer than any that can be set, known without a look at it. */
export const isEndless = (password: string): boolean => isFarTooLong(password, MAX_LENGTH)

export type PasswordPolicy = ReturnType<typeof createPasswordPolicy>

/** What an attacker would try first, because it stands beside the password. */
interface Owner {
  username?: string | null | undefined
  email?: string | null | undefined
}

/**
 * What a new password must be (NIST SP 800-63B-4, section 3.1.1.2): `minLength` (8 to 64) to 128 code points in NFC, not a common one, not
 * the username, the email, its local part or the name of the product. No rules on its composition.
 */
export function createPasswordPolicy({ minLength }: { minLength: number }) {
  return {
    /** Every rule that `password` breaks, at `path` (a JSON pointer, RFC 6901); none when it is good. */
    check(password: string, owner: Owner = {}, path = '/password'): Violation[] {
      if (isEndless(password)) return [violation(path, ...TOO_LONG)]
      const faults: (readonly [code: ViolationCode, detail: string])[] = []
      if (!isStorable(password)) faults.push([NOT_STORABLE.code, NOT_STORABLE.detail])

      const text = normalised(password, 'NFC')
      const length = codePoints(text)
      if (length > MAX_LENGTH) {
        faults.push(TOO_LONG)
      } else {
        if (length < minLength) {
          faults.push(['too_short', `must have at least ${minLength} characters`])
        }
        faults.push(...guesses(fold(text), owner))
      }
      return faults.map(([code, detail]) => violation(path, code, detail))
    },
  }
}

function guesses(folded: string, { username, email }: Owner) {
  const rules = [
    [isCommonPassword(folded), 'common_password', 'is one of the most common passwords'],
    [isSame(folded, username), 'same_as_username', 'must not be the username'],
    [isSame(folded, email), 'same_as_email', 'must not be the email address'],
    [
      isSame(folded, email?.split('@')[0]),
      'same_as_email_name',
      'must not be the part of the email address before the "@"',
    ],
    [folded === PRODUCT, 'same_as_product', `must not be "${PRODUCT}"`],
  ] as const
  return rules.filter(([broken]) => broken).map(([, code, detail]) => [code, detail] as const)
}

function isSame(folded: string, text: string | null | undefined) {
  return typeof text === 'string' && fold(text) === folded
}
