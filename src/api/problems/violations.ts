import type { ViolationCode } from '../../base/violation-code.ts'

/** What each code in `errors` of `validation_failed` means. The compiler asks for one that is missing. */
export const violations: Record<ViolationCode, string> = {
  required: 'What must be given is absent.',
  unknown_member:
    'The operation does not know this member of the body. A misspelt one is refused, never ignored.',
  unknown_parameter: 'The path does not know this parameter of the query.',
  repeated: 'The parameter is given more than once. The values of a list are separated by commas.',
  exclusive: 'The same thing is said in two ways: use one of them.',

  wrong_type:
    'The value has another type than it must. In a body nothing is converted: `5` is not `"5"`.',
  wrong_format: 'The value has the right type and does not look as it must, such as a date.',
  not_one_of: 'The value is none of those that are allowed, which `detail` lists.',
  not_acceptable: 'The value has none of the forms that are allowed.',

  too_small: 'The number is smaller than allowed.',
  too_large: 'The number is larger than allowed.',
  too_short: 'The text has fewer characters (Unicode code points) than it must.',
  too_long: 'The text has more characters (Unicode code points) than it may.',
  too_few: 'The list has fewer items than it must.',
  too_many: 'The list has more items, or the object more members, than it may.',
  duplicate: 'The list holds the same item twice.',

  malformed_text: 'The text holds the character NUL or half of a surrogate pair.',
  too_many_marks:
    'The text has more than 30 combining marks in a row, which no language needs: it is not stream-safe (Unicode Standard Annex 15).',
  invalid_characters: 'The text holds characters that this member does not take.',
  invalid_email:
    'The text is not an email address: a name without quotes or comments, an "@" and a host name.',
  domain_not_allowed: 'Addresses of this domain do not register on this server.',
  invalid_phone: 'The text is not a phone number in E.164, such as `+4915112345678`.',
  invalid_category: 'The text is not 1 to 32 of the letters `a` to `z`, digits and `-`.',
  invalid_isbn: 'The text is not an ISBN of 10 or 13 digits, or its check digit is wrong.',
  username_confusable:
    'The username mixes scripts that are not written together, or looks like that of another account in another script (UTS 39).',
  reserved: 'The username is kept for the server itself.',

  unavailable: 'The value is a known one, and this server is not set up for it.',

  common_password: 'The password is one of the most common ones, which are tried first.',
  same_as_before: 'The password is the one that is to be changed.',
  same_as_username: 'The password is the username.',
  same_as_email: 'The password is the email address.',
  same_as_email_name: 'The password is the part of the email address before the `@`.',
  same_as_product: 'The password is the name of this product.',
}
