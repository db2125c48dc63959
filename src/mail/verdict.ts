import type { NodemailerError } from 'nodemailer'
import { NotTaken, Undeliverable } from '../domain/mail/refusals.ts'

/** Replies of 5xx that are about our login and the state of the session, whatever they answer (RFC 4954, section 6; RFC 5321). */
const ABOUT_US = new Set([503, 530, 534, 535, 538])
/** Bad sender (RFC 3463, section 3.2): many servers refuse one no sooner than at the recipient. */
const BAD_SENDER = /^5\d\d[ -]5\.1\.[78]\b/

/** What it means that a mail could not be handed over: that it never can be to this address, or not now. */
export function verdict(error: unknown, address: string): Error {
  if (error instanceof Undeliverable) return error
  // The cast: what nodemailer throws has these members, or not.
  const { message, code, command, response, responseCode = 0 } = error as NodemailerError
  const words = response ?? message
  const isPermanent = responseCode >= 500
  // What cannot even be asked for, and what the server refuses for good.
  const isUnusable = code === 'EENVELOPE' && command === 'API'
  const isRefused =
    isPermanent &&
    (command === 'RCPT TO' || command === 'DATA') &&
    !ABOUT_US.has(responseCode) &&
    !BAD_SENDER.test(words)
  if (isUnusable || isRefused) return new Undeliverable(words, address)
  return new NotTaken(words, address, {
    ...(code !== undefined && { code }),
    isOurs: isPermanent || code === 'EAUTH',
  })
}
