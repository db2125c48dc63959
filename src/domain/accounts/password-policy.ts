import type { Violation } from '../errors.ts'
import type { ViolationCode } from '../violation-code.ts'
import { isCommonPassword } from './common-passwords.ts'
import { codePoints, fold, isStorable, NOT_STORABLE, violation } from './fields.ts'

const MAX_LENGTH = 128
const PRODUCT = 'commonplace'

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
      const faults: (readonly [code: ViolationCode, detail: string])[] = []
      if (!isStorable(password)) faults.push([NOT_STORABLE.code, NOT_STORABLE.detail])

      // What is far too long is not normalised either: it is refused for its length whatever it becomes.
      const normalised = password.length > 16 * MAX_LENGTH ? password : password.normalize('NFC')
      const length = codePoints(normalised)
      if (length > MAX_LENGTH) {
        faults.push(['too_long', `must have at most ${MAX_LENGTH} characters`])
      } else {
        if (length < minLength) {
          faults.push(['too_short', `must have at least ${minLength} characters`])
        }
        faults.push(...guesses(fold(normalised), owner))
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
