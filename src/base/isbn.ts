import isISBN from 'validator/lib/isISBN.js'

/** Characters of an ISBN of either length, hyphens and spaces included. */
export const ISBN_LENGTH = [10, 32] as const

/** The 13 digits of an ISBN (ISO 2108) of either length whose check digit is right, with or without hyphens and spaces. */
export function toIsbn13(text: string): string | undefined {
  if (text.length > ISBN_LENGTH[1]) return undefined
  const digits = text.replaceAll(/[\s-]/g, '').toUpperCase()
  if (!/^[\dX]+$/.test(digits)) return undefined
  if (isISBN.default(digits, 13)) return digits
  if (!isISBN.default(digits, 10)) return undefined
  return Array.from({ length: 10 }, (_, check) => `978${digits.slice(0, 9)}${check}`).find((isbn) =>
    isISBN.default(isbn, 13),
  )
}
